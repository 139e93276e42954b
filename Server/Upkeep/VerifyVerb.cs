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
        using (var progress = new ProgressLine(terminal, "verify", chosen.Sum(project => UpkeepVerbs.BytesOf(files, Path.Combine(data, project), terminal)), _time))
            found = await AllAsync(data, chosen, folds, progress);

        string[] daybooks = [.. files.List(data).Where(name => Daybook.NumberOf(name) is not null)];
        foreach (var project in found)
            await TellAsync(project, folds, daybooks.Length > 0 ? "Start the server once, so that it puts in place what stands in the daybook; it may be all that is missing" : $"./run.sh repair '{data}' {project.Project}");
        foreach (var daybook in daybooks)
            await output.WriteLineAsync($"note: {daybook}: not looked at. A server runs, or one has crashed: then its next start puts in place what stands there, and what is told here counts after that");
        var (bytes, seconds) = (found.Sum(project => project.Bytes), _time.GetElapsedTime(start).TotalSeconds);
        var damaged = found.Count(project => project.IsDamaged || project.IsContradicted);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{Counted(found.Length, "project")}, {Counted(found.Sum(project => project.Kept.Length), "segment")}, {Counted(found.Sum(project => project.Snapshots.Length), "snapshot")}, {Counted(found.Sum(project => project.Events), "event")}, {bytes} bytes in {seconds:0.00} s ({bytes / 1e6 / Math.Max(seconds, 1e-6):0} MB/s): {(damaged == 0 ? "all is well" : $"{damaged} damaged")}"));
        return damaged == 0 ? UpkeepVerbs.Ok : UpkeepVerbs.Damaged;
    }

    private async Task<VerifiedProject[]> AllAsync(string data, string[] projects, bool folds, ProgressLine progress)
    {
        var found = new VerifiedProject[projects.Length];
        await Parallel.ForAsync(0, projects.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (i, _) =>
            found[i] = await new Verification(files, Path.Combine(data, projects[i]), projects[i], folds, progress.Add).RunAsync());
        return found;
    }

    private async Task TellAsync(VerifiedProject project, bool folds, string remedy)
    {
        var events = project.Events == 0 ? "no events" : $"events {project.Floor + 1} to {project.Head}";
        var good = $"{Counted(project.Kept.Length, "segment")}, {(project.Snapshots.IsEmpty ? "" : Counted(project.Snapshots.Length, "snapshot") + ", ")}{events}";
        await output.WriteLineAsync(project.Bad switch
        {
            { IsTorn: false } => $"{project.Project}: DAMAGED: {project.Bad}\n  {events} before it are good. What can be done: {remedy}",
            _ when project.IsContradicted => $"{project.Project}: DAMAGED, though all lines are good: {good}. What is told of its snapshots below is what a server that opens from them serves",
            { IsTorn: true } => $"{project.Project}: good, {good}, then {project.Bad.What}: {project.Bad.File}, line {project.Bad.Line}, seq {project.Bad.Seq}, offset {project.Bad.Offset}. Harmless: the next start sets it aside, unless a server is writing it just now",
            null => $"{project.Project}: good, {good}",
        });
        if (project.OpensFrom is { } from)
            await output.WriteLineAsync($"  a server still opens it, from the snapshot of seq {from}; what happened before can be looked at only as far as it can be read");
        if (project.State is { } state)
            await output.WriteLineAsync($"  state: hash {state.Hash}, seq {state.Seq}, {Counted(state.Entities.Count, "entity")}, {Counted(state.Sessions.Count, "session")}");
        else if (folds && !project.IsDamaged)
            await output.WriteLineAsync("  state: not folded");
        foreach (var snapshot in project.Snapshots.Where(snapshot => snapshot.Fault is not null))
            await output.WriteLineAsync($"  {(snapshot.Contradiction is null ? "note: " : "")}{snapshot.File}: {snapshot.Fault}{RemedyOf(snapshot, project)}");
        foreach (var note in project.Notes)
            await output.WriteLineAsync($"  note: {note}");
    }

    private static string RemedyOf(CheckedSnapshot snapshot, VerifiedProject project) => snapshot switch
    {
        { IsGood: true } when project.Floor == 0 => ". Without it the next start folds the events: stop the server and move it away",
        { IsGood: false } when !project.IsDamaged || project.OpensFrom is not null => ". Harmless: a server that comes by it sets it aside",
        _ => "",
    };

    public static string Counted(long count, string noun) =>
        count == 1 ? $"1 {noun}" : $"{count} {(noun.EndsWith('y') ? noun[..^1] + "ies" : noun + "s")}";
}
