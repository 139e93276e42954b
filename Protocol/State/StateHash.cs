using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.State;

/// <summary>
/// The order-independent hash of a state (docs/wire.md section 8): the sum of what its entities contribute, in two lanes of 32 bits, so that a
/// script without 64-bit integers computes the same, and that a changed field costs only that field.
/// </summary>
public readonly record struct StateHash(uint First, uint Second)
{
    private const uint FirstSeed = 0x9747b28c;
    private const uint SecondSeed = 0x3c6ef372;

    public static StateHash Empty => default;

    public static StateHash operator +(StateHash left, StateHash right) => new(left.First + right.First, left.Second + right.Second);

    public static StateHash operator -(StateHash left, StateHash right) => new(left.First - right.First, left.Second - right.Second);

    public static StateHash Add(StateHash left, StateHash right) => left + right;

    public static StateHash Subtract(StateHash left, StateHash right) => left - right;

    /// <summary>16 lower-case hexadecimal digits, as on the wire.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First:x8}{Second:x8}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out StateHash hash)
    {
        hash = default;
        if (text is not { Length: 16 }
            || !uint.TryParse(text.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var first)
            || !uint.TryParse(text.AsSpan(8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var second))
        {
            return false;
        }
        hash = new(first, second);
        return true;
    }

    /// <summary>The state of a hash chain after the parts that all contributions of one entity share: its id.</summary>
    internal static StateHash OfId(string id) => new StateHash(FirstSeed, SecondSeed).Chain(id);

    internal static StateHash OfHeader(StateHash id, string kind, long version) => OfKind(id, kind).OfVersion(version);

    /// <summary>A header's hash chain before its last part.</summary>
    internal static StateHash OfKind(StateHash id, string kind) => id.Chain([]).Chain(kind);

    internal StateHash OfVersion(long version)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(version, digits, out var length);
        return Chain(digits[..length]);
    }

    internal static StateHash OfField(StateHash id, JsonField field) => id.Chain(field.Name).Chain(field.Value.Utf8);

    internal static StateHash OfText(StateHash id, string name, TextBuffer text) => id.Chain(name).OfText(text);

    /// <summary>Behind the field's name: the text's own hash, which an edit brings up to date at the price of what it changed.</summary>
    internal StateHash OfText(TextBuffer text)
    {
        Span<byte> content = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(content, text.Hash.First);
        BinaryPrimitives.WriteUInt32LittleEndian(content[4..], text.Hash.Second);
        BinaryPrimitives.WriteUInt32LittleEndian(content[8..], (uint)text.Length);
        return Chain(content);
    }

    internal StateHash Chain(string part)
    {
        Span<byte> utf8 = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(part, utf8, out var length) ? Chain(utf8[..length]) : Chain(Encoding.UTF8.GetBytes(part));
    }

    /// <summary>MurmurHash3 x86 32-bit (Appleby, public domain), with the lanes as seeds. Both in one pass: most of the work is the same for both.</summary>
    internal StateHash Chain(ReadOnlySpan<byte> part)
    {
        var (first, second) = (First, Second);
        var rest = part;
        for (; rest.Length >= 4; rest = rest[4..])
        {
            var block = Scramble(BinaryPrimitives.ReadUInt32LittleEndian(rest));
            first = BitOperations.RotateLeft(first ^ block, 13) * 5 + 0xe6546b64;
            second = BitOperations.RotateLeft(second ^ block, 13) * 5 + 0xe6546b64;
        }
        uint tail = 0;
        for (var i = rest.Length - 1; i >= 0; i--)
            tail = (tail << 8) | rest[i];
        if (rest.Length > 0)
            (first, second) = (first ^ Scramble(tail), second ^ Scramble(tail));
        return new(Finish(first ^ (uint)part.Length), Finish(second ^ (uint)part.Length));
    }

    private static uint Scramble(uint k) => BitOperations.RotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;

    private static uint Finish(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
