namespace EventOnly.Server.Projects;

/// <summary>
/// When a project tells its members what its state hashes to, so that a replica that went astray is noticed: after so many events, or after so long
/// where there were fewer. Pure: seqs and times in, a yes or no out.
/// </summary>
/// <param name="seq">Where the state stands at the beginning.</param>
/// <param name="events">Events between two tellings at most, but for those of one turn; 0 never tells.</param>
/// <param name="period">Time after which what happened since the last telling is told of, however little it is.</param>
internal sealed class StateCheck(long seq, int events, TimeSpan period)
{
    private long _toldSeq = seq;
    private TimeSpan? _toldAt; // null until somebody looks
    private bool _isWanted;

    /// <summary>Whether there is something that was not told of.</summary>
    public bool IsBehind(long seq) => events > 0 && (seq != _toldSeq || _isWanted);

    /// <summary>Somebody came back with a state of its own: it is to hear what it should be, even where nothing happens any more.</summary>
    public void Want() => _isWanted = true;

    /// <summary>Whether it is to be told now; then it counts as told.</summary>
    /// <param name="seq">Where the state stands.</param>
    /// <param name="now">On any clock that does not go back.</param>
    public bool IsDue(long seq, TimeSpan now)
    {
        _toldAt ??= now;
        if (!IsBehind(seq) || (seq - _toldSeq < events && now - _toldAt < period))
            return false;
        (_toldSeq, _toldAt, _isWanted) = (seq, now, false);
        return true;
    }
}
