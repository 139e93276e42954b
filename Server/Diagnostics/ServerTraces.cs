using System.Diagnostics;

namespace EventOnly.Server.Diagnostics;

/// <summary>
/// The spans of commands that say which trace they belong to: <c>eventonly.command</c> from being heard to the fan-out, with <c>decide</c>,
/// <c>journal.append</c> and <c>fan-out</c> in it. Many commands share a turn, so these are told when it is over, from the times that were noted.
/// </summary>
internal static class ServerTraces
{
    public const string SourceName = "EventOnly";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>Begins a command's span; null where it names no trace or nobody wants to know.</summary>
    public static Activity? Hear(string? traceParent, string project, long n, DateTimeOffset now)
    {
        if (traceParent is null || !s_source.HasListeners() || !ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent))
            return null;
        var before = Activity.Current;
        var span = s_source.StartActivity("eventonly.command", ActivityKind.Server, parent, [new("eventonly.project", project), new("eventonly.n", n)], startTime: now);
        Activity.Current = before; // what the reader hears next is not a part of it
        return span;
    }

    public static void Tell(Activity command, string name, DateTimeOffset from, DateTimeOffset to) =>
        End(s_source.StartActivity(name, ActivityKind.Internal, command.Context, startTime: from), to);

    /// <param name="failure">The code that a command was refused with; null where it took effect.</param>
    public static void End(Activity? span, DateTimeOffset now, string? failure = null)
    {
        if (span is null)
            return;
        if (failure is not null)
            span.SetTag("eventonly.code", failure).SetStatus(ActivityStatusCode.Error);
        var before = Activity.Current;
        span.SetEndTime(now.UtcDateTime);
        span.Stop();
        Activity.Current = ReferenceEquals(before, span) ? null : before;
    }
}
