using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Takes apart JSON that stands exactly as this codec writes it: no white space, properties in the writer's order, canonical values. Each step
/// takes what it names, or says no; after a no the text must be read in the general way.
/// </summary>
internal ref struct PlainCursor(ReadOnlySpan<byte> json, TextCache texts)
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

    /// <summary>The steps of an edit. Throws where they are none.</summary>
    public bool TryDelta(int stepsMax, bool mayBeEmpty, out Delta delta)
    {
        var reader = new Utf8JsonReader(_rest);
        reader.Read();
        delta = Delta.Read(ref reader, stepsMax, mayBeEmpty);
        _rest = _rest[(int)reader.BytesConsumed..];
        return true;
    }

    public bool TryMoment(out long ms)
    {
        ms = 0;
        return TryUtf8(out var utf8) && Time.TryParse(utf8, out ms);
    }

    /// <summary>A text that may name something.</summary>
    public bool TryName(out string name) => TryText(out name) && Names.IsName(name);

    /// <summary>An object, whatever its values are.</summary>
    public bool TryFields(out JsonFields fields) => TryFields(int.MaxValue, isFlat: false, out fields);

    /// <summary>An object whose keys are names, not too many, and whose values are neither objects nor arrays.</summary>
    public bool TryFlatFields(int fieldsMax, out JsonFields fields) => TryFields(fieldsMax, isFlat: true, out fields);

    private bool TryFields(int fieldsMax, bool isFlat, out JsonFields fields)
    {
        var found = FieldsBuilder.OfThisThread.Clear();
        fields = JsonFields.Empty;
        if (Skip("{}"u8))
            return true;
        if (!Skip("{"u8))
            return false;
        do
        {
            if (found.Count >= fieldsMax || !TryKey(isFlat, out var name) || !Skip(":"u8) || (isFlat && !IsAtScalar))
                return false;
            found.Begin(name);
            if (!TrySimpleValue(found.Values))
                TakeValue(found.Values);
            found.End();
        }
        while (Skip(","u8));
        if (!Skip("}"u8))
            return false;
        fields = found.ToFields();
        return true;
    }

    private bool TryKey(bool isName, out string key) => isName ? TryName(out key) : TryText(out key) && !Names.IsMagicKey(key);

    /// <summary>Whether a value that is neither object nor array begins right here. What begins with a blank is not plain, whatever comes behind it.</summary>
    private bool IsAtScalar => _rest is [(byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') or (byte)'t' or (byte)'f' or (byte)'n', ..];

    /// <summary>What is canonical as it stands: a string without escapes, a whole number of few digits, true, false and null.</summary>
    private bool TrySimpleValue(Utf8Buffer output)
    {
        var before = _rest;
        if (TryUtf8(out var text))
        {
            output.Raw(before[..(text.Length + 2)]);
            return true;
        }
        var length = _rest.IndexOfAny((byte)',', (byte)'}');
        if (length <= 0)
            return false;
        var token = _rest[..length];
        if (!token.SequenceEqual("true"u8) && !token.SequenceEqual("false"u8) && !token.SequenceEqual("null"u8) && !IsShortNumber(token))
            return false;
        output.Raw(token);
        _rest = _rest[length..];
        return true;
    }

    private static bool IsShortNumber(ReadOnlySpan<byte> token) =>
        token.Length <= 15 && !token.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (token[0] != '0' || token.Length == 1);

    private void TakeValue(Utf8Buffer output)
    {
        var reader = new Utf8JsonReader(_rest, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read();
        CanonicalJson.Write(output, ref reader, int.MaxValue);
        _rest = _rest[(int)reader.BytesConsumed..];
    }
}
