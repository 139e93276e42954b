using System.Buffers.Text;

namespace EventOnly.Tools.Load;

/// <summary>What a frame is, as far as its first bytes tell.</summary>
internal enum HeadKind
{
    /// <summary>Whatever else: it must be decoded.</summary>
    Other,
    Event,
    Broadcast,

    /// <summary>One part of a snapshot that follows a join.</summary>
    Snapshot,
}

/// <summary>
/// The beginning of a frame as the server writes it: <c>{"type":"update","project":"p","seq":7,…</c>. For thousands of members, all of whom get the
/// same bytes, that is all that has to be read. What stands otherwise is <see cref="HeadKind.Other"/> and goes the general way.
/// </summary>
/// <param name="Seq">Of an event or a snapshot; of a broadcast its data, where that is a whole number.</param>
/// <param name="Part">Of a snapshot.</param>
/// <param name="Parts">Of a snapshot.</param>
internal readonly record struct MessageHead(HeadKind Kind, long Seq = 0, long Part = 0, long Parts = 0)
{
    private static ReadOnlySpan<byte> Beginning => "{\"type\":\""u8;

    /// <param name="frame">One message.</param>
    /// <param name="project">The UTF-8 of the project's id that is expected.</param>
    public static MessageHead Read(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> project)
    {
        if (!frame.StartsWith(Beginning))
            return default;
        var rest = frame[Beginning.Length..];
        var kind = TakeKind(ref rest);
        if (kind == HeadKind.Other || !Skip(ref rest, "\"project\":\""u8) || !Skip(ref rest, project) || !Skip(ref rest, "\","u8))
            return default;
        if (kind == HeadKind.Broadcast)
            return new(kind, Skip(ref rest, "\"topic\":\"load\",\"data\":"u8) && TakeNumber(ref rest, out var data) ? data : 0);
        if (!Skip(ref rest, "\"seq\":"u8) || !TakeNumber(ref rest, out var seq) || !Skip(ref rest, ","u8))
            return default;
        if (kind == HeadKind.Event)
            return new(kind, seq);
        return Skip(ref rest, "\"part\":"u8) && TakeNumber(ref rest, out var part) && Skip(ref rest, ",\"parts\":"u8) && TakeNumber(ref rest, out var parts)
            ? new(kind, seq, part, parts)
            : default;
    }

    private static HeadKind TakeKind(ref ReadOnlySpan<byte> rest)
    {
        if (Skip(ref rest, "update\","u8) || Skip(ref rest, "create\","u8) || Skip(ref rest, "delete\","u8) || Skip(ref rest, "batch\","u8))
            return HeadKind.Event;
        if (Skip(ref rest, "broadcast\","u8))
            return HeadKind.Broadcast;
        return Skip(ref rest, "snapshot\","u8) ? HeadKind.Snapshot : HeadKind.Other;
    }

    private static bool Skip(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> expected)
    {
        if (!rest.StartsWith(expected))
            return false;
        rest = rest[expected.Length..];
        return true;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> rest, out long number)
    {
        if (!Utf8Parser.TryParse(rest, out number, out var digits))
            return false;
        rest = rest[digits..];
        return true;
    }
}
