using System.Globalization;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools.Replay;

/// <summary>What came of playing a script.</summary>
/// <param name="Steps">Lines that were played, the failing one included.</param>
internal sealed record Verdict(string Script, int Steps, TimeSpan Elapsed, ScriptFailure? Failure)
{
    public bool Passed => Failure is null;

    /// <summary>One line where it passed; else all that helps to find out why not. What users wrote moves no cursor.</summary>
    public override string ToString()
    {
        if (Failure is null)
            return string.Create(CultureInfo.InvariantCulture, $"passed {EventLine.Harmless(Script)}: {Steps} steps in {Elapsed.TotalSeconds:0.0} s");
        var text = new List<string> { $"FAILED {Script}, line {Failure.Line.Number}: {Failure.Reason}", "  " + Failure.Line.Text };
        if (Failure.Frames.Count > 0)
            text.AddRange([$"the last frames of {Failure.Client} (-> sent, <- received):", .. Failure.Frames.Select(frame => "  " + frame)]);
        if (Failure.Differences.Count > 0)
            text.AddRange(["the states differ:", .. Failure.Differences.Select(difference => "  " + difference)]);
        return string.Join('\n', text.Select(EventLine.Harmless));
    }
}

/// <summary>Why a script failed, and where.</summary>
internal sealed record ScriptFailure(
    ScriptLine Line, string Reason, string Client, IReadOnlyList<string> Frames, IReadOnlyList<string> Differences);
