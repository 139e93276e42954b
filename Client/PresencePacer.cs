using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>
/// When what others see of us is said: at once, then at most once in a period, the newest value only. While nobody else has been here since we joined, only
/// the first is said; the rest waits for somebody to come. Pure.
/// </summary>
internal sealed class PresencePacer(TimeSpan period)
{
    private TimeSpan? _saidAt;
    private bool _isChanged;
    private bool _isKnown; // to the server
    private bool _isAlone;

    /// <summary>What the others are to see; null: we are not to be seen.</summary>
    public JsonFields? Own { get; private set; }

    public void Set(JsonFields? own) => (Own, _isChanged) = (own, true);

    /// <summary>A join carries what there is to see.</summary>
    public void Joining() => (_isChanged, _isKnown) = (false, Own is not null);

    /// <param name="count">All that are in, we among them.</param>
    public void Joined(int count) => _isAlone = count <= 1;

    /// <summary>Somebody is here to see us.</summary>
    public void Seen() => _isAlone = false;

    /// <summary>What is to be said now, or null; then, after what time there may be more.</summary>
    /// <param name="now">On any clock that does not go back.</param>
    public JsonFields? Next(TimeSpan now, out TimeSpan? wait)
    {
        wait = null;
        if (!_isChanged || Own is null || (_isAlone && _isKnown))
            return null;
        if (_saidAt is { } said && now - said < period)
        {
            wait = said + period - now;
            return null;
        }
        (_isChanged, _isKnown, _saidAt) = (false, true, now);
        return Own;
    }
}
