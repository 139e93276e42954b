using System.Diagnostics;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Bench;

/// <summary>What one case of appending came to.</summary>
/// <param name="Syncs">Null where the case syncs nothing.</param>
internal sealed record Appended(string Name, int Writers, TimeSpan Time, Histogram Durations, long? Syncs)
{
    private const string Section = "Appends, from command to acknowledgement";

    /// <param name="rawP99Ms">What a sync takes on the disk itself.</param>
    /// <param name="hasGoal">Whether this is a case that the goals are about.</param>
    public Row ToRow(double rawP99Ms, bool hasGoal)
    {
        double? perSync = Syncs > 0 ? Durations.Count / (double)Syncs : null;
        var p99 = Durations.PercentileMs(99);
        return new(
            Section, Name,
            new Figure("events/s", Durations.Count / Time.TotalSeconds),
            new Figure("p50", Durations.PercentileMs(50), "ms"),
            hasGoal ? Figure.Below("p99", p99, 3 * rawP99Ms + 2, "ms") : new("p99", p99, "ms"),
            new Figure("p99.9", Durations.PercentileMs(99.9), "ms"),
            hasGoal && perSync is { } reached ? Figure.AtLeast("events/sync", reached, 50) : new("events/sync", perSync));
    }
}

/// <summary>Appends through the real <see cref="ProjectLoop"/> in this process: decide, journal, commit, answer; no socket.</summary>
internal static class AppendRows
{
    /// <summary>Only a journal that hangs takes longer than this to answer what is under way.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static async Task<Appended> MeasureAsync(BenchRun run, Durability durability, int writers, int projects)
    {
        var name = $"{durability.ToString().ToLowerInvariant()}, {Count(writers, "writer")}, {Count(projects, "project")}";
        run.Tell(name);
        Appended? appended = null;
        await run.InFolderAsync(async folder =>
        {
            var gate = new AppendGate(run.Sizes.EventsMax);
            var files = new CountingFiles(new DiskFiles());
            IJournal journal = durability == Durability.Memory ? new MemoryJournal(BenchJournals.NewEpoch) : BenchJournals.Open(folder, files, durability);
            IReadOnlyList<BenchWriter> all = [];
            try
            {
                (all, var time, var syncs) = await WriteAsync(run, journal, files, gate, writers, projects);
                var durations = new Histogram();
                foreach (var writer in all)
                    durations.Add(writer.Durations);
                appended = new(name, writers, time, durations, durability == Durability.Disk ? syncs : null);
                if (durability == Durability.Memory)
                    await CompareAsync(journal, all);
            }
            finally
            {
                (journal as IDisposable)?.Dispose();
            }
            if (durability == Durability.Memory)
                return;
            using var reopened = BenchJournals.Open(folder, new(new DiskFiles()));
            await CompareAsync(reopened, all);
        });
        return appended!;
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static async Task<(IReadOnlyList<BenchWriter> Writers, TimeSpan Time, long Syncs)> WriteAsync(
        BenchRun run, IJournal journal, CountingFiles files, AppendGate gate, int writers, int projects)
    {
        using var stopping = new CancellationTokenSource();
        var loops = new List<ProjectLoop>();
        for (var i = 0; i < projects; i++)
            loops.Add(await ProjectLoop.OpenAsync($"p{i}", journal, new(), new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, stopping.Token));
        var running = loops.Select(loop => Task.Run(() => loop.RunAsync(stopping.Token))).ToArray();
        var all = Enumerable.Range(0, writers).Select(i => new BenchWriter($"w{i}", $"p{i % projects}", loops[i % projects], gate)).ToArray();

        foreach (var writer in all)
            writer.Enter();
        var done = Task.WhenAll(all.Select(writer => writer.Done));
        await WaitAsync(run.Sizes.WarmUpTime, done);
        var (began, syncs) = (Stopwatch.GetTimestamp(), files.Syncs);
        gate.Measure();
        await WaitAsync(run.Sizes.RowTime, done);
        await Task.WhenAny(gate.Counted, done);
        var (time, synced) = (Stopwatch.GetElapsedTime(began), files.Syncs - syncs);
        gate.Close();
        await done.WaitAsync(s_patience);
        await stopping.CancelAsync();
        await Task.WhenAll(running).WaitAsync(s_patience);
        return (all, time, synced);
    }

    /// <summary>As long as it shall be measured, or until all have written as much as they may.</summary>
    private static async Task WaitAsync(TimeSpan time, Task done)
    {
        using var timer = new CancellationTokenSource(time);
        try
        {
            await done.WaitAsync(timer.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
        }
    }

    private static async Task CompareAsync(IJournal journal, IReadOnlyList<BenchWriter> writers)
    {
        foreach (var project in writers.GroupBy(writer => writer.Project))
            await JournalCheck.CompareAsync(journal, project.Key, project.ToDictionary(writer => writer.Session, IReadOnlyList<long> (writer) => writer.Acked, StringComparer.Ordinal));
    }
}
