using EventOnly.Tests.Support;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Measuring;

[Parallelizable]
public sealed class HistogramTests
{
    [Test]
    public void A_percentile_is_never_less_than_what_was_measured_and_at_most_a_128th_more()
    {
        var chance = Given.Chance(1);
        var durations = Enumerable.Range(0, 10_001).Select(_ => (long)Math.Pow(10, chance.NextDouble() * 11)).Order().ToArray();
        var histogram = new Histogram();
        foreach (var ns in durations)
            histogram.AddNs(ns);

        for (var tenth = 1; tenth <= 1000; tenth++)
        {
            var exact = durations[(int)Math.Ceiling(durations.Length * tenth / 1000.0) - 1];
            (histogram.PercentileMs(tenth / 10.0) * 1e6).Should().BeInRange(exact - 1e-3, exact * (1 + 1 / 128.0), $"percentile {tenth / 10.0}");
        }
    }

    [Test]
    public void Every_duration_has_a_bucket_however_short_or_long([Values(-1, 0, 1, 127, 128, 255, 256, 257, long.MaxValue)] long ns)
    {
        var histogram = new Histogram();

        histogram.AddNs(ns);

        (histogram.PercentileMs(100) * 1e6).Should().BeInRange(Math.Max(0, ns) * (1 - 1e-9), Math.Max(0, ns) * (1 + 1 / 128.0));
    }

    [Test]
    public void Short_durations_are_told_exactly()
    {
        var histogram = new Histogram();
        for (var ns = 0; ns < 256; ns++)
            histogram.AddNs(ns);

        for (var ns = 0; ns < 256; ns++)
            (histogram.PercentileMs((ns + 1) * 100 / 256.0) * 1e6).Should().BeApproximately(ns, 1e-6);
    }

    [Test]
    public void Two_histograms_together_tell_what_one_of_all_would()
    {
        var (one, other, all) = (new Histogram(), new Histogram(), new Histogram());
        for (var i = 1; i <= 1000; i++)
        {
            (i % 3 == 0 ? one : other).Add(TimeSpan.FromMicroseconds(i));
            all.Add(TimeSpan.FromMicroseconds(i));
        }

        one.Add(other);

        one.Count.Should().Be(1000);
        foreach (var percent in (double[])[0.1, 50, 99, 99.9, 100])
            one.PercentileMs(percent).Should().Be(all.PercentileMs(percent));
    }

    [Test]
    public void Nothing_measured_is_nothing() => new Histogram().PercentileMs(99).Should().Be(0);
}
