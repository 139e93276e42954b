namespace EventOnly.Tools.Load;

/// <summary>Durations that many threads add, each to the histogram of the processor it runs on.</summary>
internal sealed class Latencies
{
    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 16)).Select(_ => new Stripe())];

    public void Add(TimeSpan duration)
    {
        var stripe = _stripes[Thread.GetCurrentProcessorId() % _stripes.Length];
        lock (stripe.Gate)
        {
            stripe.Durations.Add(duration);
            stripe.Max = duration > stripe.Max ? duration : stripe.Max;
        }
    }

    /// <summary>All so far, as a copy that changes no more.</summary>
    public Distribution Read()
    {
        var (all, max) = (new Histogram(), TimeSpan.Zero);
        foreach (var stripe in _stripes)
        {
            lock (stripe.Gate)
            {
                all.Add(stripe.Durations);
                max = stripe.Max > max ? stripe.Max : max;
            }
        }
        return new(all, max.TotalMilliseconds);
    }

    private sealed class Stripe
    {
        public Lock Gate { get; } = new();

        public Histogram Durations { get; } = new();

        public TimeSpan Max { get; set; }
    }
}

/// <summary>How durations are spread. The maximum is exact.</summary>
internal sealed record Distribution(Histogram Durations, double MaxMs)
{
    public long Count => Durations.Count;

    public double Ms(double percent) => Math.Min(Durations.PercentileMs(percent), MaxMs);
}
