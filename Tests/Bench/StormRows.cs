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

    private sealed record Storm(double BeforeMs, double DuringMs, double AfterMs, double Seconds, double LoadPercent, int Snapshots)
    {
        public double Times => DuringMs / BeforeMs;
    }

    public static void Measure(BenchRun run)
    {
        Measure(run, "in another project", isTheirs: false);
        Measure(run, "in the same project", isTheirs: true);
        run.Note(
            "Join storm, others in the same project: after it each event goes to all who joined as well, so their p99 cannot stay what it was; "
            + "`after` is what it is then, with the storm over.");
    }

    private static void Measure(BenchRun run, string where, bool isTheirs)
    {
        if (Comparison.Measure(run, $"join storm, others {where}", [s_contender], cell => Measure(cell, isTheirs)) is not [var one])
            return;
        run.Add(new(
            $"Join storm: {run.Sizes.StormClients:N0} join a project of {run.Sizes.StormEntities:N0} entities at once; {run.Sizes.StormOthers} others {where}, {PaceRows.PerSecond} events/s", one.Contender.Name,
            new("all joined after", one.Median(storm => storm.Seconds), "s"),
            new("joins/s", run.Sizes.StormClients / one.Median(storm => storm.Seconds)),
            new("others' p99 before", one.Median(storm => storm.BeforeMs), "ms"),
            new("others' p99 during", one.Median(storm => storm.DuringMs), "ms"),
            Figure.AtMost("× before", one.Median(storm => storm.Times), 1.5),
            new("others' p99 after", one.Median(storm => storm.AfterMs), "ms"),
            Figure.AtMost("snapshots encoded", one.Median(storm => storm.Snapshots), 1),
            new("load's CPU", one.Median(storm => storm.LoadPercent), "%")));
    }

    /// <param name="isTheirs">Whether the project that is joined is that of the others.</param>
    private static Storm Measure(Cell cell, bool isTheirs)
    {
        var (loop, sizes) = (cell.Loop, cell.Sizes);
        var project = $"{cell.Name}storm";
        var seq = Filling.Fill(cell, project, sizes.StormEntities);
        using var others = new Crew(
            loop, cell.Server, new EventOnlyDialect(isTheirs ? project : $"{cell.Name}calm"), new(1, sizes.StormOthers, 1), isTheirs ? seq : 0, isUrgent: true);
        using (new Crew(loop, cell.Server, new EventOnlyDialect(project), new(1, 1, 0), seq))
            loop.Turn(0); // the one who opened the page before all others
        var dialect = new EventOnlyDialect(project) { JoinsAtOnce = false };
        var joiners = OpenJoiners(cell, dialect);

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
        pace.RunFor(sizes.WarmUpTime);
        var after = pace.Measure();
        pace.RunFor(sizes.RowTime);
        pace.Pause();
        others.Complete();
        End(cell, joiners, isTheirs ? seq + others.Publishers[0].Sent : seq);
        return new(before.PercentileMs(99), during.PercentileMs(99), after.PercentileMs(99), time.TotalSeconds, stretch.LoadPercent, SnapshotsEncoded(cell, project) - snapshots);
    }

    /// <summary>Connected, and not yet in the project.</summary>
    private static List<LoadConnection> OpenJoiners(Cell cell, EventOnlyDialect dialect)
    {
        var (loop, connected, joiners) = (cell.Loop, cell.Loop.ConnectedCount, new List<LoadConnection>());
        for (var i = 0; i < cell.Sizes.StormClients; i++)
        {
            joiners.Add(loop.Open(dialect, cell.Server.Port, i, 0, -1));
            loop.TurnUntil(() => i - (loop.ConnectedCount - connected) < 256, s_patience, "all connected");
        }
        loop.TurnUntil(() => loop.ConnectedCount - connected == cell.Sizes.StormClients, s_patience, "all connected");
        return joiners;
    }

    private static void End(Cell cell, List<LoadConnection> joiners, long heard)
    {
        var loop = cell.Loop;
        Span<long> last = [heard];
        loop.TurnUntil(() => joiners.TrueForAll(joiner => joiner.Check?.LastOf(0) == heard), s_patience, "all that joined have the newest event");
        loop.TurnFor(Crew.ListenTime);
        foreach (var joiner in joiners)
        {
            joiner.Check!.End(last);
            if (joiner.SnapshotEntities - cell.Sizes.StormEntities is not (0 or 1)) // that of the publisher came after a snapshot that may still be given
                throw new BrokenPromiseException($"A snapshot has {joiner.SnapshotEntities} entities where there are {cell.Sizes.StormEntities}, and one of the publisher's.");
            loop.Close(joiner);
        }
        loop.TurnFor(s_logTime);
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
