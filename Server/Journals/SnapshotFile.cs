using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>What a snapshot begins with, so that its place in the journal can be found and checked without reading the rest.</summary>
/// <param name="AtMs">The time of its last event, in milliseconds since 1970-01-01 UTC.</param>
/// <param name="After">Names the segment that has its last event: the seq before that segment's first.</param>
/// <param name="Place">The place behind that event.</param>
internal sealed record SnapshotHeader(
    string Project, string Epoch, long AtMs, long After, Place Place, int Entities, int Sessions, StateHash Hash)
{
    public long Seq => Place.Seq;
}

/// <summary>
/// The grammar of a snapshot's file: lines as a segment has them (<see cref="JournalLine"/>), whose checksums continue from the journal's line at its seq.
/// <code>
///   snapshot = header *entity *session     named by its seq: 00000000000000001042.snapshot
///   header   = {"type":"snapshot","format":1,"project":P,"epoch":E,"seq":SEQ,"at":TIME,"after":SEQ,"offset":BYTES,"chain":CRC,
///               "entities":COUNT,"sessions":COUNT,"hash":HASH,"synced":SEQ,"crc":CRC} LF
///   entity   = {"entity":ID,"kind":KIND,"version":SEQ,"data":{…},"synced":SEQ,"crc":CRC} LF       sorted by id; texts as in wire.md
///   session  = {"session":ID,"highest":N,"mask":"16 hex digits","last":SEQ,"synced":SEQ,"crc":CRC} LF
/// </code>
/// <c>after</c>, <c>offset</c>, <c>chain</c>: in the segment after that seq, the line before that offset has that checksum. The mask is text, for
/// it has more bits than a script's numbers.
/// </summary>
internal static class SnapshotFile
{
    private const string Ending = ".snapshot";

    /// <summary>What a crash may leave: never read, removed at the next opening.</summary>
    public const string Unfinished = ".new";

    /// <summary>A step of writing: never the whole project in one buffer.</summary>
    private const int StepBytes = 256 * 1024;

    /// <summary>Synced step by step: what is appended meanwhile would wait for all of it together.</summary>
    private const int SyncBytes = 8 * 1024 * 1024;

    /// <summary>More than any header has.</summary>
    private const int HeaderBytesMax = 4096;

    public static string NameOf(long seq) => seq.ToString("D20", CultureInfo.InvariantCulture) + Ending;

