using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Bench;

/// <summary>What kept states are worth: a large project opens, and the past of a long one is looked at.</summary>
internal static class SnapshotRows
{
    private const int Moments = 40;

    /// <summary>As many events lie between two kept states as the server leaves there.</summary>
    private static readonly int s_eventsBetween = new JournalOptions().SnapshotEvents;

    public static Task OpenAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"open of {run.Sizes.SnapshotEntities} entities from a snapshot");
        await OpenRows.FillAsync(folder, run.Sizes.SnapshotEntities, run.Sizes.SnapshotEntities);
        using (var journal = BenchJournals.OpenWithoutSync(folder))
            await KeepAsync(journal, between: int.MaxValue);
        await OpenRows.FillAsync(folder, run.Sizes.TailEvents, run.Sizes.SnapshotEntities, after: run.Sizes.SnapshotEntities);
        var opened = await OpenRows.OpenAsync(folder);
        run.Add(new(
            OpenRows.Section, $"a snapshot of {run.Sizes.SnapshotEntities:N0} entities, and {run.Sizes.TailEvents:N0} events",
            Figure.Below("ms", opened.Total.TotalMilliseconds, 1000, "ms"),
            new Figure("events/s", null),
            new Figure("checking the files", opened.Checked.TotalMilliseconds, "ms")));
    });

    public static Task LookBackAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"any moment of {run.Sizes.ReplayEvents} events");
        await OpenRows.FillAsync(folder, run.Sizes.ReplayEvents, run.Sizes.ReplayEntities);
        using var journal = BenchJournals.OpenWithoutSync(folder);
        var present = await KeepAsync(journal, s_eventsBetween);
        var chance = new Random(1);
        var durations = new Histogram();
        for (var i = -1; i < Moments; i++) // the first is for the compiler
        {
            var seq = chance.NextInt64(1, present.Seq + 1);
            using var history = new History(journal, new()); // a new one each time: it must not know the moment before
            var began = Stopwatch.GetTimestamp();
            var past = await history.AtSeqAsync(OpenRows.Project, present, seq, CancellationToken.None);
            if (i >= 0)
                durations.Add(Stopwatch.GetElapsedTime(began));
            if (past?.Seq != seq)
                throw new BrokenPromiseException($"The moment {seq} could not be had.");
        }
        run.Add(new(
            "Looking back", $"any moment of {run.Sizes.ReplayEvents:N0} events, a state kept every {s_eventsBetween:N0}",
            new Figure("p50", durations.PercentileMs(50), "ms"),
            Figure.Below("most", durations.PercentileMs(100), 300, "ms")));
    });

    /// <summary>Keeps a state each time so many events were folded, and at last in any case; the last state.</summary>
    private static async Task<ProjectState> KeepAsync(FileJournal journal, int between)
    {
        var head = await journal.OpenAsync(OpenRows.Project, CancellationToken.None);
        var codec = new WireCodec(WireLimits.Trusted);
        var state = ProjectState.Empty;
        await foreach (var entry in journal.ReadAsync(OpenRows.Project, 1, CancellationToken.None))
        {
            state = Fold.Apply(state, codec.TryDecodeEvent(entry.Json.Span)!);
            if (entry.Seq % between == 0 || entry.Seq == head.Seq)
                await journal.KeepAsync(OpenRows.Project, state, CancellationToken.None);
        }
        return state;
    }
}
