using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>From nothing to ready, and what it holds then.</summary>
internal static class StartRows
{
    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var (times, memory) = (new Samples(), new Samples());
        for (var i = 0; i <= run.Sizes.Starts; i++) // the first is for the disk's cache
        {
            run.Tell($"start {i}");
            using var server = Contender.Updates.Start(run.NewFolder());
            if (i == 0)
                continue;
            times.Add(server.StartTime.TotalMilliseconds);
            memory.Add(server.ResidentBytes / 1024.0 / 1024);
        }
        run.Add(new(
            "Start, on one core", $"median of {run.Sizes.Starts}",
            Figure.AtMost("ready", times.Median, 400, "ms"),
            new("spread", times.SpreadPercent, "%"),
            Figure.AtMost("RSS", memory.Median, 60, "MiB")));
    });
}
