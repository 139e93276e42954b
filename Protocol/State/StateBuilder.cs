using System.Runtime.InteropServices;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>
/// Folds many events on a state, changing what it holds instead of copying it: for drafts and for replay. <see cref="ToState"/> then gives exactly
/// what <see cref="Fold.Apply(ProjectState, ProjectEvent)"/> would have given event by event.
/// </summary>
/// <param name="start">Where it begins. It stays as it is.</param>
public sealed class StateBuilder(ProjectState start)
{
    /// <summary>Places that an owner keeps from one use to the next; what grew beyond is given back.</summary>
    private const int KeptPlaces = 1024;

    /// <summary>Entities that may differ from the start's; null where one is gone. What nobody touched is not copied.</summary>
    private readonly Dictionary<string, Entity?> _touched = new(StringComparer.Ordinal);

    /// <summary>Sessions that did something since the start.</summary>
    private readonly Dictionary<string, SessionMark> _sessions = new(StringComparer.Ordinal);

    /// <summary>Sessions of the start that do not count any more; they may have come back since.</summary>
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);

    private ProjectState _start = start;
    private StateHash _hash = start.Hash;

    /// <summary>The seq of the last event folded.</summary>
    public long Seq { get; private set; } = start.Seq;

    /// <summary>The time of the last event, in milliseconds since 1970-01-01 UTC.</summary>
    public long AtMs { get; private set; } = start.AtMs;

    /// <summary>The state hash after the last event.</summary>
    public StateHash Hash => _hash;

    /// <summary>Bytes of all entities: their data as canonical JSON, their texts at two bytes a unit.</summary>
    public long DataBytes { get; private set; } = start.DataBytes;

    /// <summary>Bytes of memory of the edits that texts keep, about.</summary>
    internal long WindowBytes { get; private set; } = start.WindowBytes;

    /// <summary>Where edits are decided on it later on, what is to be kept for that; nothing unless set.</summary>
    internal StateLimits? Limits { get; set; }

    public int EntityCount { get; private set; } = start.Entities.Count;

    /// <summary>Entities that may differ from those of the state it began with.</summary>
    internal int TouchedCount => _touched.Count;

    internal int TouchedSessionCount => _sessions.Count;

    /// <summary>Where each change of an entity is noted as well; nowhere unless set.</summary>
    internal List<EntityStep>? Steps { get; set; }

    /// <summary>
    /// A builder that has a state's whole content at hand: what is looked up costs the same however much there is, and the state is not kept alive. It
    /// costs a look at everything once, and is for who decides for long and seldom asks for a state.
    /// </summary>
    internal static StateBuilder WholeOf(ProjectState state)
    {
        var whole = new StateBuilder(ProjectState.Empty) { _hash = state.Hash, DataBytes = state.DataBytes, WindowBytes = state.WindowBytes, EntityCount = state.Entities.Count };
        whole._touched.EnsureCapacity(state.Entities.Count);
        foreach (var (id, entity) in state.Entities)
            whole._touched.Add(id, entity);
        whole.TakeSessions(state);
        return whole;
    }

    /// <summary>Begins anew, with the memory it has.</summary>
    public void Restart(ProjectState state) => Restart(state, KeptPlaces);

    internal void Restart(ProjectState state, int keptPlaces)
    {
        _touched.Clear();
        _sessions.Clear();
        _forgotten.Clear();
        if (_touched.Capacity > keptPlaces * 2) // capacities are primes above what was asked for
            _touched.TrimExcess(keptPlaces);
        if (_sessions.Capacity > KeptPlaces)
            _sessions.TrimExcess(KeptPlaces);
        (_start, _hash, Seq, AtMs, EntityCount) = (state, state.Hash, state.Seq, state.AtMs, state.Entities.Count);
        (DataBytes, WindowBytes) = (state.DataBytes, state.WindowBytes);
    }

    /// <summary>An entity as it is now; null where there is none.</summary>
    public Entity? Find(string id) => _touched.TryGetValue(id, out var touched) ? touched : _start.Entities.GetValueOrDefault(id);

    public Standing StandingOf(string session, long n) => MarkOf(session).StandingOf(n);

    public void Apply(ProjectEvent happened)
    {
        foreach (var change in happened.Changes)
        {
            var old = Find(change.Entity);
            var now = Fold.Apply(old, change, happened.Seq, Limits is null ? default : WindowUnder(Limits));
            if (!ReferenceEquals(old, now))
                Put(change.Entity, old, now);
        }
        Settle(happened.Seq, happened.AtMs, happened.Session, happened.N);
    }

    /// <summary>
    /// How much of its past the next text that is edited may keep: nothing where the project's texts keep as much as they may together, so that the
    /// texts in use give way by and by.
    /// </summary>
    internal TextWindowBounds WindowUnder(StateLimits limits) =>
        WindowBytes > limits.TextWindowsBytes ? default : new(limits.TextWindowEdits, limits.TextWindowBytes);

    /// <summary>What every event does besides its changes: the seq moves, and the command's number is taken.</summary>
    public void Settle(long seq, long atMs, string session, long n)
    {
        (Seq, AtMs) = (seq, atMs);
        ref var mark = ref CollectionsMarshal.GetValueRefOrAddDefault(_sessions, session, out var isTouched);
        if (!isTouched)
            mark = MarkAtStart(session);
        mark = mark.Take(n, Seq);
        if (ProjectState.ForgetsSessionsAt(Seq))
            ForgetSessions();
    }

    /// <summary>Has an entity be as it is told, null for gone.</summary>
    internal void Put(string id, Entity? now) => Put(id, Find(id), now);

    /// <param name="old">What <see cref="Find"/> gives for it.</param>
    internal void Put(string id, Entity? old, Entity? now)
    {
        if (now is null && _start.Entities.Count == 0)
            _touched.Remove(id);
        else
            _touched[id] = now;
        Steps?.Add(new(id, old, now));
        _hash = _hash - (old?.Hash ?? default) + (now?.Hash ?? default);
        DataBytes += (now?.Bytes ?? 0) - (old?.Bytes ?? 0);
        WindowBytes += (now?.Texts.WindowBytes ?? 0) - (old?.Texts.WindowBytes ?? 0);
        EntityCount += (now is null ? 0 : 1) - (old is null ? 0 : 1);
    }

    /// <summary>Takes the newest change back, as if it had not been made.</summary>
    internal void PutBack(string id, Entity? before)
    {
        var steps = Steps;
        Steps = null;
        Put(id, before);
        Steps = steps;
        steps?.RemoveAt(steps.Count - 1);
    }

    /// <summary>Takes steps back, the newest first, and stands where <paramref name="state"/> does, which is what it was before them.</summary>
    internal void Return(ReadOnlySpan<EntityStep> steps, ProjectState state)
    {
        for (var i = steps.Length - 1; i >= 0; i--)
            Put(steps[i].Id, steps[i].Now, steps[i].Old);
        TakeSessions(state);
    }

    private void TakeSessions(ProjectState state)
    {
        (Seq, AtMs) = (state.Seq, state.AtMs);
        _sessions.Clear();
        foreach (var (session, mark) in state.Sessions)
            _sessions.Add(session, mark);
    }

    /// <summary>The state after the last event. The builder may go on; the state given does not change any more.</summary>
    public ProjectState ToState()
    {
        var entities = _start.Entities.ToBuilder();
        foreach (var (id, entity) in _touched)
        {
            if (entity is null)
                entities.Remove(id);
            else
                entities.Set(id, entity);
        }
        var sessions = _start.Sessions.ToBuilder();
        foreach (var session in _forgotten)
            sessions.Remove(session);
        foreach (var (session, mark) in _sessions)
            sessions.Set(session, mark);
        return new(Seq, AtMs, entities.ToMap(), sessions.ToMap(), _hash, DataBytes, WindowBytes);
    }

    private SessionMark MarkOf(string session) => _sessions.TryGetValue(session, out var mark) ? mark : MarkAtStart(session);

    private SessionMark MarkAtStart(string session) => _forgotten.Contains(session) ? default : _start.Sessions.GetValueOrDefault(session);

    private void ForgetSessions()
    {
        foreach (var (session, mark) in _sessions)
        {
            if (ProjectState.IsForgottenAt(Seq, mark))
                _sessions.Remove(session); // a dictionary may lose entries while it is gone through
        }
        foreach (var (session, mark) in _start.Sessions)
        {
            if (ProjectState.IsForgottenAt(Seq, mark))
                _forgotten.Add(session);
        }
    }
}

/// <summary>One entity as it was and as it became; null where there was, or is, none.</summary>
internal readonly record struct EntityStep(string Id, Entity? Old, Entity? Now);
