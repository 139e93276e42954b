using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>What a delivery costs as a project has more members. All sizes are measured in each round, so that the machine's drift is the same for all.</summary>
internal static class GrowthRows
{
    /// <summary>What counts as flat: the figure's own noise.</summary>
    private const double Flat = 1.1;

    public static void Measure(BenchRun run)
    {
        var sizes = run.Sizes.GrowthMembers.ToDictionary(members => Contender.Updates with { Name = $"{members:N0} members" });
        double? before = null;
        foreach (var one in Comparison.Measure(run, "growth", [.. sizes.Keys], cell => Fly(cell, sizes[cell.Contender])))
        {
            var cpu = one.Median(stretch => stretch.CpuUsPerDelivery);
            run.Add(new(
                "Growth: members of one project, as many events as it takes", one.Contender.Name,
                new("deliveries/s", one.Median(stretch => stretch.DeliveriesPerSecond)),
                before is { } smaller ? Figure.AtMost("CPU", cpu, smaller * Flat, "µs") : new("CPU", cpu, "µs"),
                new("spread", one.Of(stretch => stretch.CpuUsPerDelivery).SpreadPercent, "%"),
                new("load's CPU", one.Median(stretch => stretch.LoadPercent), "%")));
            before = cpu;
        }
    }

    private static Stretch Fly(Cell cell, int members) => FanOutRows.Fly(cell, new CrewShape(1, members, FanOutRows.Publishers(members))).Stretch;
}
