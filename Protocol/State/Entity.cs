using EventOnly.Protocol.Wire;

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
        for (var i = 0; i < data.Count; i++)
            Hash += StateHash.OfField(_idHash, data[i]);
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

        return new(this, version, data, Data.SharesNamesWith(data) ? hash + OfReplaced(data) : hash + OfDifferent(data));
    }

    /// <summary>What other values for the same names add to the hash.</summary>
    private StateHash OfReplaced(JsonFields data)
    {
        var hash = StateHash.Empty;
        var was = Data.Values;
        var now = data.Values;
        for (var i = 0; i < was.Length; i++)
        {
            if (!was[i].IsSameAs(now[i]) && was[i] != now[i])
                hash += OfReplaced(Data.Names[i], was[i], now[i]);
        }
        return hash;
    }

    private StateHash OfReplaced(string name, CanonicalValue was, CanonicalValue now)
    {
        var chain = _idHash.Chain(name); // the work that both have in common
        return chain.Chain(now.Utf8) - chain.Chain(was.Utf8);
    }

    /// <summary>What other data adds to the hash.</summary>
    private StateHash OfDifferent(JsonFields data)
    {
        var hash = StateHash.Empty;
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
            if (was.Value != now.Value)
                hash += OfReplaced(was.Name, was.Value, now.Value);
        }
        return hash;
    }

    public override string ToString() => $"{Kind} {Id} v{Version} {Data}";
}
