using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench;

/// <summary>What one measurement of full flight came to.</summary>
/// <param name="MissedPercent">Broadcasts that were dropped for who was behind.</param>
internal sealed record Flight(Stretch Stretch, double MissedPercent);

/// <summary>One event to a thousand: as many as a server takes, beside servers that only relay.</summary>
internal static class FanOutRows
{
    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var peers = new PeerServers(run);
        Contender?[] contenders = run.Sizes.HasPeers
            ? [Contender.Updates, Contender.Broadcasts, peers.SignalR(), peers.Ws(framed: true), peers.Ws(framed: false), peers.SocketIo(), peers.Floor()]
            : [Contender.Updates, Contender.Broadcasts];
        run.Attempt("fan-out", () => Compare(run, [.. contenders.OfType<Contender>()]));
        run.Attempt("pace", () => PaceRows.Measure(run, peers));
        run.Attempt("slow members", () => SlowRows.Measure(run));
        run.Attempt("growth", () => GrowthRows.Measure(run));
    });

    private static void Compare(BenchRun run, IReadOnlyList<Contender> contenders)
    {
        var shape = new CrewShape(1, run.Sizes.Members, Publishers(run.Sizes.Members));
        var all = Comparison.Measure(run, "fan-out", contenders, cell => Fly(cell, shape));
        var rates = all.ToDictionary(one => one.Contender.Name, one => one.Median(flight => flight.Stretch.DeliveriesPerSecond));
        foreach (var one in all)
        {
            var rate = rates[one.Contender.Name];
            var cpu = one.Median(flight => flight.Stretch.CpuUsPerDelivery);
            run.Add(new(
                $"Fan-out: {shape.Members:N0} members, {shape.Publishers} publishers, {InFlight} in flight, {Dialect.EventBytes} bytes", one.Contender.Name,
                new("deliveries/s", rate),
                one.Contender == Contender.Updates ? Figure.AtMost("CPU", cpu, 0.15, "µs") : new("CPU", cpu, "µs"),
                Times("× SignalR", rate, rates, "SignalR", one.Contender == Contender.Updates ? 8 : one.Contender == Contender.Broadcasts ? 9 : null),
                Times("× Socket.IO", rate, rates, "Socket.IO", one.Contender == Contender.Updates ? 60 : null),
                Times("× C", rate, rates, "C, the floor", one.Contender == Contender.Broadcasts ? 0.9 : null),
                new("spread", one.Of(flight => flight.Stretch.DeliveriesPerSecond).SpreadPercent, "%"),
                new("load's CPU", one.Median(flight => flight.Stretch.LoadPercent), "%"),
                new("missed", one.Median(flight => flight.MissedPercent), "%")));
        }
    }

    public const int InFlight = 128;

    public static int Publishers(int members) => Math.Min(8, members);

    public static Flight Fly(Cell cell, CrewShape shape)
    {
        using var crew = cell.Crew(shape);
        return Fly(cell, shape, crew);
    }

    public static Flight Fly(Cell cell, CrewShape shape, Crew crew)
    {
        var flight = new FullFlight(cell.Loop, crew, shape, InFlight / shape.Publishers);
        flight.RunFor(cell.Sizes.WarmUpTime);
        var meter = cell.Meter();
        var advanced = cell.Loop.Advanced;
        flight.RunFor(cell.Sizes.RowTime);
        var stretch = meter.Read();
        advanced = cell.Loop.Advanced - advanced;
        crew.Complete();
        return new(stretch, advanced == 0 ? 0 : (advanced - stretch.Deliveries) * 100.0 / advanced);
    }

    /// <summary>How many times what another reaches; nothing where that other is not there.</summary>
    public static Figure Times(string name, double value, Dictionary<string, double> values, string other, double? goal)
    {
        if (!values.TryGetValue(other, out var theirs) || theirs == 0)
            return new(name, null);
        return goal is { } least ? Figure.AtLeast(name, value / theirs, least) : new(name, value / theirs);
    }
}
