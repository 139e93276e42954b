using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>How soon a text's next edit may follow the last one, so that what is typed meanwhile goes as one. Pure.</summary>
/// <param name="gap">From one edit of a text on the line to the next.</param>
internal sealed class TextPacer(TimeSpan gap)
{
    private readonly Dictionary<(string Id, string Field), TimeSpan> _sentAt = [];
    private TimeSpan? _wait;

    /// <summary>Whether an edit may go now.</summary>
    /// <param name="now">On any clock that does not go back.</param>
    public bool IsDue(Command.Edit edit, TimeSpan now)
    {
        if (!_sentAt.TryGetValue((edit.Entity, edit.Field), out var sentAt) || now - sentAt >= gap)
            return true;
        var wait = sentAt + gap - now;
        _wait = _wait is { } other && other < wait ? other : wait;
        return false;
    }

    /// <summary>An edit is on the line.</summary>
    public void Sent(Command.Edit edit, TimeSpan now)
    {
        foreach (var text in _sentAt.Where(each => now - each.Value >= gap).Select(each => each.Key).ToArray())
            _sentAt.Remove(text);
        _sentAt[(edit.Entity, edit.Field)] = now;
    }

    /// <summary>After what time to look again, because something was not due since the last call of this; null where all was.</summary>
    public TimeSpan? TakeWait()
    {
        var wait = _wait;
        _wait = null;
        return wait;
    }
}
