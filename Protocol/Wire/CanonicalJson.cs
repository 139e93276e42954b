using System.Buffers;
using System.Text;
using System.Text.Json;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Canonical JSON (RFC 8785): one text for one value, so that equal values are equal bytes in every language. Refuses what replicas could
/// read differently: duplicate keys, lone surrogates, U+0000, numbers beyond a double's integers, and keys that scripts treat as magic.
/// </summary>
public static class CanonicalJson
{
    private static readonly SearchValues<char> s_escaped = SearchValues.Create(
        "\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(i => (char)i)));

    /// <summary>The canonical form of a whole JSON text, or null where it is refused.</summary>
    public static byte[]? TryNormalize(ReadOnlySpan<byte> json)
    {
        try
        {
            if (!System.Text.Unicode.Utf8.IsValid(json))
                return null;
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
            var output = new Utf8Buffer(json.Length + 16);
            reader.Read();
            Write(output, ref reader, int.MaxValue);
            return reader.Read() ? null : output.Written.ToArray();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or BadFrameException)
        {
            return null;
        }
    }

    /// <summary>Writes the value the reader stands on, and leaves the reader on the value's last token.</summary>
    internal static void Write(Utf8Buffer output, ref Utf8JsonReader reader, int objectKeysMax)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteObject(output, ref reader, objectKeysMax);
                break;
            case JsonTokenType.StartArray:
                output.Raw((byte)'[');
                for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
                {
                    if (!first)
                        output.Raw((byte)',');
                    Write(output, ref reader, objectKeysMax);
                }
                output.Raw((byte)']');
                break;
            case JsonTokenType.String:
                WriteString(output, ref reader);
                break;
            case JsonTokenType.Number:
                CanonicalNumber.Write(output, reader.ValueSpan);
                break;
            default:
                output.Raw(reader.ValueSpan); // true, false, null
                break;
        }
    }

    /// <summary>Members are written as they come; only where they come unsorted are they put in order afterwards.</summary>
    private static void WriteObject(Utf8Buffer output, ref Utf8JsonReader reader, int objectKeysMax)
    {
        output.Raw((byte)'{');
        var start = output.Length;
        var members = new List<(string Key, int Start, int Length)>();
        var sorted = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = ReadKey(ref reader);
            if (members.Count == objectKeysMax)
                throw BadFrameException.TooLarge("An object has too many keys.");
            if (members.Count > 0)
                output.Raw((byte)',');
            var memberStart = output.Length;
            output.String(key).Raw((byte)':');
            reader.Read();
            Write(output, ref reader, objectKeysMax);
            sorted &= members.Count == 0 || string.CompareOrdinal(members[^1].Key, key) < 0;
            members.Add((key, memberStart, output.Length - memberStart));
        }
        if (!sorted)
            Sort(output, start, members);
        output.Raw((byte)'}');
    }

    private static void Sort(Utf8Buffer output, int start, List<(string Key, int Start, int Length)> members)
    {
        members.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key)); // UTF-16 order, RFC 8785 section 3.2.3
        for (var i = 1; i < members.Count; i++)
        {
            if (members[i].Key == members[i - 1].Key)
                throw BadFrameException.Json("A key stands twice in an object.");
        }
        var unsorted = output.Written[start..].ToArray();
        output.TruncateTo(start);
        foreach (var (_, at, length) in members)
        {
            if (output.Length > start)
                output.Raw((byte)',');
            output.Raw(unsorted.AsSpan(at - start, length));
        }
    }

    /// <summary>The property name the reader stands on.</summary>
    internal static string ReadKey(ref Utf8JsonReader reader)
    {
        var key = reader.GetString()!; // throws InvalidOperationException on a lone surrogate
        if (key.Contains('\0', StringComparison.Ordinal))
            throw BadFrameException.Shape("A key contains U+0000.");
        return Names.IsMagicKey(key) ? throw BadFrameException.Shape("A key is __proto__, constructor or prototype.") : key;
    }

    /// <summary>The string the reader stands on.</summary>
    internal static string ReadString(ref Utf8JsonReader reader)
    {
        var text = reader.GetString()!;
        return text.Contains('\0', StringComparison.Ordinal) ? throw BadFrameException.Shape("A string contains U+0000.") : text;
    }

    private static void WriteString(Utf8Buffer output, ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped)
        {
            output.String(ReadString(ref reader));
            return;
        }
        output.Raw((byte)'"').Raw(reader.ValueSpan).Raw((byte)'"'); // without escapes a string is canonical as it stands
    }

    internal static void WriteString(Utf8Buffer output, ReadOnlySpan<char> text)
    {
        output.Raw((byte)'"');
        WriteUnits(output, text);
        output.Raw((byte)'"');
    }

    /// <summary>Writes what stands between the quotes, or a part of it that does not end inside of a surrogate pair.</summary>
    internal static void WriteUnits(Utf8Buffer output, ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(s_escaped) is >= 0 and var at)
        {
            WriteUtf8(output, text[..at]);
            WriteEscape(output, text[at]);
            text = text[(at + 1)..];
        }
        WriteUtf8(output, text);
    }

    private static void WriteUtf8(Utf8Buffer output, ReadOnlySpan<char> text)
    {
        var before = output.Length;
        var space = output.Take(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.TruncateTo(before + Encoding.UTF8.GetBytes(text, space));
    }

    private static void WriteEscape(Utf8Buffer output, char c)
    {
        output.Raw((byte)'\\');
        switch (c)
        {
            case '"' or '\\': output.Raw((byte)c); break;
            case '\b': output.Raw((byte)'b'); break;
            case '\t': output.Raw((byte)'t'); break;
            case '\n': output.Raw((byte)'n'); break;
            case '\f': output.Raw((byte)'f'); break;
            case '\r': output.Raw((byte)'r'); break;
            default:
                output.Raw("u00"u8).Raw((byte)(c < 0x10 ? '0' : '1')).Raw("0123456789abcdef"u8[c & 0xF]);
                break;
        }
    }
}