    /// <summary>The seq of a snapshot; null where a file's name is not a snapshot's.</summary>
    public static long? SeqOf(string name) =>
        name.Length == 20 + Ending.Length && name.EndsWith(Ending, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;

    public static bool IsUnfinished(string name) => name.EndsWith(Ending + Unfinished, StringComparison.Ordinal);

    /// <summary>Writes a state into an empty file. Its end is still to be synced.</summary>
    public static void Write(IJournalFile file, SnapshotHeader header, ProjectState state)
    {
        var writer = new Writer(file, header);
        writer.Put(json => Write(json, header));
        foreach (var (_, entity) in state.Entities)
            writer.Put(json => WireCodec.Encode(json, entity));
        foreach (var (id, mark) in state.Sessions)
            writer.Put(json => Write(json, id, mark));
        writer.Flush();
    }

    private sealed class Writer(IJournalFile file, SnapshotHeader header)
    {
        private readonly Utf8Buffer _json = new(4096, StepBytes);
        private readonly Utf8Buffer _lines = new(StepBytes, StepBytes * 2);
        private uint _crc = header.Place.Crc;
        private long _offset;
        private long _synced;

        public void Put(Action<Utf8Buffer> write)
        {
            _json.Clear();
            write(_json);
            _crc = JournalLine.Write(_lines, _json.Written, header.Seq, _crc);
            if (_lines.Length >= StepBytes)
                Flush();
        }

        public void Flush()
        {
            file.WriteAll(_offset, _lines.Written);
            _offset += _lines.Length;
            _lines.Clear();
            if (_offset - _synced < SyncBytes)
                return;
            file.Sync();
            _synced = _offset;
        }
    }

    private static void Write(Utf8Buffer json, SnapshotHeader header)
    {
        json.Raw("{\"type\":\"snapshot\",\"format\":1,\"project\":"u8).String(header.Project).Raw(",\"epoch\":"u8).String(header.Epoch)
            .Raw(",\"seq\":"u8).Number(header.Seq).Raw(",\"at\":"u8).Moment(header.AtMs)
            .Raw(",\"after\":"u8).Number(header.After).Raw(",\"offset\":"u8).Number(header.Place.Offset).Raw(",\"chain\":\""u8);
        JournalLine.WriteHex(json, header.Place.Crc);
        json.Raw("\",\"entities\":"u8).Number(header.Entities).Raw(",\"sessions\":"u8).Number(header.Sessions)
            .Raw(",\"hash\":"u8).String(header.Hash.ToString()).Raw((byte)'}');
    }

    private static void Write(Utf8Buffer json, string id, SessionMark mark)
    {
        json.Raw("{\"session\":"u8).String(id).Raw(",\"highest\":"u8).Number(mark.Highest).Raw(",\"mask\":\""u8);
        Utf8Formatter.TryFormat(mark.Mask, json.Take(16), out _, new('x', 16));
        json.Raw("\",\"last\":"u8).Number(mark.LastSeq).Raw((byte)'}');
    }

    /// <summary>The header, checked for itself; null where there is none.</summary>
    public static SnapshotHeader? ReadHeader(IJournalFile file)
    {
        var lines = new LineReader(file, 0, Math.Min(file.Length, HeaderBytesMax));
        return lines.TryNext(out var line) ? ParseHeader(line.Span, out _) : null;
    }

    /// <summary>The whole state, checked to its last byte; null where anything in the file is not as it was written.</summary>
    public static ProjectState? Read(IJournalFile file, SnapshotHeader expected)
    {
        var length = file.Length;
        var lines = new LineReader(file, 0, length);
        if (!lines.TryNext(out var line) || ParseHeader(line.Span, out var crc) is not { } header || header != expected)
            return null;
        var codec = new WireCodec(WireLimits.Trusted);
        var json = new Utf8Buffer(4096, StepBytes);
        var entities = new List<KeyValuePair<string, Entity>>(header.Entities);
        var sessions = new List<KeyValuePair<string, SessionMark>>(header.Sessions);
        for (var i = 0; i < header.Entities; i++)
        {
            if (!TryReadLine(lines, json, ref crc) || codec.TryDecodeEntity(json.Written, header.Seq) is not { } entity)
                return null;
            entities.Add(new(entity.Id, entity));
        }
        for (var i = 0; i < header.Sessions; i++)
        {
            if (!TryReadLine(lines, json, ref crc) || ParseSession(json.Written) is not { } session)
                return null;
            sessions.Add(session);
        }
        if (lines.Offset != length || !IsSorted(entities) || !IsSorted(sessions))
            return null;
        var state = ProjectState.Restore(header.Seq, header.AtMs, entities, sessions);
        return state.Hash == header.Hash ? state : null;
    }

    private static bool TryReadLine(LineReader lines, Utf8Buffer json, ref uint crc)
    {
        if (!lines.TryNext(out var line) || !JournalLine.TryRead(line.Span, crc, out crc, out _, out var members))
            return false;
        json.Clear();
        json.Raw(line.Span[..members]).Raw((byte)'}');
        return true;
    }

    private static bool IsSorted<T>(List<KeyValuePair<string, T>> items)
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (string.CompareOrdinal(items[i - 1].Key, items[i].Key) >= 0)
                return false;
        }
        return true;
    }

    private static SnapshotHeader? ParseHeader(ReadOnlySpan<byte> line, out uint crc)
    {
        crc = 0;
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.GetProperty("type").GetString() != "snapshot" || root.GetProperty("format").GetInt32() != 1
                || !JournalLine.TryReadHex(Encoding.ASCII.GetBytes(Text("chain")), out var chain) || !StateHash.TryParse(Text("hash"), out var hash)
                || !JournalLine.TryRead(line, chain, out crc, out _, out _))
            {
                return null;
            }
            return new(
                Text("project"), Text("epoch"), root.GetProperty("at").GetDateTimeOffset().ToUnixTimeMilliseconds(), root.GetProperty("after").GetInt64(),
                new(root.GetProperty("seq").GetInt64(), root.GetProperty("offset").GetInt64(), chain),
                root.GetProperty("entities").GetInt32(), root.GetProperty("sessions").GetInt32(), hash);

            string Text(string name) => root.GetProperty(name).GetString() ?? "";
        }
        catch (Exception notOurs) when (notOurs is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static KeyValuePair<string, SessionMark>? ParseSession(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var mask = ulong.Parse(root.GetProperty("mask").GetString() ?? "", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            return new(root.GetProperty("session").GetString() ?? "", new(root.GetProperty("highest").GetInt64(), mask, root.GetProperty("last").GetInt64()));
        }
        catch (Exception notOurs) when (notOurs is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}
