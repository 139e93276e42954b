using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// The only writer of one project: its state, its tapes, its members. No task, clock, lock or socket: runs the same in production and in a
/// simulation. Whoever drives it wakes the members in <see cref="Touched"/> (answers) and all of them when <see cref="TapesMoved"/>.
/// </summary>
internal sealed class Project
{
    /// <summary>Rejects that carry the entity may fill half of a mailbox; beyond that they come without it.</summary>
    private const int CurrentPart = 2;

    /// <summary>Larger entities, as their texts make them, are not encoded for somebody who was refused.</summary>
    private const int CurrentBytesMax = 256 * 1024;

    /// <summary>Memory of an entity, of a session and of a project besides their data, about.</summary>
    private const int EntityBytes = 400, SessionBytes = 150, OwnBytes = 4 * 1024;

    private readonly string _id;
    private readonly StateLimits _limits;
    private readonly int _membersMax;
    private readonly Tape _tape;
    private readonly Gossip _gossip;
    private readonly TimeSpan _presenceGrace;
    private readonly SnapshotCache _snapshots;
    private readonly LiveState _state;
    private readonly StateCheck _check;
    private bool _tapeMoved;
    private WireCodec? _catchUpCodec;

    /// <param name="head">Where the journal stands; the state follows it by <see cref="CatchUp"/>.</param>
    /// <param name="state">The state to follow it from; the empty one where left out.</param>
    public Project(string id, JournalHead head, ProjectOptions options, ProjectState? state = null)
    {
        _limits = options.ToLimits();
        _state = new(state ?? ProjectState.Empty, _limits);
        _id = id;
        (Epoch, Floor) = (head.Epoch, head.Floor);
        _presenceGrace = options.PresenceGrace;
        _check = new(head.Seq, options.CheckEvents, options.CheckPeriod);
        _membersMax = options.MembersMax;
        _tape = new(options.TapeBytesMax);
        _tape.StartAfter(_state.Seq);
        _gossip = new(id, Members, options, Touched);
        _snapshots = new(id, _tape);
    }

    public string Epoch { get; }

    /// <summary>Where the past begins; whoever drives it tells it.</summary>
    public long Floor { get; set; }

    /// <summary>On any clock that does not go back; whoever drives it tells it.</summary>
    public TimeSpan Now { get; set; }

    /// <summary>Called, on any thread, when a member lost whispers that it is to be told of in the next turn.</summary>
    public Action? Missed
    {
        set => _gossip.Whispers.Missed = value;
    }

    /// <summary>The newest events, encoded once for all members.</summary>
    public Tape Tape => _tape;

    /// <summary>The committed state. Whoever holds one may read it beside the writer: it never changes. It is made when asked for.</summary>
    public ProjectState State => _state.Recorded;

    /// <summary>Of the committed state, what can be had without making one.</summary>
    public StateSize Size => new(_state.Seq, _state.AtMs, _state.EntityCount + _state.SessionCount);

    public Members Members { get; } = new();

    /// <summary>Members with something new in their mailbox since the driver last cleared this.</summary>
    public List<Member> Touched { get; } = [];

    /// <summary>Snapshots that the driver is to make, beside the project if it can; their members wait for them. It clears this.</summary>
    public List<EncodedSnapshot> UnmadeSnapshots => _snapshots.Unmade;

    /// <summary>How many small snapshots were made at once since the driver last set this to zero.</summary>
    public (int Plain, int Compressed) SnapshotsMade
    {
        get => _snapshots.MadeAtOnce;
        set => _snapshots.MadeAtOnce = value;
    }

    /// <summary>Whether there is something new for every member since the driver last reset this.</summary>
    public bool TapesMoved
    {
        get => _tapeMoved || _gossip.HasMoved;
        set => _tapeMoved = _gossip.HasMoved = value;
    }

    /// <summary>Bytes of memory that it holds, about.</summary>
    public long Bytes =>
        OwnBytes + _state.DataBytes + _state.WindowBytes + (long)_state.EntityCount * EntityBytes + (long)_state.SessionCount * SessionBytes
        + _tape.Bytes + _gossip.Whispers.Bytes + _snapshots.Bytes;

    /// <summary>Lets go of what only those need who come back soon or are behind.</summary>
    public void Tidy()
    {
        _tape.Release();
        _gossip.Whispers.Release();
        _snapshots.Release();
        _state.Tidy();
    }

    /// <summary>Who joins next gets a snapshot of what is here now, not an older one and the events since, which a replica may have folded wrongly.</summary>
    public void ForgetSnapshot() => _snapshots.Release();

