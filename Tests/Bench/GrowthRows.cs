using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>What a delivery costs as a project has more members.</summary>
internal static class GrowthRows
{
    /// <summary>What counts as flat: the figure's own noise.</summary>
    private const double Flat = 1.1;

    public static void Measure(BenchRun run)
    {
        double? before = null;
        foreach (var members in run.Sizes.GrowthMembers)
        {
            var shape = new CrewShape(1, members, FanOutRows.Publishers(members));
            if (Comparison.Measure(run, $"growth, {members} members", [Contender.Updates], cell => FanOutRows.Fly(cell, shape).Stretch) is not [var one])
                continue;
            var cpu = one.Median(stretch => stretch.CpuUsPerDelivery);
            run.Add(new(
                "Growth: members of one project, as many events as it takes", $"{members:N0} members",
                new("deliveries/s", one.Median(stretch => stretch.DeliveriesPerSecond)),
                before is { } smaller ? Figure.AtMost("CPU", cpu, smaller * Flat, "µs") : new("CPU", cpu, "µs"),
                new("spread", one.Of(stretch => stretch.CpuUsPerDelivery).SpreadPercent, "%"),
                new("load's CPU", one.Median(stretch => stretch.LoadPercent), "%")));
            before = cpu;
        }
    }
}
