using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>The state of a project at a moment of its past, read-only.</summary>
public sealed class Past
{
    private readonly Func<long> _head;

    /// <param name="head">Where the present stands.</param>
    internal Past(ProjectState state, DateTimeOffset? at, Func<long> head) => (State, At, _head) = (state, at, head);

    /// <summary>All of it.</summary>
    public ProjectState State { get; }

    /// <summary>The last event that is in it.</summary>
    public long Seq => State.Seq;

    /// <summary>When that happened, by the server's clock; null before the first event, and where it is no longer kept.</summary>
    public DateTimeOffset? At { get; }

    /// <summary>How many events are newer: it grows while the past is looked at.</summary>
    public long Live => Math.Max(0, _head() - Seq);

    /// <summary>An entity as it was; null where there was none.</summary>
    public Entity? Get(string id) => State.Entities.GetValueOrDefault(id);

    /// <summary>All entities (of a kind), sorted by id.</summary>
    public IEnumerable<Entity> List(string? kind = null) => State.Entities.Values.Where(entity => kind is null || entity.Kind == kind);
}
