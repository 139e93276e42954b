using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using EventOnly.Protocol.Text;

namespace EventOnly.Tools.Traces;

/// <summary>
/// Reads the traces of github.com/josephg/editing-traces: JSON, or JSON packed with gzip.
/// <code>
///   one after the other   {"startContent":"","endContent":"…","txns":[{"patches":[[position, deleted, "inserted"], …]}, …]}
///   two at once           {"writers":2,"endLength":n,"endSha256":"…"}
///                         {"w":0,"seen":n,"p":[[position, deleted, "inserted"], …]}     a line for each edit
/// </code>
/// Patches of one edit stand one after the other and are one change. Positions count code points, as those traces do.
/// </summary>
internal static class TraceReader
{
    private const string Neither = "it is neither a sequential trace (startContent, endContent, txns) nor a script of two writers (writers, endLength, endSha256)";

    /// <exception cref="TraceException">It is none, or does not end with the text that it says.</exception>
    public static Trace Read(FileInfo file)
    {
        var name = file.Name.Split('.')[0];
        try
        {
            var values = ReadValues(Unpack(file));
            if (values is not [{ ValueKind: JsonValueKind.Object } head, ..])
                throw new TraceException($"{file.Name}: {Neither}.");
            if (head.TryGetProperty("endSha256", out _))
                return ReadConcurrent(name, head, values);
            if (values.Count > 1 || !head.TryGetProperty("txns", out var transactions))
                throw new TraceException($"{file.Name}: {Neither}.");
            if (head.TryGetProperty("kind", out var kind) && kind.ValueEquals("concurrent"))
                throw new TraceException($"{file.Name}: its edits name those they follow. Play it as a script of two writers (writers, endLength, endSha256).");
            return ReadSequential(name, head, transactions);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidDataException)
        {
            throw new TraceException($"{file.Name}: it is no JSON, packed or not: {wrong.Message}");
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new TraceException($"{file.Name}: {Neither}."); // something in its head is missing, or of another type
        }
    }

    private static SequentialTrace ReadSequential(string name, JsonElement head, JsonElement transactions)
    {
        var (start, end) = (head.GetProperty("startContent").GetString()!, head.GetProperty("endContent").GetString()!);
        var author = new TraceText(start);
        var edits = new List<Delta>(transactions.GetArrayLength());
        foreach (var transaction in transactions.EnumerateArray())
        {
            var delta = ReadEdit(name, edits.Count + 1, transaction, "patches", author.Edit);
            if (!delta.IsEmpty)
                edits.Add(delta);
        }
        if (!string.Equals(author.Text.ToString(), end, StringComparison.Ordinal))
            throw new TraceException($"{name}: its edits do not lead to its endContent.");
        return new(name, start, edits, end);
    }

    private static ConcurrentTrace ReadConcurrent(string name, JsonElement head, List<JsonElement> values)
    {
        var edits = new List<ConcurrentEdit>(values.Count - 1);
        foreach (var line in values.Skip(1))
        {
            var (writer, seen) = (0, 0);
            var delta = ReadEdit(name, edits.Count + 1, line, "p", patches =>
            {
                (writer, seen) = (line.GetProperty("w").GetInt32(), line.GetProperty("seen").GetInt32());
                return ToDelta(patches);
            });
            if (writer is not (0 or 1))
                throw new TraceException(string.Create(CultureInfo.InvariantCulture, $"{name}, edit {edits.Count + 1}: there are two writers, 0 and 1."));
            edits.Add(new(writer, seen, delta));
        }
        return new(name, edits, head.GetProperty("endLength").GetInt32(), head.GetProperty("endSha256").GetString()!);
    }

    /// <summary>The patches of an edit as one change; without a text at hand positions are units, which is the same where no character needs two.</summary>
    private static Delta ToDelta(JsonElement patches)
    {
        var delta = Delta.Empty;
        foreach (var patch in patches.EnumerateArray())
        {
            var inserted = patch[2].GetString()!;
            if (inserted.Any(char.IsSurrogate))
                throw new TraceException("a script of two writers is played without their texts, so it may hold no character above U+FFFF");
            delta = delta.Compose(Delta.Replace(patch[0].GetInt32(), patch[1].GetInt32(), inserted));
        }
        return delta;
    }

    private static Delta ReadEdit(string name, int number, JsonElement edit, string patches, Func<JsonElement, Delta> read)
    {
        try
        {
            return read(edit.GetProperty(patches));
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException or ArgumentException or TraceException)
        {
            var why = wrong is TraceException ? wrong.Message : $"\"{patches}\" is to hold [[position, deleted, \"inserted\"], …] within the text";
            throw new TraceException(string.Create(CultureInfo.InvariantCulture, $"{name}, edit {number}: {why}."));
        }
    }

    private static List<JsonElement> ReadValues(byte[] json)
    {
        var values = new List<JsonElement>();
        var reader = new Utf8JsonReader(json, new() { AllowMultipleValues = true });
        while (reader.Read())
            values.Add(JsonElement.ParseValue(ref reader));
        return values;
    }

    private static byte[] Unpack(FileInfo file)
    {
        var bytes = File.ReadAllBytes(file.FullName);
        if (bytes is not [0x1F, 0x8B, ..]) // RFC 1952 section 2.3.1
            return bytes;
        using var unpacked = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        packed.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
