using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>What a daybook says before the lines that a project's segment got: where they belong.</summary>
/// <param name="After">Names the segment: the seq before its first.</param>
/// <param name="Offset">Where in the segment the lines begin.</param>
/// <param name="Chain">The checksum of the line before, in the segment.</param>
/// <param name="Lines">How many lines follow.</param>
/// <remarks>
/// The grammar of a daybook, whose lines are as <see cref="JournalLine"/> has them:
/// <code>
///   daybook = head *(post *line)           named daybook-1.jsonl, daybook-2.jsonl, … beside the projects' folders
///   head    = {"type":"daybook","format":1,"id":TEXT,"synced":0,"crc":CRC} LF
///   post    = {"type":"post","project":P,"epoch":E,"segment":SEQ,"offset":BYTES,"chain":CRC,"lines":COUNT,"synced":BYTES,"crc":CRC} LF
///   line    = a line of the segment
/// </code>
/// <c>crc</c> of every post is continued from the head's, so that each can be checked alone; <c>synced</c>: so many bytes of the daybook were on
/// the disk when this was written.
/// </remarks>
internal readonly record struct Post(string Project, string Epoch, long After, long Offset, uint Chain, int Lines)
{
    public static uint WriteHead(Utf8Buffer output, string id)
    {
        var json = new Utf8Buffer();
        json.Raw("{\"type\":\"daybook\",\"format\":1,\"id\":"u8).String(id).Raw((byte)'}');
        return JournalLine.Write(output, json.Written, synced: 0, previous: 0);
    }

    public static bool IsHead(ReadOnlySpan<byte> line, out uint crc) =>
        JournalLine.TryRead(line, 0, out crc, out _, out _) && line.StartsWith("{\"type\":\"daybook\",\"format\":1,"u8);

    public void Write(Utf8Buffer output, Utf8Buffer scratch, long synced, uint head)
    {
        scratch.Clear();
        scratch.Raw("{\"type\":\"post\",\"project\":"u8).String(Project).Raw(",\"epoch\":"u8).String(Epoch).Raw(",\"segment\":"u8).Number(After)
            .Raw(",\"offset\":"u8).Number(Offset).Raw(",\"chain\":\""u8);
        JournalLine.WriteHex(scratch, Chain);
        scratch.Raw("\",\"lines\":"u8).Number(Lines).Raw((byte)'}');
        JournalLine.Write(output, scratch.Written, synced, head);
    }

    public static bool TryRead(ReadOnlySpan<byte> line, uint head, out Post post, out long synced)
    {
        post = default;
        if (!line.StartsWith("{\"type\":\"post\","u8) || !JournalLine.TryRead(line, head, out _, out synced, out _))
        {
            synced = 0;
            return false;
        }
        var reader = new Utf8JsonReader(line); // its checksum fits: it is as we wrote it
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        JournalLine.TryReadHex(Encoding.ASCII.GetBytes(root.GetProperty("chain").GetString()!), out var chain);
        post = new(
            root.GetProperty("project").GetString()!, root.GetProperty("epoch").GetString()!, root.GetProperty("segment").GetInt64(),
            root.GetProperty("offset").GetInt64(), chain, root.GetProperty("lines").GetInt32());
        return true;
    }
}
