using System.Runtime.InteropServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// The turns of one project that are under way to its journal, the oldest first: while that records one, the next are decided on what it would lead
/// to. Nothing is published or answered before its own append has ended well, and those before it.
/// <code>
///   Begin: decide on the newest draft, append behind it --> under way --oldest committed--> Commit: publish, answer
///                                                             |--oldest conflicts--> all have ended: fold what others wrote, Begin all again
///                                                             |--oldest unavailable--> all have ended: their senders are told to try again
///                                                             |--oldest faults--> the loop ends
/// </code>
/// The loop's alone.
/// </summary>
internal sealed class Drafts(string id, Project project, IJournal journal, TimeProvider time, ServerMetrics metrics)
{
    /// <summary>Turns under way at a time. The journal records those that wait together, so that more of them need not mean more writes.</summary>
    private const int CountMax = 16;

    private readonly Queue<Turn> _underWay = new();
    private readonly Queue<Turn> _committed = new(); // and not yet told of
    private Succession _succession = new();

    public int Count => _underWay.Count;

    public bool IsFull => _underWay.Count >= CountMax;

    /// <summary>Bytes of the events that are under way, about.</summary>
    public int Bytes { get; private set; }

    public bool OldestHasEnded => _underWay.TryPeek(out var oldest) && oldest.HasEnded;

    /// <summary>Completes when the journal has answered the oldest.</summary>
    public Task OldestEnded => _underWay.TryPeek(out var oldest) ? oldest.Ended : Task.CompletedTask;

    /// <summary>Whether something that a member said is still under way.</summary>
    public bool Has(Member member)
    {
        foreach (var turn in _underWay)
        {
            if (turn.Has(member))
                return true;
        }
        return false;
    }

    /// <summary>Decides a turn on all that is under way, and has the journal append it behind that. Does not wait.</summary>
    public void Begin(Turn turn, CancellationToken stopping)
    {
        _underWay.Enqueue(turn);
        Bytes += turn.Bytes;
        Append(turn, stopping);
    }

    private void Append(Turn turn, CancellationToken stopping)
    {
        if (turn.Times is { } times)
            times.Begun = time.GetUtcNow();
        project.DecideNext(CollectionsMarshal.AsSpan(turn.Submissions), time.GetUtcNow().ToUnixTimeMilliseconds(), turn.Draft);
        if (turn.Times is { } decided)
            decided.Decided = time.GetUtcNow();
        if (metrics.TimesAppends)
            turn.AppendedAt = time.GetTimestamp();
        turn.Await(turn.Draft.Entries.Count == 0
            ? new(new AppendResult(AppendOutcome.Committed, turn.Draft.ExpectedHead))
            : journal.AppendAsync(id, turn.Draft.ExpectedHead, turn.Draft.Entries, _succession, stopping));
    }

    /// <summary>Commits what the journal has recorded by now, in order, and undoes what it has refused.</summary>
    /// <param name="began">When the loop turned to it, as a timestamp of the clock.</param>
    public async ValueTask CommitAsync(long began, CancellationToken stopping)
    {
        while (_underWay.TryPeek(out var oldest) && oldest.HasEnded)
        {
            var result = await oldest.ResultAsync();
            if (result.Outcome == AppendOutcome.Committed)
            {
                if (oldest.AppendedAt != 0 && oldest.Draft.Entries.Count > 0)
                    metrics.AppendTook(TimeSince(oldest.AppendedAt, began));
                if (oldest.Times is { } times)
                    times.Recorded = time.GetUtcNow();
                project.Commit(oldest.Draft, CollectionsMarshal.AsSpan(oldest.Submissions));
                TurnReport.Count(metrics, oldest, project.Members.Listening);
                End(oldest);
                _committed.Enqueue(oldest);
                continue;
            }
            await FailAsync();
            if (result.Outcome == AppendOutcome.Unavailable)
                GiveUp(result.RetryAfterMs);
            else
                await DecideAgainAsync(result.Head, stopping);
        }
    }

    /// <summary>The clock is read again only for an append that ended within the turn in which it began: to read it costs more than to record.</summary>
    private TimeSpan TimeSince(long appendedAt, long began) => time.GetElapsedTime(appendedAt, appendedAt < began ? began : time.GetTimestamp());

    /// <summary>After the fan-out of what was committed.</summary>
    public void Told()
    {
        if (_committed.Count == 0)
            return;
        var now = metrics.TimesCommands ? time.GetTimestamp() : 0;
        while (_committed.TryDequeue(out var turn))
        {
            TurnReport.Tell(metrics, turn, now, time);
            turn.Return();
        }
    }

    /// <summary>Waits for the journal to answer all there is, and commits it.</summary>
    public async ValueTask CommitAllAsync(CancellationToken stopping)
    {
        while (_underWay.Count > 0)
        {
            await OldestEnded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await CommitAsync(time.GetTimestamp(), stopping);
        }
    }

    /// <summary>After a fault: until the journal is done with all of them their memory is not ours; what it says does not matter any more.</summary>
    public async ValueTask AbandonAsync()
    {
        while (_committed.TryDequeue(out var recorded))
            TurnReport.LeaveUntold(recorded, time);
        while (_underWay.TryPeek(out var oldest))
        {
            await oldest.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Answer(oldest, null);
            TurnReport.Fail(oldest, ErrorCode.Internal, time);
            _underWay.Dequeue();
        }
    }

    /// <summary>What was decided on a draft that is no more does not hold either: waits until the journal has refused all of it.</summary>
    private async ValueTask FailAsync()
    {
        var isFirst = true;
        foreach (var turn in _underWay)
        {
            var isThere = (await turn.ResultAsync()).Outcome == AppendOutcome.Committed && turn.Draft.Entries.Count > 0;
            if (isThere && !isFirst)
                throw new InvalidDataException($"The journal of project {id} recorded what follows an append that it refused.");
            isFirst = false;
        }
        _succession = new();
        project.Forget();
    }

    private void GiveUp(int retryAfterMs)
    {
        while (_underWay.TryPeek(out var turn))
        {
            project.GiveUp(CollectionsMarshal.AsSpan(turn.Submissions), retryAfterMs);
            metrics.Rejected(ErrorCode.Unavailable, turn.Submissions.Count);
            TurnReport.Fail(turn, ErrorCode.Unavailable, time);
            End(turn);
            turn.Return();
        }
    }

    private async ValueTask DecideAgainAsync(long head, CancellationToken stopping)
    {
        var before = project.Size.Seq;
        await foreach (var entry in journal.ReadAsync(id, before + 1, stopping))
            project.CatchUp(entry);
        project.EndCatchUp();
        if (project.Size.Seq == before)
            throw new InvalidDataException($"The journal of project {id} stands at {head}, behind what was read from it.");
        foreach (var turn in _underWay)
            Append(turn, stopping);
    }

    private void End(Turn oldest)
    {
        _underWay.Dequeue();
        Bytes -= oldest.Bytes;
        if (oldest.Looks.Count > 0)
            Answer(oldest, project.State);
    }

    private static void Answer(Turn turn, ProjectState? state)
    {
        foreach (var seen in turn.Looks)
            seen.TrySetResult(state);
    }
}
