using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench;

/// <summary>From nothing to ready, and what it holds then.</summary>
internal static class StartRows
{
    /// <summary>Where <c>./run.sh publish</c> puts what it makes, seen from this program's folder.</summary>
    private static readonly string s_published = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "artifacts", "publish"));

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var forms = new List<(string Name, Contender Server)> { ("as built", Contender.Updates) };
        foreach (var form in new[] { "folder", "single" })
        {
            var program = Path.Combine(s_published, form, "EventOnly.Server");
            if (File.Exists(program))
                forms.Add(($"published, {form}", Contender.Published(program)));
            else
                run.Note($"The published {form} was not measured: ./run.sh publish makes it.");
        }
        foreach (var (name, server) in forms)
            Comparison.Attempt(run, "start", server, () => Measure(run, name, server));
    });

    private static void Measure(BenchRun run, string form, Contender contender)
    {
        var (times, processor, memory) = (new Samples(), new Samples(), new Samples());
        for (var i = 0; i <= run.Sizes.Starts; i++) // the first is for the disk's cache
        {
            run.Tell($"start {i}, {form}");
            using var server = contender.Start(run.NewFolder());
            if (i == 0)
                continue;
            times.Add(server.StartTime.TotalMilliseconds);
            processor.Add(server.CpuTime.TotalMilliseconds);
            memory.Add(server.ResidentBytes / 1024.0 / 1024);
        }
        run.Add(new(
            "Start, on one core", $"{form}, median of {run.Sizes.Starts}",
            Figure.AtMost("ready", times.Median, 400, "ms"),
            new("spread", times.SpreadPercent, "%"),
            new("CPU", processor.Median, "ms"),
            Figure.AtMost("RSS", memory.Median, 60, "MiB")));
    }
}
