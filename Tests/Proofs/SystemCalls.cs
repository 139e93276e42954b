using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EventOnly.Tests.Proofs;

/// <summary>One call of a thread into the system, as strace has written it down.</summary>
/// <param name="Target">What the descriptor stands for: a file's path, or <c>socket:[123]</c>.</param>
/// <param name="Text">The rest of the arguments, escaped as strace does.</param>
/// <param name="Began">The line at which it began.</param>
/// <param name="Ended">The line at which it had ended; never, where the trace ends before.</param>
internal sealed record SystemCall(string Name, string Target, string Text, long? Result, int Began, int Ended);

/// <summary>An event as it is seen in a call: seqs count in each project by itself.</summary>
internal readonly record struct TracedEvent(string Project, long Seq);

/// <summary>
/// Reads <c>strace -f -y -s 1000000 -o FILE</c>, and says whether anybody was told of an event before it was durable: before bytes that carry its seq
/// go to a socket, they must have been written to a file, and a sync of that file must have begun after that and succeeded.
/// </summary>
internal static partial class SystemCalls
{
    public static ImmutableArray<SystemCall> Parse(IEnumerable<string> lines)
    {
        var calls = new List<SystemCall>();
        var open = new Dictionary<string, int>(StringComparer.Ordinal); // by thread, the call that is not finished
        var at = 0;
        foreach (var line in lines)
        {
            at++;
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                if (open.Remove(resumed.Groups["thread"].Value, out var index))
                    calls[index] = calls[index] with { Text = calls[index].Text + resumed.Groups["rest"].Value, Result = ResultOf(line), Ended = at };
            }
            else if (Call().Match(line) is { Success: true } call)
            {
                var isFinished = !line.EndsWith("<unfinished ...>", StringComparison.Ordinal);
                if (!isFinished)
                    open[call.Groups["thread"].Value] = calls.Count;
                calls.Add(new(
                    call.Groups["name"].Value, call.Groups["target"].Value, call.Groups["rest"].Value, isFinished ? ResultOf(line) : null, at, isFinished ? at : int.MaxValue));
            }
        }
        return [.. calls];
    }

    /// <summary>All events that went to a socket, again for each socket.</summary>
    public static IEnumerable<(SystemCall Call, TracedEvent Event)> Told(IReadOnlyList<SystemCall> calls) =>
        calls.Where(call => call.Target.StartsWith("socket:", StringComparison.Ordinal) || call.Target.StartsWith("TCP", StringComparison.Ordinal))
            .SelectMany(call => EventsOf(call).Select(happened => (call, happened)));

    /// <summary>One sentence for each event that somebody was told of too early; none where there is none.</summary>
    public static ImmutableArray<string> FindEarly(IReadOnlyList<SystemCall> calls)
    {
        var writes = calls.Where(call => call.Target.StartsWith('/') && call.Name.Contains("write", StringComparison.Ordinal))
            .SelectMany(call => EventsOf(call).Select(happened => (Call: call, Event: happened))).ToLookup(write => write.Event, write => write.Call);
        var syncs = calls.Where(call => call.Name is "fdatasync" or "fsync" && call.Result == 0).ToLookup(call => call.Target, StringComparer.Ordinal);
        return [.. Told(calls)
            .Where(told => !writes[told.Event].Any(write => syncs[write.Target].Any(sync => sync.Began > write.Ended && sync.Ended < told.Call.Began)))
            .Select(told => $"Event {told.Event.Seq} of {told.Event.Project} went to {told.Call.Target} at line {told.Call.Began}, before it was durable.")];
    }

    private static IEnumerable<TracedEvent> EventsOf(SystemCall call) => Event().Matches(call.Text).Select(match =>
        new TracedEvent(match.Groups["project"].Value, long.Parse(match.Groups["seq"].Value, CultureInfo.InvariantCulture)));

    private static long? ResultOf(string line) =>
        Result().Match(line) is { Success: true } match ? long.Parse(match.Groups["result"].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\(\d+<(?<target>[^>]*)>(?<rest>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. (?<name>\w+) resumed>(?<rest>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Resumed();

    [GeneratedRegex(@"\) += (?<result>-?\d+)[^""]*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Result();

    /// <summary>An event as it begins, in a frame as in a line.</summary>
    [GeneratedRegex(@"\{\\""type\\"":\\""(create|update|delete|batch)\\"",\\""project\\"":\\""(?<project>[^\\]*)\\"",\\""seq\\"":(?<seq>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Event();
}