    /// <summary>Decides on the committed state. Drafts that were not committed do not count any more.</summary>
    public void Decide(ReadOnlySpan<Submission> submissions, long nowMs, Draft draft)
    {
        _state.Return();
        DecideNext(submissions, nowMs, draft);
    }

    /// <summary>
    /// Decides on what all drafts so far would lead to, in the order of arrival: each command sees the ones before it, though none is recorded yet.
    /// Drafts are committed in the order in which they were decided.
    /// </summary>
    public void DecideNext(ReadOnlySpan<Submission> submissions, long nowMs, Draft draft)
    {
        draft.Start(_state.Decided);
        var stepsBefore = _state.StepCount;
        foreach (var (from, n, command) in submissions)
        {
            if (!from.IsInside)
            {
                draft.Refuse(new(ErrorCode.Forbidden, "Join the project first."));
                continue;
            }
            switch (draft.Building.StandingOf(from.Session, n))
            {
                case Standing.Taken:
                    draft.Repeat();
                    continue;
                case Standing.TooOld:
                    draft.Refuse(new(ErrorCode.Superseded, "The session has gone 64 numbers further."));
                    continue;
            }
            var seq = draft.Building.Seq + 1;
            if (Decider.Decide(draft.Building, command, seq, _limits, draft.Changes) is { } refusal)
            {
                draft.Refuse(refusal);
                continue;
            }
            draft.Accept(_id, new(seq, Math.Max(nowMs, draft.Building.AtMs), from.UserName, from.Session, n), command is Command.Batch);
        }
        draft.Seal(_state.StepCount - stepsBefore);
    }

    /// <summary>Whether a command would be refused in a state. May be asked beside the writer.</summary>
    public Refusal? Validate(ProjectState state, Command command) => Decider.Decide(state, command, state.Seq + 1, _limits, out _, out _);

    /// <summary>Drafts that were not committed do not count any more.</summary>
    public void Forget() => _state.Return();

    /// <summary>Makes a recorded draft visible: to all by the tape, to the senders by their answers. Call only after the journal has it.</summary>
    public void Commit(Draft draft, ReadOnlySpan<Submission> submissions)
    {
        if (draft.ExpectedHead != _state.Seq)
            throw new System.Diagnostics.UnreachableException("A draft is committed that was not decided on this state.");
        _state.Record(draft.Steps, draft.Events);
        draft.PublishTo(_tape);
        _tapeMoved |= draft.Entries.Count > 0;
        for (var i = 0; i < submissions.Length; i++)
            Reply(submissions[i], draft.Answers[i]);
    }

    /// <summary>Tells the senders that nothing of the draft took effect, and that they may try again.</summary>
    public void GiveUp(ReadOnlySpan<Submission> submissions, int retryAfterMs)
    {
        foreach (var (from, n, _) in submissions)
        {
            Post(from, new ServerMessage.Reject(
                _id, n, new(ErrorCode.Unavailable, "The project cannot be written just now."), retryAfterMs));
        }
    }

    /// <summary>
    /// Folds what the journal has beyond this state: at opening, and when another writer was first. Drafts that were not committed do not count any
    /// more. <see cref="EndCatchUp"/> ends it.
    /// </summary>
    public void CatchUp(JournalEntry entry)
    {
        _state.Return();
        var happened = History.Read(_catchUpCodec ??= new(WireLimits.Trusted), _id, entry);
        if (happened.Seq != _state.Seq + 1 || happened.Seq != entry.Seq)
            throw new InvalidDataException($"Event {_state.Seq + 1} of project {_id} is missing from its journal.");
        _state.Apply(happened);
        var frame = FrameScratch.Empty.Raw(entry.Json.Span);
        FrameHeader.Frame(frame, 0);
        _tape.Publish(frame.Written);
        _tapeMoved = true;
    }

    public void EndCatchUp()
    {
        _ = _state.Recorded;
        _catchUpCodec = null; // it remembers much that a project at rest does not need
    }

