using System.Diagnostics;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>Members that never read, among those who do: the others must not be slowed. The server sends the slow away (4430), which is right.</summary>
internal static class SlowRows
{
    /// <summary>Little is under way to who does not read, so that the server sees soon that it is behind.</summary>
    private const int ReceiveBufferBytes = 16 * 1024;

    /// <summary>Less than usual: in the time that is measured the slow shall be behind as well as be sent away.</summary>
    private const string TapeBytes = "262144";

    private const int SlowConsumer = 4430;

    /// <summary>Longer than the server's patience with a write, and with a close that is not answered.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>A window that was shut opens again within a probe or two.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(4);

    private sealed record Outcome(Flight Flight, int SentAway, int CutOff);

    public static void Measure(BenchRun run)
    {
        var slow = run.Sizes.Members / 10;
        var shape = new CrewShape(1, run.Sizes.Members - slow, FanOutRows.Publishers(run.Sizes.Members - slow));
        var without = Contender.EventOnly($"{shape.Members} members, all reading", "--EventOnly:Projects:TapeBytesMax", TapeBytes);
        var with = Contender.EventOnly($"{shape.Members} members, and {slow} that never read", "--EventOnly:Projects:TapeBytesMax", TapeBytes);
        var all = Comparison.Measure(run, "slow members", [without, with], cell => Measure(cell, shape, cell.Contender == with ? slow : 0));
        var rates = all.ToDictionary(one => one.Contender.Name, one => one.Median(outcome => outcome.Flight.Stretch.DeliveriesPerSecond));
        foreach (var one in all)
        {
            run.Add(new(
                "Slow members", one.Contender.Name,
                new("deliveries/s to the others", rates[one.Contender.Name]),
                FanOutRows.Times("× without", rates[one.Contender.Name], rates, without.Name, one.Contender == with ? 0.9 : null),
                new("CPU", one.Median(outcome => outcome.Flight.Stretch.CpuUsPerDelivery), "µs"),
                new("sent away by 4430", one.Contender == with ? one.Median(outcome => outcome.SentAway) : null),
                new("cut off", one.Contender == with ? one.Median(outcome => outcome.CutOff) : null)));
        }
    }

    private static Outcome Measure(Cell cell, CrewShape shape, int slow)
    {
        using var crew = cell.Crew(shape);
        var joined = cell.Loop.JoinedCount;
        var hanging = Enumerable.Range(shape.Count, slow)
            .Select(member => cell.Loop.Open(cell.Dialect, cell.Server.Port, member, 0, -1, receiveBufferBytes: ReceiveBufferBytes)).ToList();
        cell.Loop.TurnUntil(() => cell.Loop.JoinedCount - joined == slow, s_patience, "the slow joined");
        foreach (var connection in hanging)
        {
            connection.MayEnd = true;
            cell.Loop.SetReading(connection, reads: false);
        }
        var flight = FanOutRows.Fly(cell, shape, crew);

        // What was under way to them when they were sent away they read now, up to the close.
        foreach (var connection in hanging.Where(connection => connection.Stage != Stage.Ended))
            cell.Loop.SetReading(connection, reads: true);
        var (began, heard, heardAt) = (Stopwatch.GetTimestamp(), -1L, Stopwatch.GetTimestamp());
        while (hanging.Exists(connection => connection.Stage != Stage.Ended) && Stopwatch.GetElapsedTime(began) < s_patience && Stopwatch.GetElapsedTime(heardAt) < s_quiet)
        {
            cell.Loop.TurnFor(TimeSpan.FromMilliseconds(100));
            if (cell.Loop.Deliveries != heard)
                (heard, heardAt) = (cell.Loop.Deliveries, Stopwatch.GetTimestamp());
        }
        foreach (var connection in hanging.Where(connection => connection.Stage != Stage.Ended))
            crew.CheckHeard(connection); // it was not behind enough: then nothing is missing
        var sentAway = cell.Loop.Ends.GetValueOrDefault(SlowConsumer);
        return new(flight, sentAway, cell.Loop.Ends.Values.Sum() - sentAway);
    }
}
