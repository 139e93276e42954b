using System.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Bench;

/// <summary>
/// What the disk itself can do: 200 bytes appended and synced, again and again. Measured before, between and after the rows, because others use
/// the machine too; the median of those counts.
/// </summary>
internal sealed class RawSync(BenchRun run)
{
    private readonly List<(double PerSecond, double P50Ms, double P99Ms)> _samples = [];

    public double P99Ms => Median(sample => sample.P99Ms);

    public Task MeasureAsync() => run.InFolderAsync(folder =>
    {
        var durations = new Histogram();
        var line = new byte[200];
        line.AsSpan().Fill((byte)'x');
        using var file = new DiskFiles().Open(Path.Combine(folder, "raw"));
        var (offset, began) = (0L, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(began) < run.Sizes.RawTime)
        {
            var start = Stopwatch.GetTimestamp();
            file.WriteAll(offset, line);
            file.Sync();
            durations.Add(Stopwatch.GetElapsedTime(start));
            offset += line.Length;
        }
        _samples.Add((durations.Count / Stopwatch.GetElapsedTime(began).TotalSeconds, durations.PercentileMs(50), durations.PercentileMs(99)));
        return Task.CompletedTask;
    });

    public Row ToRow() => new(
        "The disk itself: 200 bytes and fdatasync, one after the other", $"median of {_samples.Count} measurements",
        new Figure("per second", Median(sample => sample.PerSecond)),
        new Figure("p50", Median(sample => sample.P50Ms), "ms"),
        new Figure("p99", P99Ms, "ms"),
        new Figure("p99, least", _samples.Min(sample => sample.P99Ms), "ms"),
        new Figure("p99, most", _samples.Max(sample => sample.P99Ms), "ms"));

    private double Median(Func<(double PerSecond, double P50Ms, double P99Ms), double> which)
    {
        var sorted = _samples.Select(which).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
