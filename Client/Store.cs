using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Reads the replica. What it returns is immutable: it may be kept, and does not change under the reader.</summary>
public sealed class Store
{
    private readonly Replica _replica;
    private readonly Lock _gate;
    private readonly Subscriptions<StoreChange> _changes;

    /// <param name="gate">Held for steps of the replica, never across any kind of wait.</param>
    internal Store(Replica replica, Lock gate, Subscriptions<StoreChange> changes) => (_replica, _gate, _changes) = (replica, gate, changes);

    /// <summary>The state with our pending commands applied.</summary>
    public ProjectState View
    {
        get
        {
            lock (_gate)
                return _replica.View;
        }
    }

    /// <summary>The state as the server has confirmed it.</summary>
    public ProjectState Confirmed
    {
        get
        {
            lock (_gate)
                return _replica.Confirmed;
        }
    }

    /// <summary>An entity with our pending commands applied; null where there is none.</summary>
    public Entity? Get(string id)
    {
        lock (_gate)
            return _replica.ViewOf(id);
    }

    /// <summary>Is a command of ours under way on an entity, or on one of its fields?</summary>
    public bool IsPending(string id, string? field = null)
    {
        lock (_gate)
            return _replica.IsPending(id, field);
    }

    /// <summary>Which entities look otherwise from now on, and why, each change once and in order. Takes part at once, not at the first read.</summary>
    /// <param name="id">Only changes of this entity.</param>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<StoreChange> ChangesAsync(string? id = null) => _changes.Open(id is null ? null : change => change.Ids.Contains(id));

    /// <summary>An entity's data as a value of yours; default where there is no such entity.</summary>
    public T? Get<T>(string id, JsonTypeInfo<T> type) => Get(id) is { } entity ? Read(entity, type) : default;

    /// <summary>All entities (of a kind), sorted by id.</summary>
    public IEnumerable<Entity> List(string? kind = null) => View.Entities.Values.Where(entity => kind is null || entity.Kind == kind);

    /// <summary>The data of all entities of a kind, sorted by entity id.</summary>
    public IEnumerable<T?> List<T>(string kind, JsonTypeInfo<T> type) => List(kind).Select(entity => Read(entity, type));

    private static T? Read<T>(Entity entity, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(entity.Data.ToValue().Utf8, type);
}
