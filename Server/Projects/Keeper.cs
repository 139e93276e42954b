using EventOnly.Protocol.State;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// Keeps one project's states and lets its old events go, beside the loop and never in its way: one thing at a time. What fails is told and tried
/// again later; no command suffers from it.
/// </summary>
/// <param name="from">The state that the project was opened from.</param>
/// <param name="floor">Where the journal's past began then.</param>
/// <param name="patience">Ends the waiting when the server stops and cannot wait for ever.</param>
internal sealed class Keeper(
    string project, ProjectState from, long floor, IJournal journal, JournalOptions options, TimeProvider time, ILogger logger, CancellationToken patience)
{
    /// <summary>How long a closing waits for its turn: whoever wants to join waits with it. Then the next opening folds more, which is all.</summary>
    private static readonly TimeSpan s_closingPatience = TimeSpan.FromSeconds(1);

    private Task _keeping = Task.CompletedTask;
    private bool _hasSwept = !Retention.IsOn(options);
    private long _keptSeq = from.Seq;
    private long _notBefore;
    private long? _tailSinceMs;
    private long _floor = floor;

    /// <summary>Where the past begins. May be asked from any thread.</summary>
    public long Floor => Volatile.Read(ref _floor);

    /// <summary>The loop's, after each turn: begins what is due and does not wait for it.</summary>
    public void Look(Project at)
    {
        if (!_keeping.IsCompleted)
            return;
        var (seq, atMs, lines) = at.Size;
        var tail = seq - _keptSeq;
        if (tail > 0)
            _tailSinceMs ??= atMs;
        if (seq >= _notBefore && (journal.LacksState(project) || Retention.IsDue(options, lines, tail, NowMs() - (_tailSinceMs ?? NowMs()))))
            Keep(at.State);
        else if (!_hasSwept)
            Forget(seq);
    }

    private void Keep(ProjectState state) => _keeping = Task.Run(() => KeepAsync(state, patience), CancellationToken.None);

    private void Forget(long seq) => _keeping = Task.Run(() => ForgetAsync(seq), CancellationToken.None);

    /// <summary>The loop's, when it has ended: waits for what is under way.</summary>
    /// <param name="last">The state it closes with, to be kept where that is worth it; null where it had a fault.</param>
    public async Task EndAsync(ProjectState? last)
    {
        await _keeping;
        if (last is null || !(journal.LacksState(project) || (last.Seq >= _notBefore && Retention.IsWorthClosingWith(options, last, last.Seq - _keptSeq))))
            return;
        using var turn = new CancellationTokenSource(s_closingPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience, turn.Token);
        await KeepAsync(last, both.Token);
    }

    private async Task KeepAsync(ProjectState state, CancellationToken waiting)
    {
        try
        {
            await journal.KeepAsync(project, state, waiting);
            (_keptSeq, _tailSinceMs) = (state.Seq, null);
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            logger.SnapshotNotKept(project, state.Seq, failure);
            _notBefore = state.Seq + Math.Max(1, (state.Seq - _keptSeq) / 4);
            return;
        }
        if (Retention.IsOn(options))
            await ForgetAsync(state.Seq);
    }

    private async Task ForgetAsync(long head)
    {
        _hasSwept = true;
        try
        {
            var old = options.KeepDays > 0
                ? await journal.LoadAsync(project, Moment.AtTime(NowMs() - (long)TimeSpan.FromDays(options.KeepDays).TotalMilliseconds), patience)
                : null;
            if (Retention.Expendable(options, head, old?.Seq ?? 0) is var seq && seq > Floor)
                Volatile.Write(ref _floor, await journal.ForgetAsync(project, seq, patience));
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The next opening drops them.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            logger.EventsNotDropped(project, failure);
        }
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
