using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>Many small projects at once, each with its own steady pace.</summary>
internal static class ProjectsRows
{
    private const int Members = 10;
    private const int PerSecond = 10;

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var shape = new CrewShape(run.Sizes.SmallProjects, Members, 1);
        if (Comparison.Measure(run, "projects", [Contender.Updates], cell => Paced.Measure(cell, shape, shape.Groups * PerSecond)) is not [var one])
            return;
        run.Add(new(
            $"Projects: {shape.Groups:N0} × {Members} members, {PerSecond} events/s each, from the intended time", one.Contender.Name,
            [.. Paced.ToFigures(one, p99BelowMs: 10),
            new("deliveries/s", one.Median(paced => paced.Stretch.DeliveriesPerSecond)),
            Figure.AtMost("CPU", one.Median(paced => paced.Stretch.CpuUsPerDelivery), 8, "µs")]));
    });
}
