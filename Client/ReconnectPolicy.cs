namespace EventOnly.Client;

/// <summary>How long to wait before an attempt: full jitter, so that clients that fell together do not rise together.</summary>
public sealed record ReconnectPolicy
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(100);

    /// <summary>The first attempt comes at a random moment within this; the range then doubles. 250 ms by default.</summary>
    public TimeSpan Base { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The range grows no further than this. 10 s by default.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Only a line that held so long clears the record: a server that accepts and drops must not be hammered. 5 s by default.
    /// </summary>
    public TimeSpan MinUptime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before an attempt, counted from 0: at random within the range of that attempt; from the second on never under 100 ms.</summary>
    public TimeSpan Pause(int attempt, Random random)
    {
        var range = Math.Min(Cap.TotalMilliseconds, Base.TotalMilliseconds * Math.Pow(2, attempt));
        var pause = TimeSpan.FromMilliseconds(random.NextDouble() * range);
        return attempt > 0 && pause < s_pauseMin ? s_pauseMin : pause;
    }
}
