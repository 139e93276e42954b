using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench;

/// <summary>Events at a steady pace: how late they are, and what each delivery costs where nothing can be gathered.</summary>
internal static class PaceRows
{
    public const int PerSecond = 100;

    public static void Measure(BenchRun run, PeerServers peers)
    {
        var shape = new CrewShape(1, run.Sizes.Members, 1);
        Contender?[] contenders = run.Sizes.HasPeers ? [Contender.Updates, peers.SignalR(), peers.Ws(framed: true), peers.Floor()] : [Contender.Updates];
        var all = Comparison.Measure(run, "pace", [.. contenders.OfType<Contender>()], cell => Paced.Measure(cell, shape, PerSecond));
        var p99s = all.ToDictionary(one => one.Contender.Name, one => one.Median(paced => paced.Durations.PercentileMs(99)));
        var costs = all.ToDictionary(one => one.Contender.Name, one => one.Median(paced => paced.Stretch.CpuUsPerDelivery));
        foreach (var one in all)
        {
            var isOurs = one.Contender.IsEventOnly;
            run.Add(new(
                $"Pace: {PerSecond} events/s to {shape.Members:N0} members, from the intended time", one.Contender.Name,
                [.. Paced.ToFigures(one),
                new("CPU", costs[one.Contender.Name], "µs"),
                AtMost("p99 × SignalR", one, p99s, "SignalR", isOurs ? 0.5 : null),
                AtMost("p99 × ws framed once", one, p99s, "npm ws, framed once", isOurs ? 1.2 : null),
                AtMost("CPU × SignalR", one, costs, "SignalR", isOurs ? 0.7 : null)]));
        }
    }

    private static Figure AtMost(string name, Measured<Paced> one, Dictionary<string, double> values, string other, double? goal)
    {
        if (!values.TryGetValue(other, out var theirs) || theirs == 0)
            return new(name, null);
        var times = values[one.Contender.Name] / theirs;
        return goal is { } most ? Figure.AtMost(name, times, most) : new(name, times);
    }
}
