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
    public Entity(string id, string kind, long version, JsonFields data) : this(id, kind, version, data, EntityTexts.None) { }

    /// <param name="id">Its id, unique in its project.</param>
    /// <param name="kind">Its type.</param>
    /// <param name="version">The seq of its last create or patch.</param>
    /// <param name="data">Its fields but for the texts.</param>
    /// <param name="texts">The fields that are shared text; none of them is in <paramref name="data"/>.</param>
    public Entity(string id, string kind, long version, JsonFields data, EntityTexts texts)
    {
        (Id, Kind, Version, Data, Texts) = (id, kind, version, data, texts);
        _idHash = StateHash.OfId(id);
        Hash = StateHash.OfHeader(_idHash, kind, version);
        for (var i = 0; i < data.Count; i++)
            Hash += StateHash.OfField(_idHash, data[i]);
        for (var i = 0; i < texts.Count; i++)
            Hash += StateHash.OfText(_idHash, texts[i].Key, texts[i].Value.Text);
    }

    private Entity(Entity old, long version, JsonFields data, EntityTexts texts, StateHash hash)
    {
        (Id, Kind, Version, Data, Texts, _idHash, Hash) = (old.Id, old.Kind, version, data, texts, old._idHash, hash);
    }

    public string Id { get; }
    public string Kind { get; }
    public long Version { get; }

    /// <summary>Its fields, but for those that are shared text.</summary>
    public JsonFields Data { get; }

    /// <summary>Those of its fields that are shared text.</summary>
    public EntityTexts Texts { get; }

    /// <summary>How much it holds: its data as canonical JSON and its texts at two bytes a unit.</summary>
    public long Bytes => Data.Bytes + 2 * Texts.Units;

    /// <summary>A field's value, a shared text being the string that it says now; null where there is none.</summary>
    public CanonicalValue? this[string field] => Data[field] ?? (Texts[field] is { } text ? CanonicalValue.Of(text.Text.ToString()) : null);

    /// <summary>What this entity contributes to the state hash.</summary>
    public StateHash Hash { get; }

    /// <summary>The same entity with other data; only the fields that differ are hashed.</summary>
    public Entity With(long version, JsonFields data) => With(version, data, Texts);

    /// <summary>The same entity with other data and texts; only what differs is hashed.</summary>
    internal Entity With(long version, JsonFields data, EntityTexts texts)
    {
        var hash = Hash;
        if (version != Version)
        {
            var kind = StateHash.OfKind(_idHash, Kind);
            hash = hash - kind.OfVersion(Version) + kind.OfVersion(version);
        }

        hash += Data.SharesNamesWith(data) ? OfReplaced(data) : OfDifferent(data);
        if (!ReferenceEquals(texts, Texts))
            hash = hash - HashOf(Texts) + HashOf(texts);
        return new(this, version, data, texts, hash);
    }

    /// <summary>The same entity with another value of a text that it has.</summary>
    internal Entity With(string name, SharedText was, SharedText now)
    {
        var chain = _idHash.Chain(name); // the work that both have in common
        return new(this, Version, Data, Texts.With(name, now), Hash - chain.OfText(was.Text) + chain.OfText(now.Text));
    }

    private StateHash HashOf(EntityTexts texts)
    {
        var hash = StateHash.Empty;
        for (var i = 0; i < texts.Count; i++)
            hash += StateHash.OfText(_idHash, texts[i].Key, texts[i].Value.Text);
        return hash;
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

    public override string ToString() => Texts.Count == 0 ? $"{Kind} {Id} v{Version} {Data}" : $"{Kind} {Id} v{Version} {Data} {string.Join(", ", Texts.Select(text => $"{text.Key}: {text.Value.Text}"))}";
}
