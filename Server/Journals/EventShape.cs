using System.Buffers.Text;
using System.Text.Json;

namespace EventOnly.Server.Journals;

/// <summary>
/// Looks through a line once, keeping nothing: is it whole JSON, of the shape of an event, and of which project and seq? Not by the wire's codec,
/// so that a check does not share its faults, and takes a fraction of its time.
/// </summary>
internal static class EventShape
{
    [Flags]
    private enum Has { None = 0, Type = 1, Project = 2, Seq = 4, At = 8, By = 16, Session = 32, N = 64, Entity = 128, Kind = 256, Version = 512, Data = 1024, Change = 2048, Ops = 4096 }

    private const Has Every = Has.Type | Has.Project | Has.Seq | Has.At | Has.By | Has.Session | Has.N;

    private enum Sort { Unknown, Create, Update, Delete, Batch }

    /// <summary>What is wrong with a line as the event of a project at a seq; null where nothing is.</summary>
    public static string? Refuse(ReadOnlySpan<byte> line, ReadOnlySpan<byte> project, long seq)
    {
        try
        {
            return Look(line, project, seq);
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            return "its checksum is right, but it is not JSON";
        }
    }

    private static string? Look(ReadOnlySpan<byte> line, ReadOnlySpan<byte> project, long seq)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1000 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return "its checksum is right, but it is no event";
        var (has, sort) = (Has.None, Sort.Unknown);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("project"u8) && !reader.ValueTextEquals(project))
                return $"it is an event of project '{reader.GetString()}'";
            if (name.SequenceEqual("seq"u8) && (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var told) || told != seq))
                return $"it is the event of seq {System.Text.Encoding.UTF8.GetString(reader.ValueSpan)}";
            if (name.SequenceEqual("type"u8))
                sort = SortOf(reader.ValueSpan);
            has |= Note(name, ref reader);
            reader.Skip();
        }
        reader.Read(); // whatever follows the object is refused here
        var content = sort switch
        {
            Sort.Create => Has.Entity | Has.Kind | Has.Version | Has.Data,
            Sort.Update => Has.Entity | Has.Version | Has.Change,
            Sort.Delete => Has.Entity,
            Sort.Batch => Has.Ops,
            _ => Has.None, // of a kind that a newer server has learnt
        };
        var missing = (Every | content) & ~has;
        return missing == Has.None ? null : $"its checksum is right, but it is no event: {missing.ToString().ToLowerInvariant()} is missing or wrong";
    }

    private static Sort SortOf(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("create"u8) ? Sort.Create : type.SequenceEqual("update"u8) ? Sort.Update : type.SequenceEqual("delete"u8) ? Sort.Delete
        : type.SequenceEqual("batch"u8) ? Sort.Batch : Sort.Unknown;

    private static Has Note(ReadOnlySpan<byte> name, ref Utf8JsonReader value)
    {
        var found = name.Length switch
        {
            1 when name[0] == 'n' => Has.N,
            2 when name.SequenceEqual("at"u8) => Has.At,
            2 when name.SequenceEqual("by"u8) => Has.By,
            3 when name.SequenceEqual("seq"u8) => Has.Seq,
            3 when name.SequenceEqual("ops"u8) => Has.Ops,
            4 when name.SequenceEqual("type"u8) => Has.Type,
            4 when name.SequenceEqual("kind"u8) => Has.Kind,
            4 when name.SequenceEqual("data"u8) => Has.Data,
            4 when name.SequenceEqual("edit"u8) => Has.Change,
            5 when name.SequenceEqual("patch"u8) => Has.Change,
            6 when name.SequenceEqual("entity"u8) => Has.Entity,
            7 when name.SequenceEqual("project"u8) => Has.Project,
            7 when name.SequenceEqual("session"u8) => Has.Session,
            7 when name.SequenceEqual("version"u8) => Has.Version,
            9 when name.SequenceEqual("increment"u8) => Has.Change,
            _ => Has.None,
        };
        var wanted = found switch
        {
            Has.N or Has.Seq or Has.Version => JsonTokenType.Number,
            Has.Data or Has.Change => JsonTokenType.StartObject,
            Has.Ops => JsonTokenType.StartArray,
            _ => JsonTokenType.String,
        };
        if (value.TokenType != wanted || (wanted == JsonTokenType.Number && !(Utf8Parser.TryParse(value.ValueSpan, out long number, out var digits) && digits == value.ValueSpan.Length && number > 0)))
            return Has.None;
        return found;
    }
}
