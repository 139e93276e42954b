using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.Text;

/// <summary>Deltas as JSON: <c>[{"retain":3},{"insert":"x"},{"delete":1}]</c>.</summary>
internal static class DeltaJson
{
    /// <summary>Strings of one unit, for what comes by single keys.</summary>
    private static readonly string[] s_singles = [.. Enumerable.Range(0, 128).Select(unit => ((char)unit).ToString())];

    public static void Write(Utf8Buffer output, Delta delta)
    {
        output.Raw((byte)'[');
        for (var i = 0; i < delta.Count; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            var part = delta[i];
            if (part.Kind == DeltaKind.Insert)
                output.Raw("{\"insert\":"u8).String(part.Inserted);
            else
                output.Raw(part.Kind == DeltaKind.Retain ? "{\"retain\":"u8 : "{\"delete\":"u8).Number(part.Length);
            output.Raw((byte)'}');
        }
        output.Raw((byte)']');
    }

    public static Delta Parse(string json)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
            reader.Read();
            var delta = Read(ref reader, int.MaxValue, mayBeEmpty: true);
            return reader.Read() ? throw new JsonException("Something follows the delta.") : delta;
        }
        catch (BadFrameException fault)
        {
            throw new JsonException(fault.Message, fault);
        }
    }

    public static Delta Read(ref Utf8JsonReader reader, int componentsMax, bool mayBeEmpty)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Bad("A delta is an array.");
        var reading = new DeltaReading(DeltaBuilder.OfThisThread.Clear());
        for (var count = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count == componentsMax)
                throw Bad("A delta has too many parts.");
            ReadPart(ref reader, ref reading);
        }
        return reading.ToDelta(mayBeEmpty);
    }

    private static void ReadPart(ref Utf8JsonReader reader, ref DeltaReading reading)
    {
        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            throw Bad("A part of a delta is an object with one key.");
        if (reader.ValueTextEquals("insert"u8))
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                throw Bad("What is inserted is a string.");
            reading.Insert(ReadUnits(ref reader));
        }
        else
        {
            var isDelete = reader.ValueTextEquals("delete"u8);
            if (!isDelete && !reader.ValueTextEquals("retain"u8))
                throw Bad("A part of a delta is retain, insert or delete.");
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var length) || length < 1)
                throw Bad("A length is a whole number from 1 to 2147483647.");
            reading.Walk(length, isDelete);
        }
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndObject)
            throw Bad("A part of a delta has one key.");
    }

    /// <summary>The string the reader stands on; null where it is no well-formed Unicode or contains U+0000, which no JSON here may.</summary>
    private static string? ReadUnits(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped && reader.ValueSpan is [< 0x80 and var single])
            return s_singles[single];
        try
        {
            var units = reader.GetString()!;
            return units.Contains('\0', StringComparison.Ordinal) ? null : units;
        }
        catch (InvalidOperationException) // half a surrogate pair, as an escape: browsers send what a page cut in two
        {
            return null;
        }
    }

    internal static BadFrameException Bad(string message) => new(ErrorCode.Invalid, ErrorDetails.BadDelta, message);
}
