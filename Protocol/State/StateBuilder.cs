using System.Runtime.InteropServices;

namespace EventOnly.Protocol.State;

/// <summary>
/// Folds many events on a state, changing what it holds instead of copying it: for replay. <see cref="ToState"/> then gives exactly what
/// <see cref="Fold.Apply(ProjectState, ProjectEvent)"/> would have given event by event.
/// </summary>
/// <param name="start">Where it begins. It stays as it is.</param>
public sealed class StateBuilder(ProjectState start)
{
    /// <summary>Entities that may differ from the start's; null where one is gone. What nobody touched is not copied.</summary>
    private readonly Dictionary<string, Entity?> _touched = new(StringComparer.Ordinal);

    private readonly Dictionary<string, SessionMark> _sessions = new(start.Sessions, StringComparer.Ordinal);
    private readonly List<string> _forgotten = [];
    private StateHash _hash = start.Hash;
    private long _dataBytes = start.DataBytes;

    /// <summary>The seq of the last event folded.</summary>
    public long Seq { get; private set; } = start.Seq;

    /// <summary>The time of the last event, in milliseconds since 1970-01-01 UTC.</summary>
    public long AtMs { get; private set; } = start.AtMs;

    public void Apply(ProjectEvent happened)
    {
        foreach (var change in happened.Changes)
            Apply(change);
        (Seq, AtMs) = (happened.Seq, happened.AtMs);
        ref var mark = ref CollectionsMarshal.GetValueRefOrAddDefault(_sessions, happened.Session, out _);
        mark = mark.Take(happened.N, Seq);
        if (ProjectState.ForgetsSessionsAt(Seq))
            ForgetSessions();
    }

    /// <summary>The state after the last event. The builder may go on; the state given does not change any more.</summary>
    public ProjectState ToState()
    {
        var entities = start.Entities.ToBuilder();
        foreach (var (id, entity) in _touched)
        {
            if (entity is null)
                entities.Remove(id);
            else
                entities[id] = entity;
        }
        var sessions = start.Sessions.ToBuilder();
        sessions.RemoveRange(_forgotten);
        foreach (var (session, mark) in _sessions)
        {
            if (mark.LastSeq > start.Seq)
                sessions[session] = mark;
        }
        return new(Seq, AtMs, entities.ToImmutable(), sessions.ToImmutable(), _hash, _dataBytes);
    }

    private void Apply(Change change)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, change.Entity, out var isTouched);
        var old = isTouched ? place : start.Entities.GetValueOrDefault(change.Entity);
        var now = place = Fold.Apply(old, change);
        if (ReferenceEquals(old, now))
            return;
        _hash = _hash - (old?.Hash ?? default) + (now?.Hash ?? default);
        _dataBytes += (now?.Data.Bytes ?? 0) - (old?.Data.Bytes ?? 0);
    }

    private void ForgetSessions()
    {
        foreach (var (session, mark) in _sessions)
        {
            if (!ProjectState.IsForgottenAt(Seq, mark))
                continue;
            _sessions.Remove(session); // a dictionary may lose entries while it is gone through
            _forgotten.Add(session);
        }
    }
}
