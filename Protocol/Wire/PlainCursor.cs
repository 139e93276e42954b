using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Takes apart JSON that stands exactly as this codec writes it: no white space, properties in the writer's order, canonical values. Each step
/// takes what it names, or says no; after a no the text must be read in the general way.
/// </summary>
internal ref struct PlainCursor(ReadOnlySpan<byte> json, TextCache texts, Utf8Buffer scratch)
{
    /// <summary>What ends a string, or shows that it cannot be taken as it stands.</summary>
    private static readonly SearchValues<byte> s_ends = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(i => (byte)i)]);

    private ReadOnlySpan<byte> _rest = json;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool Skip(ReadOnlySpan<byte> expected)
    {
        if (!_rest.StartsWith(expected))
            return false;
        _rest = _rest[expected.Length..];
        return true;
    }

    /// <summary>A string without escapes, as its bytes.</summary>
    public bool TryUtf8(out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (_rest.IsEmpty || _rest[0] != '"')
            return false;
        var length = _rest[1..].IndexOfAny(s_ends);
        if (length < 0 || _rest[length + 1] != '"')
            return false;
        utf8 = _rest.Slice(1, length);
        _rest = _rest[(length + 2)..];
        return true;
    }

    public bool TryText(out string text)
    {
        var found = TryUtf8(out var utf8);
        text = found ? texts.Get(utf8) : "";
        return found;
    }

    /// <summary>A whole number from <paramref name="min"/> to 2^53 - 1.</summary>
    public bool TryInteger(long min, out long number)
    {
        if (!Utf8Parser.TryParse(_rest, out number, out var digits) || number < min || number > CanonicalNumber.SafeInteger
            || _rest[0] is (byte)'+' or (byte)'-' || (_rest[0] == '0' && digits > 1))
        {
            return false;
        }
        _rest = _rest[digits..];
        return !_rest.IsEmpty && _rest[0] is (byte)',' or (byte)'}';
    }

    public bool TryMoment(out long ms)
    {
        ms = 0;
        return TryUtf8(out var utf8) && Time.TryParse(utf8, out ms);
    }

    /// <summary>An object whose keys stand in order, each once.</summary>
    public bool TryFields(out JsonFields fields)
    {
        fields = JsonFields.Empty;
        if (Skip("{}"u8))
            return true;
        if (!Skip("{"u8))
            return false;
        var list = new List<JsonField>();
        do
        {
            if (!TryText(out var name) || Names.IsMagicKey(name) || !Skip(":"u8)
                || (list.Count > 0 && string.CompareOrdinal(list[^1].Name, name) >= 0))
            {
                return false;
            }
            list.Add(new(name, TakeValue()));
        }
        while (Skip(","u8));
        fields = JsonFields.OfSorted(CollectionsMarshal.AsSpan(list));
        return Skip("}"u8);
    }

    private CanonicalValue TakeValue()
    {
        var before = _rest;
        if (TryUtf8(out var text))
            return new(before[..(text.Length + 2)].ToArray()); // without escapes a string is canonical as it stands
        var reader = new Utf8JsonReader(_rest, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read();
        scratch.Clear();
        CanonicalJson.Write(scratch, ref reader, int.MaxValue);
        _rest = _rest[(int)reader.BytesConsumed..];
        return new(scratch.Written.ToArray());
    }
}
