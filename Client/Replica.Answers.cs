using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What becomes of our commands: taken, refused, refused for now.</summary>
internal sealed partial class Replica
{
    private ImmutableArray<ReplicaEffect> TakeReject(ServerMessage.Reject reject)
    {
        if (_pending[reject.N] is not { } pending)
            return [];
        switch (reject.Refusal.Code)
        {
            case ErrorCode.Rebase when pending.Edit is not null && listen:
                return TakeRebase(pending);
            case ErrorCode.RateLimited or ErrorCode.Unavailable: // "not now"; other retryable refusals are the caller's choice
                pending.Stage = Stage.Held;
                if (pending.Edit?.Delta.IsEmpty == true)
                    return SettleEmpty();
                return [new ReplicaEffect.Wait(pending.N, reject.RetryAfterMs ?? RetryMs)];
            case ErrorCode.NotFound when _pending.OvertookCreate(pending):
                pending.Stage = Stage.Queued;
                return [];
            case ErrorCode.Exists when pending.Command is Command.Create && pending.Epoch != _joinedEpoch:
                // The journal it was sent to before had it, and so has this one: only its memory of our numbers is gone.
                pending.DueSeq = 0;
                return IsLive ? SettleDue() : [];
            default:
                return Fail(pending, reject.Refusal, reject.RetryAfterMs);
        }
    }

    /// <summary>The command that <see cref="Next"/> has just given was not sent, because the server would not take it.</summary>
    public ImmutableArray<ReplicaEffect> Refuse(long n, Refusal refusal)
    {
        if (_pending[n] is not { } pending)
            return [];
        _pending.NotSent(pending);
        return Fail(pending, refusal, null);
    }

    private ImmutableArray<ReplicaEffect> Fail(PendingCommand pending, Refusal refusal, int? retryAfterMs)
    {
        var before = _pending.Ids.ToDictionary(id => id, ViewOf, StringComparer.Ordinal);
        var seen = See(before.Keys);
        var (failed, undone) = TakeOut(_pending.WithPieces(pending), ChangeOrigin.Rollback);
        var touched = failed.SelectMany(each => each.Touches).ToHashSet(StringComparer.Ordinal);
        Forget(touched);
        var reverted = touched.Where(id => !LooksSame(before[id], ViewOf(id))).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Changed(touched, ChangeOrigin.Rollback),
            .. Tell(seen, ChangeOrigin.Rollback, undone),
            .. SettleEmpty(),
            .. HandBack(failed, refusal.Code.Word(), id => before[id]),
            .. failed.Select(each => new ReplicaEffect.Failed(each, refusal, retryAfterMs, [.. each.Touches.Where(reverted.Contains)])),
        ];
    }

    private ImmutableArray<ReplicaEffect> TakeAck(ServerMessage.Ack ack)
    {
        if (_pending[ack.N] is not { } pending)
            return [];
        pending.DueSeq = ack.Seq;
        return IsLive ? SettleDue() : [];
    }

    /// <summary>Settles what is known to have taken effect at or before our position. Who does not listen has no position and need not wait.</summary>
    /// <param name="was">The confirmed state, where it was replaced just now.</param>
    /// <param name="isAnew">Whether it was one of another journal.</param>
    private ImmutableArray<ReplicaEffect> SettleDue(ProjectState? was = null, bool isAnew = false)
    {
        var edited = was is null ? [] : EditsOfConfirmed([.. _pending.Ids]).Select(text => (text.Id, text.Field, On: _pending.On(text.Id).ToArray())).ToList();
        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        var due = _pending.Due(listen ? Seq : long.MaxValue);
        foreach (var pending in due)
        {
            if (was is null && TakeBack(pending, ChangeOrigin.Remote) is { } undone) // it is in the confirmed state, though we have not seen how it came there
                effects.Add(undone);
            _pending.Remove(pending);
        }
        foreach (var (id, field, on) in edited)
            effects.AddRange(Rebase(id, field, was!.Entities.GetValueOrDefault(id), on, isAnew));
        foreach (var pending in due)
            _conflicts.Wrote(pending, _nowMs);
        effects.AddRange(due.Select(pending => Settle(pending)));
        effects.AddRange(Changed(due.SelectMany(pending => pending.Touches), ChangeOrigin.Remote));
        effects.AddRange(SettleEmpty());
        return effects.DrainToImmutable();
    }

    /// <summary>
    /// A command that is not pending any more took effect, or came to nothing. Who waits for an edit that was divided is answered with its last piece,
    /// so its ticket stays with those that are still pending.
    /// </summary>
    /// <param name="happened">The event that it was; null where we have not seen it.</param>
    private ReplicaEffect.Settled Settle(PendingCommand pending, ProjectEvent? happened = null)
    {
        if (pending.Edit is { } edit)
            pending.Tickets.RemoveAll(ticket => ticket != 0 && _pending.On(edit.Entity).Any(other => other.Tickets.Contains(ticket)));
        return new(pending, AckOf(pending, happened));
    }

    private Ack AckOf(PendingCommand pending, ProjectEvent? happened) => new(
        happened?.Seq ?? (pending.DueSeq is > 0 ? pending.DueSeq.Value : Seq),
        happened is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(happened.AtMs),
        happened?.IsBatch ?? pending.Command is Command.Batch ? null : happened?.Changes[0].Entity ?? pending.Touches.FirstOrDefault());
}
