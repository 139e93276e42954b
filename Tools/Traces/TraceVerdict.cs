using System.Globalization;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools.Traces;

/// <summary>What came of playing a trace through clients.</summary>
/// <param name="Events">Events that its edits became: fewer where edits that waited were sent as one, more where one was too much for a message.</param>
/// <param name="Failure">Why it failed; null where all ended with the recorded text.</param>
internal sealed record TraceVerdict(string Trace, int Writers, int Edits, long Events, TimeSpan Elapsed, string? Failure)
{
    public bool Passed => Failure is null;

    /// <summary>One line. What others wrote moves no cursor.</summary>
    public override string ToString()
    {
        if (Failure is not null)
            return EventLine.Harmless($"FAILED {Trace}: {Failure}");
        var how = Writers == 1
            ? "by 1 writer who does not wait: what is typed while an edit is under way goes with the next,"
            : $"by {Writers} writers in turns, each when it has seen the edit before,";
        return EventLine.Harmless(string.Create(
            CultureInfo.InvariantCulture,
            $"passed {Trace}: {Edits:N0} edits {how} as {Events:N0} events in {Elapsed.TotalSeconds:0.0} s: {Edits / Elapsed.TotalSeconds:N0} edits/s; all have the recorded text, and so has who came last"));
    }
}
