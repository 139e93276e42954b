using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Which events are wanted; what is null does not matter. A batch is wanted, whole, where one of its operations is.</summary>
public sealed record EventFilter
{
    /// <summary><c>create</c>, <c>update</c> or <c>delete</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The kind of the entity made: of <c>create</c> only, since later events do not say it.</summary>
    public string? Kind { get; init; }

    /// <summary>The id of the entity changed.</summary>
    public string? Entity { get; init; }

    /// <summary>The author's name.</summary>
    public string? By { get; init; }

    /// <summary>Events of a type: <c>create</c>, <c>update</c> or <c>delete</c>.</summary>
    public static EventFilter OfType(string type) => new() { Type = type };

    /// <summary>Events that changed an entity.</summary>
    public static EventFilter OfEntity(string entity) => new() { Entity = entity };

    /// <summary>Is this one wanted?</summary>
    public bool Wants(ProjectEvent happened) =>
        (By is null || By == happened.By) && ((Type ?? Kind ?? Entity) is null || happened.Changes.Any(Wants));

    private bool Wants(Change change) =>
        (Type is null || Type == TypeOf(change)) && (Entity is null || Entity == change.Entity)
        && (Kind is null || change is Change.Created { Kind: var kind } && kind == Kind);

    private static string TypeOf(Change change) => change switch
    {
        Change.Created => "create",
        Change.Deleted => "delete",
        _ => "update",
    };
}
