namespace EventOnly.Client;

/// <summary>How long to wait before an attempt.</summary>
public interface IReconnectPolicy
{
    /// <summary>Only a line that held so long clears the record: a server that accepts and drops must not be hammered.</summary>
    TimeSpan MinUptime { get; }

    /// <summary>The pause before an attempt; null for no further one. Runs on the client's own loops, so it must return at once and not throw.</summary>
    /// <param name="attempt">From 0, since a line last held; at least 3 after an end that says to back off.</param>
    /// <param name="random">The client's own.</param>
    TimeSpan? Pause(int attempt, ReconnectInfo info, Random random);
}

/// <summary>Why a further attempt is needed.</summary>
/// <param name="Code">A word of docs/wire.md section 7; <c>lost</c> where no close frame came.</param>
/// <param name="Reason">For people.</param>
/// <param name="BackOff">Such an end says: not at once.</param>
/// <param name="RetryAfter">How long the server asks us to stay away.</param>
public sealed record ReconnectInfo(string Code, string Reason, bool BackOff, TimeSpan? RetryAfter);

/// <summary>Full jitter, so that clients that fell together do not rise together.</summary>
public sealed record ReconnectPolicy : IReconnectPolicy
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(100);

    /// <summary>Clients that were sent away together come back within this of each other, not all in the moment the server named.</summary>
    private static readonly TimeSpan s_returnSpread = TimeSpan.FromSeconds(3);

    /// <summary>The first attempt comes at a random moment within this. 250 ms by default; 1 ms to a week.</summary>
    public TimeSpan Base { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>What the range of each further attempt is larger by. 2 by default; 1 to 10.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>The range grows no further than this. 10 s by default; 100 ms to a week.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public TimeSpan MinUptime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before an attempt, counted from 0: at random within the range of that attempt; from the second on never under 100 ms.</summary>
    public TimeSpan Pause(int attempt, Random random)
    {
        var range = Math.Min(Cap.TotalMilliseconds, Base.TotalMilliseconds * Math.Pow(Factor, attempt));
        var pause = TimeSpan.FromMilliseconds(random.NextDouble() * range);
        return attempt > 0 && pause < s_pauseMin ? s_pauseMin : pause;
    }

    /// <inheritdoc/>
    public TimeSpan? Pause(int attempt, ReconnectInfo info, Random random)
    {
        var pause = Pause(attempt, random);
        return info.RetryAfter is { } asked
            ? TimeSpan.FromTicks(Math.Max(pause.Ticks, asked.Ticks + (long)(random.NextDouble() * s_returnSpread.Ticks)))
            : pause;
    }
}
