namespace EventOnly.Client;

/// <summary>
/// What a replica knows of being what the server has. Pure. The first difference is mended at once; one that comes back although it was mended waits,
/// longer each time: a fault of ours must not become a load for the server.
/// </summary>
internal sealed class StateCheck
{
    /// <summary>The pause before the second try, doubled with each, and the longest, in ms.</summary>
    private const int PauseMs = 10_000, PauseMsMax = 600_000;

    private int _inARow;
    private bool _isMending;

    /// <summary>The last position at which both were equal.</summary>
    public long EqualAt { get; private set; }

    /// <summary>Differences that were found, those aside that came while one was being mended.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it waits before it is mended again, because a snapshot did not help.</summary>
    public bool IsStuck => _isMending && _inARow > 1;

    /// <param name="seq">Where both are equal.</param>
    /// <param name="isLive">Told of the moment; a good snapshot alone does not show that folding on it goes well.</param>
    public void Equal(long seq, bool isLive)
    {
        (EqualAt, _isMending) = (seq, false);
        if (isLive)
            _inARow = 0;
    }

    /// <summary>How long to wait before it is mended, in ms; null where that is waited for already.</summary>
    public int? Differ()
    {
        if (_isMending)
            return null;
        _isMending = true;
        Count++;
        return _inARow++ == 0 ? 0 : (int)Math.Min(PauseMsMax, PauseMs * Math.Pow(2, _inARow - 2));
    }

    /// <summary>A snapshot has taken the place of what differed; whether it is any better is to be seen.</summary>
    public void Mended() => _isMending = false;
}