    /// <summary>Lets a member in, by resuming where it stands or by a snapshot. False where the project is full.</summary>
    /// <param name="replaced">The member of the same session that this one takes the place of.</param>
    public bool Join(Member member, string session, ClientMessage.Join request, out Member? replaced)
    {
        replaced = Members.Find(session);
        if (replaced is not null)
            Leave(replaced, mayComeBack: true); // it has
        if (Members.Count >= _membersMax)
        {
            member.Leave(); // so that its connection may ask again
            return false;
        }

        var recovered = request.Since is { } since && since.Epoch == Epoch && since.Seq >= Floor && since.Seq <= _state.Seq && _tape.TryFindAfter(since.Seq, out _);
        EncodedSnapshot? snapshot = null;
        var position = _tape.Head;
        if (recovered)
            _tape.TryFindAfter(request.Since!.Value.Seq, out position);
        else if (request.Listen)
            snapshot = _snapshots.For(State, member.CompressFrom, out position);

        // What is in the snapshot is settled by it; what comes after, by its event. A publisher that does not listen sees neither.
        var settled = !request.Listen ? State : snapshot?.State;
        var joined = new ServerMessage.Joined(
            request.Id, _id, session, new(Epoch, _state.Seq), Floor, recovered || !request.Listen,
            Outcomes(session, request.Pending, settled), "write", Members.Present(except: session), Members.Count + 1);
        if (recovered)
            _check.Want();
        member.Enter(session, request.Listen, request.Presence, FrameScratch.Of(joined), snapshot, _tape, position, _gossip.Whispers);
        Members.Add(member);
        Touched.Add(member);
        return true;
    }

    private ImmutableArray<Outcome> Outcomes(string session, ImmutableArray<long> pending, ProjectState? settled)
    {
        var outcomes = ImmutableArray.CreateBuilder<Outcome>(pending.Length);
        foreach (var n in pending)
        {
            outcomes.Add(new(n,
                settled?.StandingOf(session, n) == Standing.Taken ? Fate.Done
                : State.StandingOf(session, n) == Standing.Taken ? Fate.Coming
                : Fate.Unknown));
        }
        return outcomes.MoveToImmutable();
    }

    /// <param name="requestId">The request to answer, after all that was said before it has been; null where the connection ended.</param>
    /// <param name="mayComeBack">Whether the others go on seeing it for a while.</param>
    public void Leave(Member member, string? requestId = null, bool mayComeBack = false)
    {
        if (!member.IsInside)
        {
            if (requestId is not null)
                Post(member, new ServerMessage.Done(requestId)); // it was not let in, or has been replaced: it is out already
            return;
        }
        member.Leave(requestId is null ? default : FrameScratch.Of(new ServerMessage.Done(requestId)).ToArray());
        Members.Remove(member, mayComeBack && _presenceGrace > TimeSpan.Zero ? Now + _presenceGrace : null);
        Touched.Add(member);
    }

    /// <summary>Sends what is not stored to everybody, the sender included; or to one member, if there is room in its mailbox.</summary>
    public void Broadcast(Member from, ClientMessage.Broadcast message) => _gossip.Broadcast(from, message);

    /// <summary>Whether something happened, and somebody listens, since the members were told what the state hashes to.</summary>
    public bool HasUntoldState => Members.Listening > 0 && _check.IsBehind(_state.Seq);

    /// <summary>Tells the members what the state hashes to, where that is due. Once a turn.</summary>
    public void TellState()
    {
        if (Members.Listening == 0 || !_check.IsDue(_state.Seq, Now))
            return;
        _tape.PublishBeside(FrameScratch.Of(new ServerMessage.State(_id, _state.Seq, _state.Hash)));
        _tapeMoved = true;
    }

    /// <summary>Tells the members what is new about each other, where that is due, and those who lost such news how things are. Once a turn.</summary>
    /// <returns>After what time there is more to do; null where there is not.</returns>
    public TimeSpan? TellPresence() => _gossip.Tell(Now);

    private void Reply(Submission submission, Answer answer)
    {
        var (from, n) = (submission.From, submission.N);
        switch (answer.Verdict)
        {
            case Verdict.Refused:
                Reject(from, n, answer.Refusal!);
                break;
            case Verdict.Duplicate:
                Post(from, new ServerMessage.Ack(_id, n, _state.Seq, Duplicate: true));
                break;
            case Verdict.Accepted when !from.Listens:
                Post(from, new ServerMessage.Ack(_id, n, answer.Seq, Duplicate: false));
                break;
        }
    }

    private void Reject(Member from, long n, Refusal refusal)
    {
        if (refusal.Current is { Bytes: <= CurrentBytesMax } && from.Mailbox.TryPost(FrameScratch.Of(new ServerMessage.Reject(_id, n, refusal)), CurrentPart))
            Touched.Add(from);
        else
            Post(from, new ServerMessage.Reject(_id, n, refusal with { Current = null }));
    }

    /// <summary>A sender that does not read its answers is not waited for.</summary>
    public void Post(Member to, ServerMessage message)
    {
        if (to.Mailbox.TryPost(FrameScratch.Of(message)))
            Touched.Add(to);
        else
            to.End(CloseCode.SlowConsumer);
    }

}

/// <summary>How far a state has come and how much there is in it.</summary>
/// <param name="Lines">Entities and sessions.</param>
internal readonly record struct StateSize(long Seq, long AtMs, int Lines);