/// <summary>One JSON value as canonical UTF-8. Equal values have equal bytes.</summary>
public readonly struct CanonicalValue : IEquatable<CanonicalValue>
{
    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly int _length;

    internal CanonicalValue(byte[] utf8) : this(utf8, 0, utf8.Length) { }

    /// <summary>A value whose bytes lie among those of others.</summary>
    internal CanonicalValue(byte[] bytes, int start, int length) => (_bytes, _start, _length) = (bytes, start, length);

    public static CanonicalValue Null { get; } = new([.. "null"u8]);

    public ReadOnlySpan<byte> Utf8 => new(_bytes, _start, _length);

    /// <summary>Parses and normalises; throws <see cref="JsonException"/> where the text is refused.</summary>
    public static CanonicalValue Parse(ReadOnlySpan<byte> json) =>
        new(CanonicalJson.TryNormalize(json) ?? throw new JsonException("The JSON is malformed or is not allowed on the wire."));

    public static CanonicalValue Of(string text)
    {
        var output = new Utf8Buffer(text.Length + 8);
        return new(output.String(text).Written.ToArray());
    }

    public static CanonicalValue Of(long number) => new(new Utf8Buffer(20).Number(number).Written.ToArray());

    public bool IsNull => _bytes[_start] == 'n';

    public bool IsObject => _bytes[_start] == '{';

    public bool IsString => _bytes[_start] == '"';

    /// <summary>The text of a JSON string; null for any other value.</summary>
    public string? AsString() => IsString ? Reader().GetString() : null;

    /// <summary>The number as a whole number of at most 2^53 - 1; null for any other value.</summary>
    public long? AsInteger() =>
        System.Buffers.Text.Utf8Parser.TryParse(Utf8, out long number, out var used) && used == _length ? number : null;

    /// <summary>The number as a double; null for any other value.</summary>
    public double? AsNumber() =>
        System.Buffers.Text.Utf8Parser.TryParse(Utf8, out double number, out var used) && used == _length ? number : null;

    /// <summary>Whether both are the same bytes in memory; told without looking at these.</summary>
    internal bool IsSameAs(CanonicalValue other) => ReferenceEquals(_bytes, other._bytes) && _start == other._start && _length == other._length;

    public bool Equals(CanonicalValue other) => Utf8.SequenceEqual(other.Utf8);

    public override bool Equals(object? obj) => obj is CanonicalValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8);
        return hash.ToHashCode();
    }

    public static bool operator ==(CanonicalValue left, CanonicalValue right) => left.Equals(right);

    public static bool operator !=(CanonicalValue left, CanonicalValue right) => !left.Equals(right);

    public override string ToString() => Encoding.UTF8.GetString(Utf8);

    /// <summary>A view of the bytes for APIs that want memory. Not to be written to.</summary>
    public ReadOnlyMemory<byte> AsMemory() => new(_bytes, _start, _length);

    private Utf8JsonReader Reader()
    {
        var reader = new Utf8JsonReader(Utf8, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read();
        return reader;
    }
}
