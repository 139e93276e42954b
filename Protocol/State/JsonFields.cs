using System.Collections;
using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>One field of an object: its name and its value.</summary>
public readonly record struct JsonField(string Name, CanonicalValue Value);

/// <summary>
/// An immutable JSON object, open one level: its fields sorted by name, each value canonical JSON. An entity's data, a patch, a presence.
/// </summary>
public sealed class JsonFields : IReadOnlyList<JsonField>, IEquatable<JsonFields>
{
    private readonly JsonField[] _fields;

    private JsonFields(JsonField[] fields)
    {
        _fields = fields;
        var bytes = 1 + Math.Max(1, fields.Length);
        foreach (var field in fields)
            bytes += field.Name.Length + 3 + field.Value.Utf8.Length;
        Bytes = bytes;
    }

    public static JsonFields Empty { get; } = new([]);

    public int Count => _fields.Length;

    public JsonField this[int index] => _fields[index];

    /// <summary>Its size as canonical JSON, in bytes (exact where the names are ASCII, as those of an entity are).</summary>
    public int Bytes { get; }

    public CanonicalValue? this[string name] => IndexOf(name) is >= 0 and var at ? _fields[at].Value : null;

    /// <summary>Parses an object; throws <see cref="JsonException"/> where the text is refused.</summary>
    public static JsonFields Parse(ReadOnlySpan<byte> json)
    {
        var value = CanonicalValue.Parse(json);
        return value.IsObject ? Open(value) : throw new JsonException("Not a JSON object.");
    }

    /// <summary>Takes fields that are in order already, each name once; the array is its own from now on.</summary>
    internal static JsonFields Own(JsonField[] fields) => fields.Length == 0 ? Empty : new(fields);

    /// <summary>Reads the object the reader stands on, normalising as it goes.</summary>
    internal static JsonFields Read(ref Utf8JsonReader reader, int keysMax)
    {
        var fields = FieldsBuilder.OfThisThread.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = CanonicalJson.ReadKey(ref reader);
            if (fields.Count == keysMax)
                throw BadFrameException.TooLarge("An object has too many keys.");
            reader.Read();
            fields.Begin(name);
            CanonicalJson.Write(fields.Values, ref reader, keysMax);
            fields.End();
        }
        return fields.ToFields();
    }

    /// <summary>Opens an object that is canonical already.</summary>
    internal static JsonFields Open(CanonicalValue value)
    {
        var reader = new Utf8JsonReader(value.Utf8, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read();
        return Read(ref reader, int.MaxValue);
    }

    /// <summary>The same object with one field set or added.</summary>
    public JsonFields With(string name, CanonicalValue value)
    {
        var at = IndexOf(name);
        if (at >= 0)
        {
            var copy = _fields.AsSpan().ToArray();
            copy[at] = new(name, value);
            return new(copy);
        }
        return new([.. _fields.AsSpan(0, ~at), new(name, value), .. _fields.AsSpan(~at)]);
    }

    /// <summary>Applies a JSON Merge Patch (RFC 7396) to this object.</summary>
    public JsonFields Merge(JsonFields patch)
    {
        if (TryReplace(patch) is { } replaced)
            return replaced;
        var merged = new JsonField[Count + patch.Count];
        var (mine, theirs, count) = (0, 0, 0);
        while (mine < Count || theirs < patch.Count)
        {
            var order = mine == Count ? 1 : theirs == patch.Count ? -1 : string.CompareOrdinal(_fields[mine].Name, patch._fields[theirs].Name);
            if (order < 0)
            {
                merged[count++] = _fields[mine++];
                continue;
            }
            var (name, value) = patch._fields[theirs++];
            CanonicalValue? old = order == 0 ? _fields[mine++].Value : null;
            if (value.IsObject)
                merged[count++] = new(name, MergeNested(old, value));
            else if (!value.IsNull)
                merged[count++] = new(name, value);
        }
        return Own(merged.AsSpan(0, count).ToArray());
    }

    /// <summary>The usual patch, which neither adds nor removes a field nor reaches into one; null where it is not that.</summary>
    private JsonFields? TryReplace(JsonFields patch)
    {
        JsonField[]? replaced = null;
        foreach (ref readonly var field in patch._fields.AsSpan())
        {
            var at = field.Value.IsNull || field.Value.IsObject ? -1 : IndexOf(field.Name);
            if (at < 0)
                return null;
            (replaced ??= _fields.AsSpan().ToArray())[at] = new(_fields[at].Name, field.Value);
        }
        return replaced is null ? this : new(replaced);
    }

    private static CanonicalValue MergeNested(CanonicalValue? old, CanonicalValue patch)
    {
        var target = old is { IsObject: true } value ? Open(value) : Empty;
        return target.Merge(Open(patch)).ToValue();
    }

    public CanonicalValue ToValue()
    {
        var output = new Utf8Buffer(Bytes);
        WriteTo(output);
        return new(output.Written.ToArray());
    }

    public void WriteTo(Utf8Buffer output)
    {
        output.Raw((byte)'{');
        for (var i = 0; i < _fields.Length; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            output.String(_fields[i].Name).Raw((byte)':').Raw(_fields[i].Value.Utf8);
        }
        output.Raw((byte)'}');
    }

    /// <summary>Where a field stands; the complement of where it would stand if it is absent.</summary>
    internal int IndexOf(string name)
    {
        var (low, high) = (0, _fields.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_fields[middle].Name, name);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    public bool Equals(JsonFields? other) => other is not null && _fields.AsSpan().SequenceEqual(other._fields);

    public override bool Equals(object? obj) => Equals(obj as JsonFields);

    public override int GetHashCode() => HashCode.Combine(_fields.Length, _fields.Length == 0 ? 0 : _fields[0].Value.GetHashCode());

    public override string ToString() => ToValue().ToString();

    public IEnumerator<JsonField> GetEnumerator() => ((IEnumerable<JsonField>)_fields).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
