using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// One project as this client sees it: the confirmed state, the commands that are under way, and the view, which is the fold of the second
/// over the first. Pure: messages in; state, frames and waits out. No socket, timer, clock or task.
/// <code>
/// off ──Join()──▶ joining ──joined, recovered──────────────────────▶ live
///                    ▲  └──joined──▶ snapshot ──its last part──▶ live ──┐
///                    └─────────────────gap in the events────────────────┘
/// </code>
/// </summary>
/// <param name="project">The project's id.</param>
/// <param name="secret">The session's secret; it stays the same for the life of the replica.</param>
/// <param name="listen">False for a pure publisher: no state, an ack for each command.</param>
/// <param name="bounds">How much may be pending; by default what the wire allows.</param>
/// <param name="fold">For tests: one that has a fault.</param>
internal sealed partial class Replica(
    string project, string secret, bool listen = true, PendingBounds? bounds = null, Func<ProjectState, ProjectEvent, ProjectState>? fold = null)
{
    /// <summary>The pause after a "not now" that does not name one, in ms.</summary>
    private const int RetryMs = 1000;

    private enum Phase { Off, Joining, Snapshot, Live }

    private readonly Pending _pending = new(bounds ?? new());
    private readonly Conflicts _conflicts = new();
    private readonly List<Entity> _parts = [];
    private readonly StateCheck _check = new();
    private readonly Func<ProjectState, ProjectEvent, ProjectState> _fold = fold ?? Fold.Apply;
    private long _toldSeq; // the last event that was told of; after a snapshot that is older than what we had, some come a second time
    private Phase _phase;
    private string _joinId = "";
    private int _partsSeen;
    private long _headWhenJoined;
    private string? _joinedEpoch;
    private long? _gapAt;
    private long _nowMs;
    private bool _distrust; // resuming has not helped: ask for a snapshot

    /// <summary>The state as the server has confirmed it.</summary>
    public ProjectState Confirmed { get; private set; } = ProjectState.Empty;

    public long Seq => Confirmed.Seq;

    /// <summary>Of the confirmed state, so it moves with it: <c>since</c> must never pair one journal's name with another's position.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The position up to which the server has no events any more, as it last told.</summary>
    public long Floor { get; private set; }

    /// <summary>Our public id, once the server has told it.</summary>
    public string? Session { get; private set; }

    /// <summary>What we may do in the project, as the server calls it.</summary>
    public string Role { get; private set; } = "";

    /// <summary>The others that are present.</summary>
    public ImmutableSortedDictionary<string, PresentMember> Members { get; private set; } = Client.Members.None;

    /// <summary>The members when we joined, present or not.</summary>
    public int MemberCount { get; private set; }

    /// <summary>How often our state was not the server's.</summary>
    public int Divergences => _check.Count;

    /// <summary>Whether a snapshot has not helped; another is taken after a pause.</summary>
    public bool IsAstray => _check.IsStuck;

    /// <summary>Commands whose outcome is not known.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>The commands whose outcome is not known.</summary>
    public IReadOnlyCollection<PendingCommand> Pending => _pending;

    public bool IsLive => _phase == Phase.Live;

    /// <summary>Are we a member, so that the server takes what we say?</summary>
    public bool IsJoined => _phase is Phase.Live or Phase.Snapshot;

    /// <summary>Has everything arrived that was there when we joined?</summary>
    public bool IsCaughtUp => IsLive && (!listen || Seq >= _headWhenJoined);

    /// <summary>The message that (re)joins the project from where we stand.</summary>
    public ClientMessage.Join Join(string id, JsonFields? presence = null)
    {
        (_phase, _joinId) = (Phase.Joining, id);
        Position? since = Epoch is not null && !_distrust ? new(Epoch, Seq) : null;
        return new(id, project, secret, since, _pending.Unanswered, listen, presence);
    }

    /// <summary>Something is wrong with what we have: the next join asks for a snapshot instead of resuming.</summary>
    public void Doubt() => _distrust = true;

    /// <summary>The line is gone: whatever still arrives of it belongs to nobody. What was sent is <c>pending</c> in the next join.</summary>
    public void Off() => _phase = Phase.Off;

    /// <summary>Nobody can be seen from here any more.</summary>
    public void ForgetMembers() => Members = Client.Members.None;

    /// <summary>Takes a command; its effect is in <see cref="View"/> from now on.</summary>
    /// <param name="ticket">Of who waits for it, and for nothing else; 0: nobody does.</param>
    /// <exception cref="QueueFullException">It was not taken.</exception>
    public ImmutableArray<ReplicaEffect> Submit(Command command, long ticket = 0)
    {
        if (listen && command is Command.Edit edit)
            return Submit(edit, ticket);
        var seen = See(PendingCommand.IdsOf(command));
        var pending = _pending.Add(command, ticket, out var settled);
        return
        [
            .. Changed(pending.Touches, ChangeOrigin.Local),
            .. settled.Select(each => Settle(each)),
            .. Tell(seen, ChangeOrigin.Local),
        ];
    }

    /// <summary>The next command, which is to be sent now; null: there is none, or not now.</summary>
    /// <param name="isDue">Whether an edit of a text may be sent again so soon.</param>
    public ClientMessage.Submit? Next(Predicate<Command.Edit>? isDue = null)
    {
        if (_phase is not (Phase.Live or Phase.Snapshot)
            || _pending.Next(each => MayGo(each) && (each.Edit is not { } edit || isDue?.Invoke(edit) != false)) is not { } next)
        {
            return null;
        }
        _pending.Sent(next, _joinedEpoch);
        return new(project, next.N, listen && next.Edit is { } sent ? sent with { Base = Seq } : next.Command);
    }

    /// <summary>
    /// Somebody waits no more. What nobody waits for is forgotten if it is not with the server, with what depends on it; what is, takes effect all
    /// the same. Of an edit that was divided some pieces may be there already, and the others not.
    /// </summary>
    public ImmutableArray<ReplicaEffect> Abandon(long ticket)
    {
        var left = _pending.Where(each => each.Tickets.Contains(ticket)).ToList();
        foreach (var each in left)
            each.Gone.Add(ticket);
        left.RemoveAll(each => each.Stage == Stage.Sent || !each.Tickets.TrueForAll(each.Gone.Contains));
        if (left.Count == 0)
            return [];
        var seen = See(_pending.Ids);
        var (gone, undone) = TakeOut(left, ChangeOrigin.Rollback);
        return
        [
            .. Changed(gone.SelectMany(each => each.Touches), ChangeOrigin.Rollback),
            .. Tell(seen, ChangeOrigin.Rollback, undone),
            .. SettleEmpty(),
            .. gone.Select(each => new ReplicaEffect.Withdrawn(each)),
        ];
    }

    /// <summary>Gives up every command. What was sent may still take effect.</summary>
    /// <param name="code">The word for why, for those to whom their texts are handed back.</param>
    public ImmutableArray<ReplicaEffect> WithdrawAll(string code = "normal")
    {
        var seen = See(_pending.Ids);
        var views = _pending.Ids.ToDictionary(id => id, ViewOf, StringComparer.Ordinal);
        var all = _pending.ToArray();
        foreach (var pending in all)
            _pending.Remove(pending);
        return
        [
            .. Changed(all.SelectMany(each => each.Touches), ChangeOrigin.Rollback),
            .. Tell(seen, ChangeOrigin.Rollback),
            .. HandBack(all, code, id => views[id]),
            .. all.Select(each => new ReplicaEffect.Withdrawn(each)),
        ];
    }

    /// <summary>The pause after a "not now" is over: the command may be sent again, with the same number.</summary>
    public void Release(long n)
    {
        if (_pending[n] is { Stage: Stage.Held } pending)
            pending.Stage = Stage.Queued;
    }

    /// <summary>Takes what the server says about this project.</summary>
    /// <param name="nowMs">By our clock, to know what was a moment ago.</param>
    public ImmutableArray<ReplicaEffect> Receive(ServerMessage message, long nowMs = 0)
    {
        _nowMs = nowMs;
        switch (message)
        {
            case ServerMessage.Happened { Event: var happened }: return TakeEvent(happened);
            case ServerMessage.Ack ack: return TakeAck(ack);
            case ServerMessage.Reject reject: return TakeReject(reject);
            case ServerMessage.Joined joined: return TakeJoined(joined);
            case ServerMessage.Snapshot { Id: null } part: return TakePart(part);
            case ServerMessage.State told: return TakeState(told);
            case ServerMessage.HistoryResult page when _phase == Phase.Live:
                Floor = page.Floor;
                return [];
            case ServerMessage.Presence news when _phase != Phase.Off:
                Members = Members.Apply(news, Session);
                return [];
            default: return [];
        }
    }

    private ImmutableArray<ReplicaEffect> TakeJoined(ServerMessage.Joined joined)
    {
        if (_phase != Phase.Joining || joined.Id != _joinId)
            return []; // the answer to a join we have given up
        var resumed = joined.Recovered && joined.Head.Epoch == Epoch;
        (Session, Floor, Role, MemberCount) = (joined.Session, joined.Floor, joined.Role, joined.MemberCount);
        (_headWhenJoined, _joinedEpoch) = (joined.Head.Seq, joined.Head.Epoch);
        Members = Client.Members.Of(joined.Members, Session);
        _pending.Answer(joined.Outcomes, joined.Head.Seq);
        if (listen && !resumed)
        {
            _phase = Phase.Snapshot;
            _partsSeen = 0;
            _parts.Clear();
            return [];
        }
        _phase = Phase.Live;
        return [.. SettleDue(), new ReplicaEffect.Live(ResumeMode.Events, resumed ? joined.Head.Seq - Seq : 0)];
    }

    private ImmutableArray<ReplicaEffect> TakePart(ServerMessage.Snapshot part)
    {
        if (_phase != Phase.Snapshot)
            return [];
        if (part.Part != _partsSeen + 1)
            return Abandon("bad_snapshot", $"Part {part.Part} came after part {_partsSeen}.", new ReplicaEffect.Restart());
        _partsSeen = part.Part;
        _parts.AddRange(part.Entities);
        return part.Part == part.Parts ? Replace(part) : [];
    }

    /// <summary>All parts are here: the new state takes the place of the old one, in one step with the commands it contains.</summary>
    private ImmutableArray<ReplicaEffect> Replace(ServerMessage.Snapshot last)
    {
        var (oldSeq, oldEpoch, old) = (Seq, Epoch, Confirmed);
        var seen = See(_pending.Ids.Concat(old.Entities.Where(each => each.Value.Texts.Count > 0).Select(each => each.Key)).Distinct(StringComparer.Ordinal));
        Confirmed = ProjectState.FromSnapshot(last.Seq, _parts);
        _parts.Clear();
        var toldSeq = oldEpoch == _joinedEpoch ? _toldSeq : 0;
        _toldSeq = Math.Max(toldSeq, last.Seq);
        _check.Mended();
        (Epoch, _phase, _distrust) = (_joinedEpoch, Phase.Live, false);

        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        var isAnew = oldEpoch is not null && oldEpoch != Epoch;
        effects.AddRange(SettleDue(old, isAnew));
        effects.AddRange(Changed(old.Entities.Keys.Concat(Confirmed.Entities.Keys), ChangeOrigin.Snapshot));
        effects.AddRange(Tell(seen, ChangeOrigin.Snapshot, isAnew: isAnew));
        effects.Add(new ReplicaEffect.Replaced(last.Seq, oldEpoch is null ? null : oldEpoch == Epoch ? Math.Max(oldSeq, toldSeq) + 1 : 1));
        effects.Add(new ReplicaEffect.Live(ResumeMode.Snapshot, oldEpoch is null ? 0 : oldEpoch == Epoch ? Math.Max(0, last.Seq - oldSeq) : null));
        if (last.Hash is { } told)
            effects.AddRange(Compare(told, isLive: false));
        return effects.DrainToImmutable();
    }

    private ImmutableArray<ReplicaEffect> TakeEvent(ProjectEvent happened)
    {
        if (!IsLive || happened.Seq <= Seq)
            return [];
        if (happened.Seq > Seq + 1)
            return TakeGap(happened.Seq);

        // One step: the event enters the confirmed state and its command leaves the pending ones, or a vote would count twice.
        var own = happened.Session == Session;
        var touched = happened.Changes.Select(change => change.Entity).Distinct(StringComparer.Ordinal).ToList();
        var before = touched.Where(_pending.Ids.Contains).ToDictionary(id => id, ViewOf, StringComparer.Ordinal);
        var was = Confirmed;
        var writes = happened.Changes.Any(change => change is not (Change.Edited or Change.Incremented));
        var seen = writes ? See(touched) : [];
        var edits = writes ? EditsOfConfirmed(touched) : [];
        Confirmed = _fold(Confirmed, happened);
        var conflicts = own ? [] : _conflicts.Of(
            happened, id => before.TryGetValue(id, out var view) ? view : was.Entities.GetValueOrDefault(id), _pending.OpsOn, Confirmed, _nowMs);
        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        var command = own ? _pending[happened.N] : null;
        if (command is not null)
        {
            command.DueSeq = happened.Seq;
            _pending.Remove(command);
            _conflicts.Wrote(command, _nowMs);
            effects.Add(Settle(command, happened));
        }
        foreach (var change in happened.Changes.OfType<Change.Edited>())
        {
            var text = was.Entities.GetValueOrDefault(change.Entity)?.Texts[change.Field]?.Text;
            effects.AddRange(TakeEdit(
                happened, change, command, text, before.TryGetValue(change.Entity, out var view) ? view?.Texts[change.Field]?.Text : text));
        }
        foreach (var (id, field, born, ours) in edits)
        {
            if (Confirmed.Entities.GetValueOrDefault(id)?.Texts[field]?.Born != born)
                effects.AddRange(Orphan(id, field, ours, seen.FirstOrDefault(each => each.Id == id && each.Field == field)?.Text.ToString() ?? ""));
        }
        effects.AddRange(SettleDue());
        Forget(touched);
        effects.AddRange(Tell(seen, ChangeOrigin.Remote));
        var visible = touched.Where(id => !before.TryGetValue(id, out var view) || !LooksSame(view, ViewOf(id))).ToList();
        effects.AddRange(Changed(visible, ChangeOrigin.Remote, happened.By));
        effects.AddRange(conflicts.Select(conflict => new ReplicaEffect.Conflicted(conflict)));
        if (happened.Seq > _toldSeq)
            effects.Add(new ReplicaEffect.Happened(happened, own));
        _toldSeq = Math.Max(_toldSeq, happened.Seq);
        return effects.DrainToImmutable();
    }

    /// <summary>What the server's state hashes to, told between two events.</summary>
    private ImmutableArray<ReplicaEffect> TakeState(ServerMessage.State told)
    {
        if (!IsLive || told.Seq < Seq)
            return [];
        return told.Seq > Seq ? TakeGap(told.Seq) : Compare(told.Hash, isLive: true);
    }

    /// <summary>Is what we have what the server has? If not it is said, and mended by a snapshot.</summary>
    /// <param name="isLive">Told of the moment, not with a snapshot.</param>
    private ImmutableArray<ReplicaEffect> Compare(StateHash expected, bool isLive)
    {
        var ours = Confirmed.Hash;
        if (ours == expected)
        {
            _distrust &= !isLive;
            _check.Equal(Seq, isLive);
            return [];
        }
        _distrust = true;
        var from = Math.Min(_check.EqualAt, Seq);
        return _check.Differ() is { } ms
            ? [new ReplicaEffect.Diverged(new(project, from, Seq, ours, expected)), new ReplicaEffect.Heal(ms, _check.Count)]
            : []; // it is being mended
    }

    /// <summary>The pause before a healing is over: is it still wanted?</summary>
    /// <param name="n">As in <see cref="ReplicaEffect.Heal"/>.</param>
    public bool MustHeal(int n) => IsLive && _distrust && _check.Count == n;

    /// <summary>Must not happen. The first remedy is to join again and resume; if that leads to the same gap, a new line and a snapshot.</summary>
    private ImmutableArray<ReplicaEffect> TakeGap(long seq)
    {
        var isAgain = _gapAt == Seq;
        _gapAt = Seq;
        _distrust |= isAgain;
        return Abandon("gap", $"Event {seq} came after {Seq}.", isAgain ? new ReplicaEffect.Restart() : new ReplicaEffect.Rejoin());
    }

    private ImmutableArray<ReplicaEffect> Abandon(string code, string message, ReplicaEffect remedy)
    {
        _phase = Phase.Off; // or every further event would be a gap of its own
        return [new ReplicaEffect.Trouble(code, message), remedy];
    }
}
