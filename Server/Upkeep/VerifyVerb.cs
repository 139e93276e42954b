using System.Globalization;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Upkeep;

/// <summary>The verb <c>verify</c>: checks projects side by side and tells of each what was found.</summary>
internal sealed class VerifyVerb(IJournalFiles files, TextWriter output, TextWriter? terminal, TimeProvider? clock = null)
{
    private readonly TimeProvider _time = clock ?? TimeProvider.System;

    public async Task<int> RunAsync(string data, string[] projects, bool folds)
    {
        var folders = files.ListFolders(data);
        if (projects.Length == 0)
        {
            foreach (var other in folders.Where(name => !Names.IsProjectId(name)))
                await output.WriteLineAsync($"note: {other}: no project's folder, not looked at");
        }
        string[] chosen = projects.Length > 0 ? projects : [.. folders.Where(name => Names.IsProjectId(name))];
        var start = _time.GetTimestamp();
        VerifiedProject[] found;
        using (var progress = new ProgressLine(terminal, "verify", chosen.Sum(project => BytesOf(Path.Combine(data, project))), _time))
            found = await AllAsync(data, chosen, folds, progress);

        foreach (var project in found)
            await TellAsync(project, data, folds);
        foreach (var daybook in files.List(data).Where(name => Daybook.NumberOf(name) is not null))
            await output.WriteLineAsync($"note: {daybook}: not looked at. A server runs, or one has crashed: then its next start puts in place what stands there, and what is told here counts after that");
        var (bytes, seconds) = (found.Sum(project => project.Bytes), _time.GetElapsedTime(start).TotalSeconds);
        var damaged = found.Count(project => project.IsDamaged);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{Counted(found.Length, "project")}, {Counted(found.Sum(project => project.Kept.Length), "segment")}, {Counted(found.Sum(project => project.Events), "event")}, {bytes} bytes in {seconds:0.00} s ({bytes / 1e6 / Math.Max(seconds, 1e-6):0} MB/s): {(damaged == 0 ? "all is well" : $"{damaged} damaged")}"));
        return damaged == 0 ? UpkeepVerbs.Ok : UpkeepVerbs.Damaged;
    }

    private async Task<VerifiedProject[]> AllAsync(string data, string[] projects, bool folds, ProgressLine progress)
    {
        var found = new VerifiedProject[projects.Length];
        await Parallel.ForAsync(0, projects.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (i, _) =>
            found[i] = await new Verification(files, Path.Combine(data, projects[i]), projects[i], folds, progress.Add).RunAsync());
        return found;
    }

    private long BytesOf(string folder) => terminal is null ? 0 : files.List(folder).Where(name => Segment.AfterOf(name) is not null).Sum(name =>
    {
        using var file = files.OpenToRead(Path.Combine(folder, name));
        return file.Length;
    });

    private async Task TellAsync(VerifiedProject project, string data, bool folds)
    {
        var events = project.Events == 0 ? "no events" : $"events {project.Floor + 1} to {project.Head}";
        await output.WriteLineAsync(project.Bad switch
        {
            null => $"{project.Project}: good, {Counted(project.Kept.Length, "segment")}, {events}",
            { IsTorn: true } => $"{project.Project}: good, {Counted(project.Kept.Length, "segment")}, {events}, then {project.Bad.What}: {project.Bad.File}, line {project.Bad.Line}, seq {project.Bad.Seq}, offset {project.Bad.Offset}. Harmless: the next start sets it aside, unless a server is writing it just now",
            _ => $"{project.Project}: DAMAGED: {project.Bad}\n  {events} before it are good. What can be done: ./run.sh repair '{data}' {project.Project}",
        });
        if (project.State is { } state)
            await output.WriteLineAsync($"  state: hash {state.Hash}, seq {state.Seq}, {Counted(state.Entities.Count, "entity")}, {Counted(state.Sessions.Count, "session")}");
        else if (folds && !project.IsDamaged)
            await output.WriteLineAsync("  state: not folded, for the events do not go back to the first");
        foreach (var note in project.Notes)
            await output.WriteLineAsync($"  note: {note}");
    }

    public static string Counted(long count, string noun) =>
        count == 1 ? $"1 {noun}" : $"{count} {(noun.EndsWith('y') ? noun[..^1] + "ies" : noun + "s")}";
}
