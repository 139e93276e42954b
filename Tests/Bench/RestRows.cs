using System.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Bench;

/// <summary>Journals at rest: how fast they are verified, and what a project costs that nobody has open.</summary>
internal static class RestRows
{
    public static Task VerifyAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"verify of {run.Sizes.ReplayEvents} events");
        await OpenRows.FillAsync(folder, run.Sizes.ReplayEvents, run.Sizes.ReplayEntities);
        await VerifyAsync(folder); // once for the compiler
        var began = Stopwatch.GetTimestamp();
        var verified = await VerifyAsync(folder);
        var time = Stopwatch.GetElapsedTime(began);
        if (verified.Bad is not null || verified.Head != run.Sizes.ReplayEvents)
            throw new BrokenPromiseException($"A journal that was just written does not verify: {verified.Bad}");
        run.Add(new(
            "Verifying", $"{run.Sizes.ReplayEvents:N0} events, {verified.Bytes / 1e6:N0} MB",
            Figure.AtLeast("MB/s", verified.Bytes / 1e6 / time.TotalSeconds, 150)));
    });

    private static Task<VerifiedProject> VerifyAsync(string folder) =>
        new Verification(new DiskFiles(), Path.Combine(folder, OpenRows.Project), OpenRows.Project).RunAsync();

    /// <summary>The memory of this process with that many projects opened, written and closed, less what it was before.</summary>
    public static Task IdleAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"memory of {run.Sizes.IdleProjects} idle projects");
        using var journal = BenchJournals.OpenWithoutSync(folder);
        await TouchAsync(journal, 0); // what the first one makes is not its own
        await journal.CloseAsync("idle-0");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 1; i <= run.Sizes.IdleProjects; i++)
            await TouchAsync(journal, i);
        var opened = GC.GetTotalMemory(forceFullCollection: true) - before;
        for (var i = 1; i <= run.Sizes.IdleProjects; i++)
            await journal.CloseAsync($"idle-{i}");
        var closed = GC.GetTotalMemory(forceFullCollection: true) - before;
        run.Add(new(
            "Memory of the journal per project", $"{run.Sizes.IdleProjects:N0} projects with one event",
            new Figure("open", opened / (double)run.Sizes.IdleProjects, "bytes"),
            Figure.Below("closed", closed / (double)run.Sizes.IdleProjects, 4096, "bytes")));
    });

    private static async Task TouchAsync(FileJournal journal, int i)
    {
        await journal.OpenAsync($"idle-{i}", CancellationToken.None);
        var entry = new JournalEntry(1, """{"type":"delete","project":"idle","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"bench","session":"s","n":1,"entity":"a"}"""u8.ToArray());
        await journal.AppendAsync($"idle-{i}", 0, [entry], CancellationToken.None);
    }
}
