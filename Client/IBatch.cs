using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Takes the operations of a batch, in order.</summary>
public interface IBatch
{
    /// <summary>Makes an entity; without an id the client makes one. Returns the id.</summary>
    string Create(string kind, JsonFields data, string? id = null);

    /// <summary>Applies a JSON Merge Patch (RFC 7396) to an entity's data.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else the batch is refused with <c>conflict</c>.</param>
    void Update(string id, JsonFields patch, long? ifVersion = null);

    /// <summary>Deletes an entity.</summary>
    /// <param name="ifVersion">Only if the entity is at this version; else the batch is refused with <c>conflict</c>.</param>
    void Delete(string id, long? ifVersion = null);

    /// <summary>Adds to a counter.</summary>
    void Increment(string id, string field, long by = 1);
}

/// <summary>A batch that is being put together.</summary>
internal sealed class BatchBuilder(Func<string, string> newId) : IBatch
{
    public List<Command> Ops { get; } = [];

    public string Create(string kind, JsonFields data, string? id = null)
    {
        id ??= newId(kind);
        Ops.Add(new Command.Create(id, kind, data));
        return id;
    }

    public void Update(string id, JsonFields patch, long? ifVersion = null) => Ops.Add(new Command.Patch(id, patch, ifVersion));

    public void Delete(string id, long? ifVersion = null) => Ops.Add(new Command.Delete(id, ifVersion));

    public void Increment(string id, string field, long by = 1) => Ops.Add(new Command.Increment(id, [new(field, by)], null));
}
