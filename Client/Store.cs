using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Reads the replica. What it returns is immutable: it may be kept, and does not change under the reader.</summary>
public sealed class Store
{
    private readonly Func<ProjectState> _view;
    private readonly Func<ProjectState> _confirmed;

    internal Store(Func<ProjectState> view, Func<ProjectState> confirmed) => (_view, _confirmed) = (view, confirmed);

    /// <summary>The state with our pending commands applied.</summary>
    public ProjectState View => _view();

    /// <summary>The state as the server has confirmed it.</summary>
    public ProjectState Confirmed => _confirmed();

    /// <summary>An entity with our pending commands applied; null where there is none.</summary>
    public Entity? Get(string id) => View.Entities.GetValueOrDefault(id);

    /// <summary>An entity's data as a value of yours; default where there is no such entity.</summary>
    public T? Get<T>(string id, JsonTypeInfo<T> type) => Get(id) is { } entity ? Read(entity, type) : default;

    /// <summary>All entities (of a kind), sorted by id.</summary>
    public IEnumerable<Entity> List(string? kind = null) => View.Entities.Values.Where(entity => kind is null || entity.Kind == kind);

    /// <summary>The data of all entities of a kind, sorted by entity id.</summary>
    public IEnumerable<T?> List<T>(string kind, JsonTypeInfo<T> type) => List(kind).Select(entity => Read(entity, type));

    private static T? Read<T>(Entity entity, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(entity.Data.ToValue().Utf8, type);
}
