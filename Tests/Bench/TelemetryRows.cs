using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>What metrics cost while somebody looks at them. The collector is not there, as for most of the time between two of its readings.</summary>
internal static class TelemetryRows
{
    /// <summary>Each form twice: two processes of one build may differ by more than what is looked for.</summary>
    private static readonly Contender[]
        s_unwatched = [Contender.EventOnly("EventOnly, telemetry off"), Contender.EventOnly("EventOnly, telemetry off, another")],
        s_watched = [Watched("EventOnly, telemetry on"), Watched("EventOnly, telemetry on, another")];

    private static Contender Watched(string name) => Contender.EventOnly(name, "--EventOnly:Telemetry:OtlpEndpoint", "http://127.0.0.1:9");

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var crowd = new CrewShape(1, run.Sizes.Members, FanOutRows.Publishers(run.Sizes.Members));
        Compare(run, "Fan-out, watched", "deliveries", cell => FanOutRows.Fly(cell, crowd).Stretch, stretch => stretch.DeliveriesPerSecond, stretch => stretch.CpuUsPerDelivery);
        var alone = new CrewShape(run.Sizes.AckConnections, 1, 1);
        Compare(run, "Ack round trips, watched", "acks", cell => AckRows.Measure(cell, alone).Stretch, stretch => stretch.AcknowledgedPerSecond, stretch => stretch.CpuUsPerAck);
    });

    private static void Compare(BenchRun run, string section, string what, Func<Cell, Stretch> measure, Func<Stretch, double> rate, Func<Stretch, double> cpu)
    {
        var all = Comparison.Measure(run, $"telemetry, {what}", [s_unwatched[0], s_watched[0], s_watched[1], s_unwatched[1]], measure);
        if (all.Count < s_unwatched.Length + s_watched.Length)
            return; // one has failed, and there is nothing to compare
        var times = Of(s_watched) / Of(s_unwatched);
        foreach (var one in all)
        {
            var isWatched = s_watched.Contains(one.Contender);
            run.Add(new(
                section, one.Contender.Name,
                new($"{what}/s", one.Median(rate)),
                new("CPU", one.Median(cpu), "µs"),
                isWatched ? Figure.AtMost("both, CPU × off", times, 1.02) : new("both, CPU × off", 1),
                new("spread", one.Of(rate).SpreadPercent, "%")));
        }

        double Of(Contender[] form) => all.Where(one => form.Contains(one.Contender)).Average(one => one.Median(cpu));
    }
}
