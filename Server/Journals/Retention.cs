using EventOnly.Protocol.State;

namespace EventOnly.Server.Journals;

/// <summary>When a state is worth being kept, and up to where the past may go. Pure.</summary>
internal static class Retention
{
    /// <summary>Fewer events are folded faster than a state is written and read.</summary>
    private const long TailEventsMin = 1000;

    private static readonly long s_dayMs = (long)TimeSpan.FromDays(1).TotalMilliseconds;

    public static bool IsOn(JournalOptions options) => options.KeepEvents > 0 || options.KeepDays > 0;

    /// <summary>Whether a state is to be kept while its project goes on.</summary>
    /// <param name="lines">How many the state would be written as.</param>
    /// <param name="tail">Events since the last state that was kept.</param>
    /// <param name="tailMs">How long ago the first of them was seen.</param>
    public static bool IsDue(JournalOptions options, int lines, long tail, long tailMs) =>
        tail >= EventsBetween(options, lines) || (options.KeepDays > 0 && tail > 0 && tailMs >= s_dayMs); // else nothing would ever be a day old and dropped

    /// <summary>Whether a state is to be kept now that its project closes.</summary>
    public static bool IsWorthClosingWith(JournalOptions options, ProjectState state, long tail) =>
        tail >= Math.Min(EventsBetween(options, LinesOf(state)), Math.Max(TailEventsMin, LinesOf(state)));

    /// <summary>At least as many as are written then, so that no event costs more than one of them.</summary>
    private static long EventsBetween(JournalOptions options, int lines) => Math.Max(
        lines, options.KeepEvents > 0 ? Math.Min(options.KeepEvents, options.SnapshotEvents) : options.SnapshotEvents);

    public static int LinesOf(ProjectState state) => state.Entities.Count + state.Sessions.Count;

    /// <summary>The seq up to which events may go.</summary>
    /// <param name="head">The newest event's seq.</param>
    /// <param name="oldSeq">The seq of a state as old as <see cref="JournalOptions.KeepDays"/>; does not matter where that is not set.</param>
    public static long Expendable(JournalOptions options, long head, long oldSeq) => Math.Min(
        options.KeepEvents > 0 ? Math.Max(0, head - options.KeepEvents) : long.MaxValue,
        options.KeepDays > 0 ? oldSeq : long.MaxValue);
}
