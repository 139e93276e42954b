using System.Diagnostics;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>Very many join a large project at once; those who are there already should not notice.</summary>
internal static class StormRows
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>What is logged comes out a little later.</summary>
    private static readonly TimeSpan s_logPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_logTime = TimeSpan.FromMilliseconds(500);

    /// <summary>It says when it has encoded a snapshot.</summary>
    private static readonly Contender s_contender = Contender.EventOnly("EventOnly, update", "--Logging:LogLevel:EventOnly.Server.Projects=Debug");

    private sealed record Storm(double BeforeMs, double DuringMs, double Seconds, double LoadPercent, int Snapshots)
    {
        public double Times => DuringMs / BeforeMs;
    }

    public static void Measure(BenchRun run)
    {
        if (Comparison.Measure(run, "join storm", [s_contender], Measure) is not [var one])
            return;
        run.Add(new(
            $"Join storm: {run.Sizes.StormClients:N0} join a project of {run.Sizes.StormEntities:N0} entities at once; {run.Sizes.StormOthers} others, {PaceRows.PerSecond} events/s", one.Contender.Name,
            new("all joined after", one.Median(storm => storm.Seconds), "s"),
            new("joins/s", run.Sizes.StormClients / one.Median(storm => storm.Seconds)),
            new("others' p99 before", one.Median(storm => storm.BeforeMs), "ms"),
            new("others' p99 during", one.Median(storm => storm.DuringMs), "ms"),
            Figure.AtMost("× before", one.Median(storm => storm.Times), 1.5),
            Figure.AtMost("snapshots encoded", one.Median(storm => storm.Snapshots), 1),
            new("load's CPU", one.Median(storm => storm.LoadPercent), "%")));
    }

    private static Storm Measure(Cell cell)
    {
        var (loop, sizes) = (cell.Loop, cell.Sizes);
        var project = $"{cell.Name}storm";
        var seq = Filling.Fill(cell, project, sizes.StormEntities);
        using var others = new Crew(loop, cell.Server, new EventOnlyDialect(project), new(1, sizes.StormOthers, 1), seq, isUrgent: true);
        var dialect = new EventOnlyDialect(project) { JoinsAtOnce = false };
        var connected = loop.ConnectedCount;
        var joiners = new List<LoadConnection>();
        for (var i = 0; i < sizes.StormClients; i++)
        {
            joiners.Add(loop.Open(dialect, cell.Server.Port, i, 0, -1));
            loop.TurnUntil(() => i - (loop.ConnectedCount - connected) < 256, s_patience, "all connected");
        }
        loop.TurnUntil(() => loop.ConnectedCount - connected == sizes.StormClients, s_patience, "all connected");

        var pace = new Pace(loop, others, PaceRows.PerSecond) { IsCounted = connection => connection.Dialect != dialect };
        pace.RunFor(sizes.WarmUpTime);
        var before = pace.Measure();
        pace.RunFor(sizes.RowTime);
        var during = pace.Measure();
        var snapshots = SnapshotsEncoded(cell, project);
        var (joined, meter, began) = (loop.JoinedCount, cell.Meter(), Stopwatch.GetTimestamp());
        foreach (var joiner in joiners)
            dialect.Join(joiner, loop);
        while (loop.JoinedCount - joined < sizes.StormClients && Stopwatch.GetElapsedTime(began) < s_patience)
            pace.RunFor(TimeSpan.FromMilliseconds(5));
        var (time, stretch) = (Stopwatch.GetElapsedTime(began), meter.Read());
        pace.Pause();
        others.Complete();
        Span<long> last = [seq + others.Publishers[0].Sent];
        var heard = last[0];
        loop.TurnUntil(() => joiners.TrueForAll(joiner => joiner.Check?.LastOf(0) == heard), s_patience, "all that joined have the newest event");
        loop.TurnFor(Crew.ListenTime);
        foreach (var joiner in joiners)
        {
            joiner.Check!.End(last);
            if (joiner.SnapshotEntities - sizes.StormEntities is not (0 or 1)) // that of the publisher came after a snapshot that may still be given
                throw new BrokenPromiseException($"A snapshot has {joiner.SnapshotEntities} entities where there are {sizes.StormEntities}, and one of the publisher's.");
            loop.Close(joiner);
        }
        loop.TurnFor(s_logTime);
        return new(before.PercentileMs(99), during.PercentileMs(99), time.TotalSeconds, stretch.LoadPercent, SnapshotsEncoded(cell, project) - snapshots);
    }

    /// <summary>
    /// It has said so long before all have joined, for they wait for it. Those who were there before them were given one already, which is the one that is
    /// shared while little has happened since.
    /// </summary>
    private static int SnapshotsEncoded(Cell cell, string project)
    {
        var said = 0;
        for (var began = Stopwatch.GetTimestamp(); said == 0 && Stopwatch.GetElapsedTime(began) < s_logPatience; cell.Loop.TurnFor(TimeSpan.FromMilliseconds(10)))
            said = cell.Server.Said(line => line.Contains($"Project {project}", StringComparison.Ordinal) && line.Contains(": a snapshot of seq ", StringComparison.Ordinal));
        return said > 0 ? said : throw new BrokenPromiseException("The server did not say that it encoded a snapshot, but it must have.");
    }
}
