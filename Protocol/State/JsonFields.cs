using System.Collections;
using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>One field of an object: its name and its value.</summary>
public readonly record struct JsonField(string Name, CanonicalValue Value);

/// <summary>
/// An immutable JSON object, open one level: its fields sorted by name, each value canonical JSON. An entity's data, a patch, a presence. Names and
/// values stand apart: most objects have the names of another, and share them.
/// </summary>
public sealed class JsonFields : IReadOnlyList<JsonField>, IEquatable<JsonFields>
{
    private readonly string[] _names;
    private readonly CanonicalValue[] _values;

    private JsonFields(string[] names, CanonicalValue[] values)
    {
        (_names, _values) = (names, values);
        var bytes = 1 + Math.Max(1, names.Length);
        for (var i = 0; i < names.Length; i++)
            bytes += names[i].Length + 3 + values[i].Utf8.Length;
        Bytes = bytes;
    }

    /// <summary>With values for the names of another, of which it has so many bytes.</summary>
    private JsonFields(JsonFields old, CanonicalValue[] values, int bytes) => (_names, _values, Bytes) = (old._names, values, bytes);

    public static JsonFields Empty { get; } = new([], []);

    public int Count => _names.Length;

    public JsonField this[int index] => new(_names[index], _values[index]);

    /// <summary>Sorted, each once.</summary>
    internal ReadOnlySpan<string> Names => _names;

    /// <summary>One for each name.</summary>
    internal ReadOnlySpan<CanonicalValue> Values => _values;

    /// <summary>Whether two have the same names, as far as that can be told without looking at them.</summary>
    internal bool SharesNamesWith(JsonFields other) => ReferenceEquals(_names, other._names);

    /// <summary>Its size as canonical JSON, in bytes (exact where the names are ASCII, as those of an entity are).</summary>
    public int Bytes { get; }

    public CanonicalValue? this[string name] => IndexOf(name) is >= 0 and var at ? _values[at] : null;

    /// <summary>Parses an object; throws <see cref="JsonException"/> where the text is refused.</summary>
    public static JsonFields Parse(ReadOnlySpan<byte> json)
    {
        var value = CanonicalValue.Parse(json);
        return value.IsObject ? Open(value) : throw new JsonException("Not a JSON object.");
    }

    /// <summary>Takes fields that are in order already, each name once; the arrays do not change from now on.</summary>
    internal static JsonFields Own(string[] names, CanonicalValue[] values) => names.Length == 0 ? Empty : new(names, values);

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
            var copy = _values.AsSpan().ToArray();
            copy[at] = value;
            return new(this, copy, Bytes + value.Utf8.Length - _values[at].Utf8.Length);
        }
        return new([.. _names.AsSpan(0, ~at), name, .. _names.AsSpan(~at)], [.. _values.AsSpan(0, ~at), value, .. _values.AsSpan(~at)]);
    }

    /// <summary>The same object without a field.</summary>
    internal JsonFields Without(string name)
    {
        var at = IndexOf(name);
        return at < 0 ? this : Own([.. _names.AsSpan(0, at), .. _names.AsSpan(at + 1)], [.. _values.AsSpan(0, at), .. _values.AsSpan(at + 1)]);
    }

    /// <summary>Applies a JSON Merge Patch (RFC 7396) to this object.</summary>
    public JsonFields Merge(JsonFields patch)
    {
        if (TryReplace(patch) is { } replaced)
            return replaced;
        var names = new string[Count + patch.Count];
        var values = new CanonicalValue[Count + patch.Count];
        var (mine, theirs, count) = (0, 0, 0);
        while (mine < Count || theirs < patch.Count)
        {
            var order = mine == Count ? 1 : theirs == patch.Count ? -1 : string.CompareOrdinal(_names[mine], patch._names[theirs]);
            if (order < 0)
            {
                (names[count], values[count++]) = (_names[mine], _values[mine++]);
                continue;
            }
            var (name, value) = patch[theirs++];
            CanonicalValue? old = order == 0 ? _values[mine++] : null;
            if (value.IsObject)
                (names[count], values[count++]) = (name, MergeNested(old, value));
            else if (!value.IsNull)
                (names[count], values[count++]) = (name, value);
        }
        return Own(names[..count], values[..count]);
    }

    /// <summary>The usual patch, which neither adds nor removes a field nor reaches into one; null where it is not that.</summary>
    private JsonFields? TryReplace(JsonFields patch)
    {
        CanonicalValue[]? replaced = null;
        var bytes = Bytes;
        for (var theirs = 0; theirs < patch.Count; theirs++)
        {
            ref readonly var value = ref patch._values[theirs];
            var at = value.IsNull || value.IsObject ? -1 : IndexOf(patch._names[theirs]);
            if (at < 0)
                return null;
            bytes += value.Utf8.Length - _values[at].Utf8.Length;
            (replaced ??= _values.AsSpan().ToArray())[at] = value;
        }
        return replaced is null ? this : new(this, replaced, bytes);
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
        for (var i = 0; i < _names.Length; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            output.String(_names[i]).Raw((byte)':').Raw(_values[i].Utf8);
        }
        output.Raw((byte)'}');
    }

    /// <summary>Where a field stands; the complement of where it would stand if it is absent.</summary>
    internal int IndexOf(string name)
    {
        var (low, high) = (0, _names.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_names[middle], name);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    public bool Equals(JsonFields? other) => other is not null && _names.AsSpan().SequenceEqual(other._names) && _values.AsSpan().SequenceEqual(other._values);

    public override bool Equals(object? obj) => Equals(obj as JsonFields);

    public override int GetHashCode() => HashCode.Combine(_names.Length, _names.Length == 0 ? 0 : _values[0].GetHashCode());

    public override string ToString() => ToValue().ToString();

    public IEnumerator<JsonField> GetEnumerator()
    {
        for (var i = 0; i < _names.Length; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
