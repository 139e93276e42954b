namespace EventOnly.Tests.Bench.Load;

/// <summary>The event that servers only relay: <c>{"n":7,"p":3,"x":"…"}</c>, the publisher's own number, the publisher, and what makes it long enough.</summary>
internal static class RelayText
{
    private static readonly byte[] s_padding = [.. Enumerable.Repeat((byte)'x', Dialect.EventBytes - """{"n":12345,"p":1,"x":""}""".Length)];

    /// <param name="around">Bytes that the server puts around it: what leaves it for each delivery is to be as long with each of them.</param>
    public static FrameWriter SayEvent(this FrameWriter output, long number, int source, int around = 0) =>
        output.Say("""{"n":"""u8).Say(number).Say(""","p":"""u8).Say(source).Say(",\"x\":\""u8).Say(s_padding.AsSpan(around)).Say("\"}"u8);

    /// <summary>Where an event's number begins; less than 0 where there is no event.</summary>
    public static int Find(ReadOnlySpan<byte> message, int likely)
    {
        var start = """{"n":"""u8;
        if (message.Length > likely + start.Length && message.Slice(likely, start.Length).SequenceEqual(start))
            return likely + start.Length;
        var found = message.IndexOf(start);
        return found < 0 ? -1 : found + start.Length;
    }
}
