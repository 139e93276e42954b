using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Projects;

/// <summary>What a turn came to, for the metrics and traces: counted once for the turn, and not at all where nobody wants to know.</summary>
internal static class TurnReport
{
    /// <param name="listening">Members that get each event.</param>
    public static void Count(ServerMetrics metrics, Turn turn, int listening)
    {
        if (turn.Submissions.Count > 0)
            metrics.Turn(turn.Submissions.Count);
        if (!metrics.CountsTurns)
            return;
        Span<int> changes = stackalloc int[(int)Changed.Batch + 1];
        for (var i = 0; i < turn.Submissions.Count; i++)
        {
            switch (turn.Draft.Answers[i])
            {
                case { Verdict: Verdict.Accepted }:
                    changes[(int)ChangedBy(turn.Submissions[i].Command)]++;
                    break;
                case { Refusal: { } refusal }:
                    metrics.Rejected(refusal.Code);
                    break;
            }
        }
        for (var i = 0; i < changes.Length; i++)
        {
            if (changes[i] > 0)
                metrics.Events((Changed)i, changes[i]);
        }
        if (turn.Draft.Entries.Count > 0 && listening > 0)
            metrics.Delivered((long)turn.Draft.Entries.Count * listening);
    }

    /// <summary>After the fan-out.</summary>
    /// <param name="now">As a timestamp of the clock, which is read once for all turns that are told together; 0 where nobody wants to know.</param>
    public static void Tell(ServerMetrics metrics, Turn turn, long now, TimeProvider time)
    {
        if (now > 0 && turn.Submissions is [{ HeardAt: > 0 } first, ..]) // who came first waited longest, and one is enough to tell of a turn
            metrics.CommandTook(time.GetElapsedTime(first.HeardAt, now));
        if (turn.Times is { } times)
            Tell(turn, times, time.GetUtcNow(), isTold: true);
    }

    /// <summary>It is recorded, but a fault came before the fan-out.</summary>
    public static void LeaveUntold(Turn turn, TimeProvider time)
    {
        if (turn.Times is { } times)
            Tell(turn, times, time.GetUtcNow(), isTold: false);
    }

    /// <summary>None of it took effect.</summary>
    public static void Fail(Turn turn, ErrorCode code, TimeProvider time)
    {
        if (turn.Times is null)
            return;
        foreach (var submission in turn.Submissions)
            ServerTraces.End(submission.Span, time.GetUtcNow(), code.Word());
    }

    private static void Tell(Turn turn, TurnTimes times, DateTimeOffset now, bool isTold)
    {
        for (var i = 0; i < turn.Submissions.Count; i++)
        {
            if (turn.Submissions[i].Span is { } span)
                Tell(span, turn.Draft.Answers[i], times, now, isTold);
        }
    }

    private static void Tell(Activity span, Answer answer, TurnTimes times, DateTimeOffset now, bool isTold)
    {
        ServerTraces.Tell(span, "decide", times.Begun, times.Decided);
        if (answer.Verdict == Verdict.Accepted)
        {
            span.SetTag("eventonly.seq", answer.Seq);
            ServerTraces.Tell(span, "journal.append", times.Decided, times.Recorded);
            if (isTold)
                ServerTraces.Tell(span, "fan-out", times.Recorded, now);
        }
        ServerTraces.End(span, now, (answer.Refusal?.Code ?? (isTold ? null : ErrorCode.Internal))?.Word());
    }

    private static Changed ChangedBy(Command command) => command switch
    {
        Command.Create => Changed.Create,
        Command.Patch or Command.Edit => Changed.Patch,
        Command.Increment => Changed.Increment,
        Command.Delete => Changed.Delete,
        Command.Batch => Changed.Batch,
        _ => throw new UnreachableException(),
    };
}

/// <summary>When what happened to a turn; noted only where one of its commands belongs to a trace.</summary>
internal sealed class TurnTimes
{
    public DateTimeOffset Begun { get; set; }

    public DateTimeOffset Decided { get; set; }

    public DateTimeOffset Recorded { get; set; }
}
