using System.Runtime.CompilerServices;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.Wire;

/// <summary>The properties that messages have at their top level.</summary>
internal enum Property
{
    Type, Id, Project, N, Entity, Kind, Data, Patch, Increment, Edit, IfVersion, Ops, Session, Since, Pending, Listen, Presence, User, Token,
    Client, Topic, To, Where, Match, Sort, Limit, After, Command, From, At, T, Seq, By, Version, Code, Detail, Message, RetryAfterMs, Op,
    Errors, Current, Part, Parts, Entities, Hash, Connection, PingInterval, PingTimeout, Limits, Time, Epoch, Floor, Recovered, Outcomes, Role,
    Members, MemberCount, Duplicate, Items, More, Events, Ok, Joined, Left, Changed, Reason, Reconnect, Name, Value, Outcome,
    MessageBytes, Depth, ObjectKeys, MessageKeys, InFlight, BatchOps, QueriesInFlight, QueryItems, HistoryEvents, Projects,
    Before, Last, Field, Next, Traceparent, Expected, Key, Base, Delta, Len, TextUnits,
}

/// <summary>
/// Where the properties of one JSON object stand in its bytes: a single pass that checks grammar, depth and key counts and keeps offsets, no
/// tree. Order does not matter, unknown properties are checked and forgotten. Values are read from their slices afterwards.
/// </summary>
internal ref struct FrameScan
{
    private static readonly Dictionary<string, Property> s_names =
        Enum.GetValues<Property>().ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.ToString()), StringComparer.Ordinal);

    private static readonly Dictionary<string, Property>.AlternateLookup<ReadOnlySpan<char>> s_byName =
        s_names.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] s_texts = [.. Enum.GetValues<Property>().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.ToString()))];

    private readonly ReadOnlySpan<byte> _json;
    private readonly WireLimits _limits;
    private readonly Utf8Buffer _scratch;
    private Slices _slices;

    [InlineArray(91)]
    private struct Slices
    {
        private (int Start, int Length) _first;
    }

    private FrameScan(ReadOnlySpan<byte> json, WireLimits limits, Utf8Buffer scratch)
    {
        _json = json;
        _limits = limits;
        _scratch = scratch;
    }

    /// <summary>Scans a whole message. Throws <see cref="BadFrameException"/> or <see cref="JsonException"/>.</summary>
    public static FrameScan Message(ReadOnlySpan<byte> json, WireLimits limits, Utf8Buffer scratch)
    {
        if (json.Length > limits.MessageBytes)
            throw BadFrameException.TooLarge("The message is larger than the limit.");
        if (!System.Text.Unicode.Utf8.IsValid(json))
            throw BadFrameException.Shape("The message is not UTF-8.");
        var scan = new FrameScan(json, limits, scratch);
        scan.Object(limits.MessageKeys);
        return scan;
    }

    /// <summary>Scans an object that stands inside a scanned message.</summary>
    public readonly FrameScan Inner(ReadOnlySpan<byte> json)
    {
        var scan = new FrameScan(json, _limits, _scratch);
        scan.Object(int.MaxValue);
        return scan;
    }

    private void Object(int keysLeft)
    {
        // One level more than is allowed, so that it is we who notice, and say so.
        var reader = new Utf8JsonReader(_json, new JsonReaderOptions { MaxDepth = _limits.Depth + 1 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw BadFrameException.Json("The frame is not a JSON object.");

        var keys = 0;
        List<string>? unknown = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (--keysLeft < 0)
                throw BadFrameException.TooLarge("The message has too many keys.");
            if (++keys > _limits.ObjectKeys)
                throw BadFrameException.TooLarge("An object has too many keys.");
            var known = TryFind(ref reader, out var property);
            var key = known ? null : CanonicalJson.ReadKey(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var ofDelta = int.MaxValue; // the parts of an edit have a bound of their own
            SkipValue(ref reader, _limits, ref known && property == Property.Edit ? ref ofDelta : ref keysLeft, mayEdit: known && property == Property.Command);
            var length = (int)reader.BytesConsumed - start;
            if (known)
            {
                if (Has(property))
                    throw BadFrameException.Json("A key stands twice in an object.");
                _slices[(int)property] = (start, length);
            }
            else
            {
                // Nobody will read this, but a frame is refused whole or understood whole.
                if ((unknown ??= []).Contains(key!))
                    throw BadFrameException.Json("A key stands twice in an object.");
                unknown.Add(key!);
                Canonical(_json.Slice(start, length));
            }
        }
        reader.Read(); // throws where something follows the object
    }

    private static bool TryFind(ref Utf8JsonReader reader, out Property property)
    {
        Span<char> name = stackalloc char[64];
        if (reader.ValueSpan.Length > name.Length)
        {
            property = default;
            return false;
        }
        return s_byName.TryGetValue(name[..reader.CopyString(name)], out property);
    }

    /// <param name="mayEdit">Whether it is a command, in which the parts of an edit do not count.</param>
    private static void SkipValue(ref Utf8JsonReader reader, WireLimits limits, ref int keysLeft, bool mayEdit = false)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        var outer = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= limits.Depth)
                throw new BadFrameException(ErrorCode.Invalid, ErrorDetails.TooDeep, "The message is nested too deeply.");
            if (reader.TokenType == JsonTokenType.PropertyName && --keysLeft < 0)
                throw BadFrameException.TooLarge("The message has too many keys.");
            if (mayEdit && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == outer + 1 && reader.ValueTextEquals("edit"u8) && reader.Read())
            {
                var ofDelta = int.MaxValue;
                SkipValue(ref reader, limits, ref ofDelta);
            }
        }
        while (reader.Read() && reader.CurrentDepth > outer);
    }

    /// <summary>The steps of an edit.</summary>
    /// <param name="mayBeEmpty">Whether it may have come to nothing, as in events.</param>
    public readonly Delta RequiredDelta(bool mayBeEmpty)
    {
        var slice = Slice(Property.Delta);
        if (slice.IsEmpty)
            throw Wrong(Property.Delta, "an array");
        var reader = Read(slice);
        return Delta.Read(ref reader, _limits.EditSteps, mayBeEmpty);
    }

    public readonly bool Has(Property property) => _slices[(int)property].Length > 0;

    /// <summary>The bytes of a property's value; empty where it is absent or null.</summary>
    public readonly ReadOnlySpan<byte> Slice(Property property)
    {
        var (start, length) = _slices[(int)property];
        var slice = _json.Slice(start, length);
        return slice.SequenceEqual("null"u8) ? default : slice;
    }

    public readonly string? Text(Property property)
    {
        var slice = Slice(property);
        if (slice.IsEmpty)
            return null;
        if (slice[0] != '"')
            throw Wrong(property, "a string");
        var reader = new Utf8JsonReader(slice);
        reader.Read();
        return CanonicalJson.ReadString(ref reader);
    }

    public readonly string RequiredText(Property property) => Text(property) ?? throw Wrong(property, "a string");

    public readonly string? Name(Property property) =>
        Text(property) is { } text ? Names.IsName(text) ? text : throw Wrong(property, "1 to 64 of [A-Za-z0-9._:-]") : null;

    public readonly string RequiredName(Property property) => Name(property) ?? throw Wrong(property, "1 to 64 of [A-Za-z0-9._:-]");

    public readonly string RequiredProject() =>
        RequiredText(Property.Project) is var text && Names.IsProjectId(text) ? text : throw Wrong(Property.Project, "a project id");

    public readonly bool? Flag(Property property)
    {
        var slice = Slice(property);
        return slice.IsEmpty ? null : slice[0] switch { (byte)'t' => true, (byte)'f' => false, _ => throw Wrong(property, "true or false") };
    }

    /// <summary>A whole number from <paramref name="min"/> to 2^53 - 1, written without point or exponent.</summary>
    public readonly long? Integer(Property property, long min = 0, long max = CanonicalNumber.SafeInteger)
    {
        var slice = Slice(property);
        if (slice.IsEmpty)
            return null;
        return System.Buffers.Text.Utf8Parser.TryParse(slice, out long number, out var used) && used == slice.Length && number >= min && number <= max
            ? number
            : throw Wrong(property, "a whole number in bounds");
    }

    public readonly long RequiredInteger(Property property, long min = 0, long max = CanonicalNumber.SafeInteger) =>
        Integer(property, min, max) ?? throw Wrong(property, "a whole number");

    /// <summary>Any JSON value but absent; null is a value.</summary>
    public readonly CanonicalValue RequiredValue(Property property)
    {
        var (start, length) = _slices[(int)property];
        return length == 0 ? throw Wrong(property, "a value") : Canonical(_json.Slice(start, length));
    }

    public readonly CanonicalValue? Value(Property property) => Has(property) ? RequiredValue(property) : null;

    private readonly CanonicalValue Canonical(ReadOnlySpan<byte> slice)
    {
        var reader = Read(slice);
        _scratch.Clear();
        CanonicalJson.Write(_scratch, ref reader, _limits.ObjectKeys);
        return new(_scratch.Written.ToArray());
    }

    /// <summary>An object opened one level; null where it is absent.</summary>
    /// <param name="named">Whether its keys must be names.</param>
    public readonly JsonFields? Fields(Property property, bool named)
    {
        var slice = Slice(property);
        if (slice.IsEmpty)
            return null;
        var reader = Read(slice);
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Wrong(property, "an object");
        var fields = JsonFields.Read(ref reader, _limits.ObjectKeys);
        if (named)
        {
            foreach (var field in fields)
            {
                if (!Names.IsName(field.Name))
                    throw BadFrameException.Shape("A field's name is not 1 to 64 of [A-Za-z0-9._:-].");
            }
        }
        return fields;
    }

    public readonly JsonFields RequiredFields(Property property, bool named) => Fields(property, named) ?? throw Wrong(property, "an object");

    /// <summary>An object's own properties; <paramref name="found"/> tells whether it is there.</summary>
    public readonly FrameScan Object(Property property, out bool found)
    {
        var slice = Slice(property);
        found = !slice.IsEmpty;
        return !found ? default : slice[0] == '{' ? Inner(slice) : throw Wrong(property, "an object");
    }

    /// <summary>The elements of an array, as slices of the frame; none where it is absent.</summary>
    public readonly List<Range> Elements(Property property)
    {
        var elements = new List<Range>();
        var slice = Slice(property);
        if (slice.IsEmpty)
            return elements;
        var origin = _slices[(int)property].Start;
        var reader = Read(slice);
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Wrong(property, "an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            elements.Add(new Range(origin + start, origin + (int)reader.BytesConsumed));
        }
        return elements;
    }

    public readonly ReadOnlySpan<byte> At(Range range) => _json[range];

    private readonly Utf8JsonReader Read(ReadOnlySpan<byte> slice)
    {
        var reader = new Utf8JsonReader(slice, new JsonReaderOptions { MaxDepth = _limits.Depth + 1 });
        reader.Read();
        return reader;
    }

    public static BadFrameException Wrong(Property property, string wanted) =>
        BadFrameException.Shape($"'{s_texts[(int)property]}' must be {wanted}.");
}
