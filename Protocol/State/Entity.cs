namespace EventOnly.Protocol.State;

/// <summary>A thing in a project. Immutable; carries its contribution to the state hash.</summary>
public sealed class Entity
{
    private readonly StateHash _idHash;

    /// <param name="id">Its id, unique in its project.</param>
    /// <param name="kind">Its type.</param>
    /// <param name="version">The seq of its last create or patch.</param>
    /// <param name="data">Its fields.</param>
    public Entity(string id, string kind, long version, JsonFields data)
    {
        (Id, Kind, Version, Data) = (id, kind, version, data);
        _idHash = StateHash.OfId(id);
        Hash = StateHash.OfHeader(_idHash, kind, version);
        foreach (var field in data)
            Hash += StateHash.OfField(_idHash, field);
    }

    private Entity(Entity old, long version, JsonFields data, StateHash hash)
    {
        (Id, Kind, Version, Data, _idHash, Hash) = (old.Id, old.Kind, version, data, old._idHash, hash);
    }

    public string Id { get; }
    public string Kind { get; }
    public long Version { get; }
    public JsonFields Data { get; }

    /// <summary>What this entity contributes to the state hash.</summary>
    public StateHash Hash { get; }

    /// <summary>The same entity with other data; only the fields that differ are hashed.</summary>
    public Entity With(long version, JsonFields data)
    {
        var hash = Hash;
        if (version != Version)
        {
            var kind = StateHash.OfKind(_idHash, Kind);
            hash = hash - kind.OfVersion(Version) + kind.OfVersion(version);
        }

        var (mine, theirs) = (0, 0);
        while (mine < Data.Count || theirs < data.Count)
        {
            var order = mine == Data.Count ? 1 : theirs == data.Count ? -1 : string.CompareOrdinal(Data[mine].Name, data[theirs].Name);
            if (order < 0)
            {
                hash -= StateHash.OfField(_idHash, Data[mine++]);
                continue;
            }
            if (order > 0)
            {
                hash += StateHash.OfField(_idHash, data[theirs++]);
                continue;
            }
            var (was, now) = (Data[mine++], data[theirs++]);
            if (was.Value == now.Value)
                continue;
            var name = _idHash.Chain(was.Name); // the work that both have in common
            hash = hash - name.Chain(was.Value.Utf8) + name.Chain(now.Value.Utf8);
        }
        return new(this, version, data, hash);
    }

    public override string ToString() => $"{Kind} {Id} v{Version} {Data}";
}
