namespace EventOnly.Protocol.State;

/// <summary>What a project is after the events up to <see cref="Seq"/>. Immutable: whoever holds one may read it at leisure, beside the writer.</summary>
public sealed class ProjectState
{
    /// <summary>Events after which a session that changed nothing is forgotten, so that the table of sessions stays bounded.</summary>
    public const long SessionEventsKept = 100_000;

    public static ProjectState Empty { get; } = new(
        0, 0,
        SortedMap.Empty<Entity>(),
        SortedMap.Empty<SessionMark>(),
        StateHash.Empty, 0, 0);

    internal ProjectState(
        long seq, long atMs, SortedMap<Entity> entities,
        SortedMap<SessionMark> sessions, StateHash hash, long dataBytes, long windowBytes)
    {
        (Seq, AtMs, Entities, Sessions, Hash, DataBytes, WindowBytes) = (seq, atMs, entities, sessions, hash, dataBytes, windowBytes);
    }

    public long Seq { get; }

    /// <summary>The time of the last event, in milliseconds since 1970-01-01 UTC.</summary>
    public long AtMs { get; }

    /// <summary>Sorted by id, ordinally.</summary>
    public SortedMap<Entity> Entities { get; }

    /// <summary>Which commands took effect, by public session id.</summary>
    public SortedMap<SessionMark> Sessions { get; }

    /// <summary>The hash of all entities; sessions are not part of it.</summary>
    public StateHash Hash { get; }

    /// <summary>Bytes of all entities: their data as canonical JSON, their texts at two bytes a unit.</summary>
    public long DataBytes { get; }

    /// <summary>Bytes of memory of the edits that texts keep, about.</summary>
    internal long WindowBytes { get; }

    public Standing StandingOf(string session, long n) =>
        Sessions.TryGetValue(session, out var mark) ? mark.StandingOf(n) : Standing.Fresh;

    /// <summary>A state made of a snapshot's entities. Sessions are the server's own and not in it.</summary>
    public static ProjectState FromSnapshot(long seq, IEnumerable<Entity> entities)
    {
        var all = Empty.Entities.ToBuilder();
        foreach (var entity in entities)
            all.Set(entity.Id, entity);
        return Of(seq, 0, all.ToMap(), Empty.Sessions);
    }

    /// <summary>A state as it once was, sessions and all. Each id comes once; cheapest where they come sorted, as they stand in a state.</summary>
    public static ProjectState Restore(
        long seq, long atMs, IEnumerable<KeyValuePair<string, Entity>> entities, IEnumerable<KeyValuePair<string, SessionMark>> sessions) =>
        Of(seq, atMs, SortedMap.Of(entities), SortedMap.Of(sessions));

    private static ProjectState Of(long seq, long atMs, SortedMap<Entity> entities, SortedMap<SessionMark> sessions)
    {
        var (hash, bytes, windows) = (StateHash.Empty, 0L, 0L);
        foreach (var (_, entity) in entities)
        {
            hash += entity.Hash;
            bytes += entity.Bytes;
            windows += entity.Texts.WindowBytes;
        }
        return new(seq, atMs, entities, sessions, hash, bytes, windows);
    }

    /// <summary>The same state with an entity in another's place; neither of them, or one, may be null. The seq does not move.</summary>
    /// <param name="old">As it is in this state.</param>
    public ProjectState With(Entity? old, Entity? now)
    {
        var entities = now is not null ? Entities.SetItem(now.Id, now) : old is not null ? Entities.Remove(old.Id) : Entities;
        return new(
            Seq, AtMs, entities, Sessions,
            Hash - (old?.Hash ?? default) + (now?.Hash ?? default),
            DataBytes - (old?.Bytes ?? 0) + (now?.Bytes ?? 0),
            WindowBytes - (old?.Texts.WindowBytes ?? 0) + (now?.Texts.WindowBytes ?? 0));
    }

    internal ProjectState At(long seq, long atMs, string session, long n)
    {
        var sessions = Sessions.SetItem(session, Sessions.GetValueOrDefault(session).Take(n, seq));
        if (ForgetsSessionsAt(seq))
        {
            var kept = sessions.ToBuilder();
            foreach (var (id, mark) in sessions)
            {
                if (IsForgottenAt(seq, mark))
                    kept.Remove(id);
            }
            sessions = kept.ToMap();
        }
        return new(seq, atMs, Entities, sessions, Hash, DataBytes, WindowBytes);
    }

    /// <summary>Not at every event, for it looks at all sessions.</summary>
    internal static bool ForgetsSessionsAt(long seq) => seq % 1024 == 0;

    internal static bool IsForgottenAt(long seq, SessionMark mark) => mark.LastSeq + SessionEventsKept < seq;
}
