using System.Diagnostics;

namespace EventOnly.Tests.Bench.Load;

/// <summary>How long each publisher's command took to come back. (Closed loop: the next goes out when one is back.)</summary>
internal sealed class AckTrips
{
    private readonly Dictionary<int, long[]> _sentAt;
    private readonly int _window;

    public AckTrips(LoadLoop loop, Crew crew, int window)
    {
        _window = window;
        _sentAt = crew.Publishers.ToDictionary(publisher => publisher.Member, _ => new long[window]);
        loop.OnAcknowledged = Hear;
    }

    public Histogram Durations { get; } = new();

    /// <summary>A publisher sends its next so many numbers now.</summary>
    public void Sent(LoadConnection publisher, int count)
    {
        var now = Stopwatch.GetTimestamp();
        for (var i = 1; i <= count; i++)
            _sentAt[publisher.Member][(publisher.Sent + i) % _window] = now;
    }

    private void Hear(LoadConnection publisher, long number, long now)
    {
        ref var sent = ref _sentAt[publisher.Member][number % _window];
        if (sent > 0)
            Durations.AddNs((long)((now - sent) * 1e9 / Stopwatch.Frequency));
        sent = 0;
    }
}
