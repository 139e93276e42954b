namespace EventOnly.Protocol.State;

/// <summary>Whether a session's number has taken effect.</summary>
public enum Standing
{
    /// <summary>Never seen to take effect: may be decided.</summary>
    Fresh,

    /// <summary>Took effect already.</summary>
    Taken,

    /// <summary>64 or more below the highest: it can no longer be told.</summary>
    TooOld,
}

/// <summary>Which numbers of a session took effect: the highest, and of the 64 up to it a bit each (bit i is Highest - i).</summary>
/// <param name="LastSeq">The seq at which the session last changed something.</param>
public readonly record struct SessionMark(long Highest, ulong Mask, long LastSeq)
{
    private const int Window = 64;

    public Standing StandingOf(long n)
    {
        if (n > Highest)
            return Standing.Fresh;
        if (Highest - n >= Window)
            return Standing.TooOld;
        return (Mask >> (int)(Highest - n) & 1) == 1 ? Standing.Taken : Standing.Fresh;
    }

    public SessionMark Take(long n, long seq)
    {
        if (n <= Highest)
            return Highest - n >= Window ? this with { LastSeq = seq } : this with { Mask = Mask | 1UL << (int)(Highest - n), LastSeq = seq };
        var moved = n - Highest >= Window ? 0 : Mask << (int)(n - Highest);
        return new(n, moved | 1, seq);
    }
}
