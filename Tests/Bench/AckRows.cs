using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench;

/// <summary>How fast a command is answered: ours is in the journal by then, the others' has only been heard.</summary>
internal static class AckRows
{
    private const int InFlight = 16;

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var peers = new PeerServers(run);
        Contender?[] contenders = run.Sizes.HasPeers ? [Contender.Updates, peers.SignalR(acks: true), peers.SocketIo(acks: true), peers.Ws(framed: true), peers.Ws(framed: false)] : [Contender.Updates];
        var shape = new CrewShape(run.Sizes.AckConnections, 1, 1);
        var all = Comparison.Measure(run, "acks", [.. contenders.OfType<Contender>()], cell => Measure(cell, shape));
        var rates = all.ToDictionary(one => one.Contender.Name, one => one.Median(acked => acked.Stretch.AcknowledgedPerSecond));
        foreach (var one in all)
        {
            double? goal = one.Contender.IsEventOnly ? 8 : null;
            var rate = rates[one.Contender.Name];
            run.Add(new(
                $"Ack round trips: {shape.Groups} connections × {InFlight} in flight, each in a project of its own", one.Contender.Name,
                new("acks/s", rate),
                new("p50", one.Median(acked => acked.Durations.PercentileMs(50)), "ms"),
                new("p99", one.Median(acked => acked.Durations.PercentileMs(99)), "ms"),
                new("CPU", one.Median(acked => acked.Stretch.CpuUsPerAck), "µs"),
                FanOutRows.Times("× SignalR", rate, rates, "SignalR", goal),
                FanOutRows.Times("× Socket.IO", rate, rates, "Socket.IO", goal),
                new("spread", one.Of(acked => acked.Stretch.AcknowledgedPerSecond).SpreadPercent, "%"),
                new("load's CPU", one.Median(acked => acked.Stretch.LoadPercent), "%")));
        }
    });

    public static Paced Measure(Cell cell, CrewShape shape)
    {
        using var crew = cell.Crew(shape);
        var flight = new FullFlight(cell.Loop, crew, shape, InFlight);
        flight.RunFor(cell.Sizes.WarmUpTime);
        var trips = new AckTrips(cell.Loop, crew, InFlight);
        flight.Sending = trips.Sent;
        var meter = cell.Meter();
        flight.RunFor(cell.Sizes.RowTime);
        var stretch = meter.Read();
        crew.Complete();
        return new(stretch, trips.Durations);
    }
}
