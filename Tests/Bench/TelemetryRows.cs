using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>What metrics cost while somebody looks at them. The collector is not there, as for most of the time between two of its readings.</summary>
internal static class TelemetryRows
{
    private static readonly Contender s_watched = Contender.EventOnly("EventOnly, telemetry on", "--EventOnly:Telemetry:OtlpEndpoint", "http://127.0.0.1:9");
    private static readonly Contender s_unwatched = Contender.EventOnly("EventOnly, telemetry off");

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var crowd = new CrewShape(1, run.Sizes.Members, FanOutRows.Publishers(run.Sizes.Members));
        Compare(run, "Fan-out, watched", "deliveries", cell => FanOutRows.Fly(cell, crowd).Stretch, stretch => stretch.DeliveriesPerSecond, stretch => stretch.CpuUsPerDelivery);
        var alone = new CrewShape(run.Sizes.AckConnections, 1, 1);
        Compare(run, "Ack round trips, watched", "acks", cell => AckRows.Measure(cell, alone).Stretch, stretch => stretch.AcknowledgedPerSecond, stretch => stretch.CpuUsPerAck);
    });

    private static void Compare(BenchRun run, string section, string what, Func<Cell, Stretch> measure, Func<Stretch, double> rate, Func<Stretch, double> cpu)
    {
        var all = Comparison.Measure(run, $"telemetry, {what}", [s_unwatched, s_watched], measure);
        if (all.Count < 2)
            return; // one has failed, and there is nothing to compare
        var unwatched = all[0].Median(cpu);
        foreach (var one in all)
        {
            var times = one.Median(cpu) / unwatched;
            run.Add(new(
                section, one.Contender.Name,
                new($"{what}/s", one.Median(rate)),
                new("CPU", one.Median(cpu), "µs"),
                one.Contender == s_watched ? Figure.AtMost("CPU × off", times, 1.02) : new("CPU × off", times),
                new("spread", one.Of(rate).SpreadPercent, "%")));
        }
    }
}
