using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>The pieces that frames are spliced from. Keys come with their comma and colon, so that a frame reads as its grammar.</summary>
internal static class Splicing
{
    public static Utf8Buffer OptionalText(this Utf8Buffer output, ReadOnlySpan<byte> key, string? value) =>
        value is null ? output : output.Raw(key).String(value);

    public static Utf8Buffer OptionalNumber(this Utf8Buffer output, ReadOnlySpan<byte> key, long? value) =>
        value is { } number ? output.Raw(key).Number(number) : output;

    public static Utf8Buffer List<T>(this Utf8Buffer output, ImmutableArray<T> items, Action<Utf8Buffer, T> write)
    {
        output.Raw((byte)'[');
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                output.Raw((byte)',');
            write(output, items[i]);
        }
        return output.Raw((byte)']');
    }

    /// <summary>The beginning of a request: <c>{"type":…,"id":…,"project":…</c>.</summary>
    public static Utf8Buffer Request(this Utf8Buffer output, ReadOnlySpan<byte> type, string id, string project) =>
        output.Raw("{\"type\":\""u8).Raw(type).Raw("\",\"id\":"u8).String(id).Raw(",\"project\":"u8).String(project);

    /// <summary>The beginning of an answer: <c>{"type":"result","id":…</c>.</summary>
    public static Utf8Buffer Result(this Utf8Buffer output, string id) => output.Raw("{\"type\":\"result\",\"id\":"u8).String(id);

    public static Utf8Buffer Deltas(this Utf8Buffer output, ImmutableArray<FieldDelta> deltas)
    {
        var separator = (byte)'{';
        foreach (var (field, delta) in deltas)
        {
            output.Raw(separator).String(field).Raw((byte)':').Number(delta);
            separator = (byte)',';
        }
        return output.Raw((byte)'}');
    }

    /// <summary><c>{"entity":…,"kind":…,"version":…,"data":…}</c>, as snapshots, query results and conflicts carry it.</summary>
    public static void EntityObject(this Utf8Buffer output, Entity entity)
    {
        output.Raw("{\"entity\":"u8).String(entity.Id).Raw(",\"kind\":"u8).String(entity.Kind)
            .Raw(",\"version\":"u8).Number(entity.Version).Raw(",\"data\":"u8);
        TextMarker.Write(output, entity.Data, entity.Texts);
        output.Raw((byte)'}');
    }

    public static void Present(this Utf8Buffer output, PresentMember member)
    {
        output.Raw("{\"session\":"u8).String(member.Session).Raw(",\"user\":{\"name\":"u8).String(member.UserName).Raw("},\"data\":"u8);
        member.Data.WriteTo(output);
        output.Raw((byte)'}');
    }
}
