using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>What a segment begins with, so that it can be understood and checked alone.</summary>
/// <param name="After">The seq before the segment's first.</param>
/// <param name="Chain">The checksum of the line before, in the segment before; 0 where there is none.</param>
internal readonly record struct SegmentHeader(string Project, string Epoch, long After, uint Chain);

/// <summary>
/// The grammar of a journal's files, as pure functions over bytes.
/// <code>
///   segment = header *line                 named by the seq of its first line: 00000000000000000001.jsonl
///   header  = {"type":"segment","format":1,"project":P,"epoch":E,"after":SEQ,"chain":CRC,"synced":SEQ,"crc":CRC} LF
///   line    = {event's own properties,"synced":SEQ,"crc":CRC} LF
/// </code>
/// <c>synced</c>: every line up to this seq was on the disk before this one was written; it tells a torn tail from a damaged middle.
/// <c>crc</c>: CRC32C of everything in the line before it, continued from the line before: one line at another place, or of another
/// journal, does not fit. Eight hexadecimal digits.
/// </summary>
internal static class JournalLine
{
    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>Bytes of <c>,"crc":"01234567"}</c>.</summary>
    private const int TrailerBytes = 18;

    private static ReadOnlySpan<byte> Synced => "\"synced\":"u8;

    private static ReadOnlySpan<byte> Crc => ",\"crc\":\""u8;

    public static void ThrowIfNoEntry(ReadOnlySpan<byte> json)
    {
        if (json.Length < 2 || json[0] != '{' || json[^1] != '}' || json.Contains((byte)'\n'))
            throw new ArgumentException("An entry is one JSON object on one line.", nameof(json));
    }

    /// <summary>Writes an event as a line and gives its checksum.</summary>
    public static uint Write(Utf8Buffer output, ReadOnlySpan<byte> json, long synced, uint previous)
    {
        var start = output.Length;
        output.Raw(json[..^1]);
        if (json.Length > 2)
            output.Raw((byte)',');
        output.Raw(Synced).Number(synced);
        var crc = Checksum(output.Written[start..], previous);
        output.Raw(Crc);
        WriteHex(output, crc);
        output.Raw("\"}\n"u8);
        return crc;
    }

    public static uint Write(Utf8Buffer output, SegmentHeader header)
    {
        var json = new Utf8Buffer();
        json.Raw("{\"type\":\"segment\",\"format\":1,\"project\":"u8).String(header.Project).Raw(",\"epoch\":"u8).String(header.Epoch)
            .Raw(",\"after\":"u8).Number(header.After).Raw(",\"chain\":\""u8);
        WriteHex(json, header.Chain);
        json.Raw("\"}"u8);
        return Write(output, json.Written, header.After, header.Chain);
    }

    /// <summary>Checks a line, given without its line break, against the one before it.</summary>
    /// <param name="members">How many of its bytes are the event without its closing brace.</param>
    public static bool TryRead(ReadOnlySpan<byte> line, uint previous, out uint crc, out long synced, out int members)
    {
        crc = 0;
        if (!TryReadTrailer(line, out var stored, out synced, out members))
            return false;
        crc = Checksum(line[..^TrailerBytes], previous);
        return crc == stored;
    }

    /// <summary>Reads a segment's first line, given without its line break; its checksum is checked, its place among others is not.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> line, out SegmentHeader header, out uint crc)
    {
        (header, crc) = (default, 0);
        try
        {
            if (line.Length < TrailerBytes || Parse(line) is not { } parsed || !TryRead(line, parsed.Chain, out crc, out _, out _))
                return false;
            header = parsed;
            return true;
        }
        catch (Exception notOurs) when (notOurs is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return false;
        }
    }

    private static SegmentHeader? Parse(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.GetProperty("type").GetString() != "segment" || root.GetProperty("format").GetInt32() != 1)
            return null;
        return TryReadHex(Encoding.ASCII.GetBytes(root.GetProperty("chain").GetString() ?? ""), out var chain)
            ? new(root.GetProperty("project").GetString() ?? "", root.GetProperty("epoch").GetString() ?? "", root.GetProperty("after").GetInt64(), chain)
            : null;
    }

    /// <summary>
    /// Whether what follows a bad line shows that this line was once on the disk, so that this is damage: a line that says it was written
    /// after a sync that covered the bad one, or the right line at the wrong place. Where there is none, it is a write that a crash cut
    /// short, of which any sectors may have reached the disk: then good lines of the same write may stand behind a bad one.
    /// </summary>
    /// <param name="rest">The segment from the bad line on.</param>
    /// <param name="previous">The checksum before the bad line.</param>
    /// <param name="seq">The bad line's seq.</param>
    public static bool ShowsDamage(ReadOnlySpan<byte> rest, uint previous, long seq)
    {
        for (var start = 0; rest[start..].IndexOf((byte)'\n') is >= 0 and var length; start += length + 1)
        {
            var line = rest.Slice(start, length);
            // The saying alone is enough, for its own line may hang from the bad one. Text of users never stands before a line break.
            if (TryReadTrailer(line, out _, out var synced, out _) && synced >= seq)
                return true;
            if (start > 0 && TryRead(line, previous, out _, out _, out _))
                return true;
        }
        return false;
    }

    /// <summary>CRC32C (RFC 3720 appendix B.4), continued from the bytes before.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes, uint previous)
    {
        var crc = ~previous;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var last in bytes)
            crc = BitOperations.Crc32C(crc, last);
        return ~crc;
    }

    /// <summary>The checksum that the line before an offset says it has.</summary>
    public static bool TryReadCrcBefore(IJournalFile file, long offset, out uint crc)
    {
        crc = 0;
        if (offset <= TrailerBytes || offset > file.Length)
            return false;
        var trailer = new byte[TrailerBytes + 1];
        file.ReadAll(offset - trailer.Length, trailer);
        return trailer.AsSpan(0, Crc.Length).SequenceEqual(Crc) && trailer.AsSpan(Crc.Length + 8).SequenceEqual("\"}\n"u8)
            && TryReadHex(trailer.AsSpan(Crc.Length, 8), out crc);
    }

    private static bool TryReadTrailer(ReadOnlySpan<byte> line, out uint stored, out long synced, out int members)
    {
        (stored, synced, members) = (0, 0, 0);
        if (line.Length <= TrailerBytes || !line[^TrailerBytes..^10].SequenceEqual(Crc) || !line[^2..].SequenceEqual("\"}"u8)
            || !TryReadHex(line[^10..^2], out stored))
        {
            return false;
        }
        var body = line[..^TrailerBytes];
        var mark = body.LastIndexOf(Synced);
        if (mark < 1 || !Utf8Parser.TryParse(body[(mark + Synced.Length)..], out synced, out var digits) || mark + Synced.Length + digits != body.Length)
            return false;
        members = body[mark - 1] == ',' ? mark - 1 : mark;
        return true;
    }

    public static void WriteHex(Utf8Buffer output, uint value) => Utf8Formatter.TryFormat(value, output.Take(8), out _, new('x', 8));

    /// <summary>Small letters only: a digit has one form, so that no damage to it goes unseen.</summary>
    public static bool TryReadHex(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        return text.Length == 8 && !text.ContainsAnyExcept(s_hex)
            && Utf8Parser.TryParse(text, out value, out var digits, 'x') && digits == 8;
    }
}
