namespace EventOnly.Server.Journals;

/// <summary>A moment of a project's past: after an event, or at a time.</summary>
public readonly record struct Moment
{
    private readonly long _seq;
    private readonly long _atMs;

    private Moment(long seq, long atMs) => (_seq, _atMs) = (seq, atMs);

    /// <summary>When the event of a seq had happened, and the next had not.</summary>
    public static Moment AfterSeq(long seq) => new(seq, long.MaxValue);

    /// <summary>At a time in milliseconds since 1970-01-01 UTC, with all that happened in that millisecond.</summary>
    public static Moment AtTime(long atMs) => new(long.MaxValue, atMs);

    /// <summary>Whether what happened as this event had happened by then. Events have the order of their times, so the first that has not ends the search.</summary>
    public bool Includes(long seq, long atMs) => seq <= _seq && atMs <= _atMs;
}
