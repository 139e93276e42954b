using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Record;

/// <summary>What a segment of a journal says in its first line.</summary>
/// <param name="After">The seq before its first event.</param>
internal sealed record SegmentHead(string Project, long After)
{
    /// <summary>Null where a file's first line is not a segment's.</summary>
    public static SegmentHead? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "segment"
                ? new(root.GetProperty("project").GetString() ?? "", root.GetProperty("after").GetInt64())
                : null;
        }
        catch (Exception notOurs) when (notOurs is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>
/// Reads the events of segments, as lines of JSON: also while a server writes them. Checksums are not looked at: that is what <c>verify</c> is for.
/// What a crash or a writer left unfinished at the end of the last one is left out, and told.
/// </summary>
internal static class SegmentFiles
{
    /// <summary>The segments of a project's folder, in order.</summary>
    public static FileInfo[] In(string folder) =>
        [.. new DirectoryInfo(folder).EnumerateFiles("*.jsonl").Where(file => file.Name.Length == 26 && file.Name[..20].All(char.IsAsciiDigit)).OrderBy(file => file.Name, StringComparer.Ordinal)];

    public static async Task<SegmentHead?> HeadAsync(FileInfo file, CancellationToken ct)
    {
        await foreach (var line in LinesAsync(file, ct))
            return SegmentHead.Read(line);
        return null;
    }

    /// <summary>Files of a data folder that may hold events which a crash has kept from their own files (docs/durability.md).</summary>
    public static IEnumerable<FileInfo> Daybooks(DirectoryInfo data) =>
        data.EnumerateFiles("daybook-*.jsonl").OrderBy(file => file.Name, StringComparer.Ordinal);

    /// <param name="leftOut">Told what was left out, for people.</param>
    /// <exception cref="RecordException">The files are not one journal, or a line in the middle is no event.</exception>
    public static async IAsyncEnumerable<ProjectEvent> ReadAsync(IReadOnlyList<FileInfo> files, Action<string> leftOut, [EnumeratorCancellation] CancellationToken ct)
    {
        if (files.Count > 0 && files[0].Directory?.Parent is { } data)
        {
            foreach (var daybook in Daybooks(data))
                leftOut($"{daybook.Name}: not looked at. A server runs, or one has crashed: then its next start puts in place what stands there, and the newest events may be missing here until then.");
        }
        var codec = new WireCodec(WireLimits.Trusted);
        long? seq = null;
        for (var i = 0; i < files.Count; i++)
        {
            var (number, torn) = (0L, 0L);
            await foreach (var line in LinesAsync(files[i], ct))
            {
                if (++number == 1)
                {
                    var head = SegmentHead.Read(line) ?? throw new RecordException($"{files[i].Name} is no segment of a journal.");
                    seq = head.After == (seq ?? head.After) ? head.After : throw new RecordException($"{files[i].Name} does not continue from event {seq}: a segment is missing.");
                }
                else if (codec.TryDecodeEvent(line) is not { } happened)
                {
                    torn = torn == 0 ? number : torn;
                }
                else if (torn == 0 && happened.Seq == seq + 1)
                {
                    seq++;
                    yield return happened;
                }
                else // an event that follows what is none, or another event
                {
                    throw NotThatEvent(torn == 0 ? number : torn);
                }
            }
            if (torn == 0)
                continue;
            if (i < files.Count - 1)
                throw NotThatEvent(torn);
            leftOut($"{files[i].Name}, line {torn}: not the event {seq + 1}; it and what follows are left out.");

            RecordException NotThatEvent(long at) => new($"{files[i].Name}, line {at}: not the event {seq + 1}. ./run.sh verify tells more.");
        }
    }

    /// <summary>Lines that end with a line break; what follows the last one is unfinished.</summary>
    private static async IAsyncEnumerable<byte[]> LinesAsync(FileInfo file, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 256 * 1024));
        while (true)
        {
            var read = await pipe.ReadAsync(ct);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return rest.Slice(0, end).ToArray();
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            if (read.IsCompleted)
                break;
            pipe.AdvanceTo(rest.Start, rest.End);
        }
        await pipe.CompleteAsync();
    }
}
