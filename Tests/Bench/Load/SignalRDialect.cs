namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// SignalR's JSON protocol, by hand: records that end with 0x1e, cut into frames as its buffers happen to be. With acks, an event is an invocation
/// whose completion is awaited, and goes to the others; else it comes back with all that the group hears.
/// </summary>
internal sealed class SignalRDialect(bool acks) : Dialect
{
    private const byte End = 0x1e;

    private const int EventAt = 45; // {"type":1,"target":"heard","arguments":[{"n":

    private const int Around = 43; // {"type":1,"target":"heard","arguments":[ and ]} and the end

    public override bool CutsMessages => true;

    public override bool AuthorHears => !acks;

    protected override string PathFor(LoadConnection connection) => "/hub";

    public override void Upgraded(LoadConnection connection, LoadLoop loop)
    {
        var output = loop.Begin();
        output.Say("""{"protocol":"json","version":1}"""u8).Say([End]);
        output.End();
        output.Begin();
        output.Say("""{"type":1,"invocationId":"0","target":"Join","arguments":["g"""u8).Say(connection.Group).Say("\"]}"u8).Say([End]);
        output.End();
        loop.Send(connection);
    }

    public override void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        if (connection.Piece.Length > 0)
        {
            message = (byte[])[.. connection.Piece, .. message];
            connection.Piece = [];
        }
        while (message.IndexOf(End) is >= 0 and var end)
        {
            ReadRecord(connection, message[..end], loop);
            message = message[(end + 1)..];
        }
        if (message.Length > 0)
            connection.Piece = message.ToArray();
    }

    private void ReadRecord(LoadConnection connection, ReadOnlySpan<byte> record, LoadLoop loop)
    {
        if (record.StartsWith("""{"type":1,"""u8))
        {
            var number = NumberAt(record, RelayText.Find(record, EventAt - """{"n":""".Length), out var end);
            var source = (int)NumberAt(record, end + ""","p":""".Length, out _);
            loop.Deliver(connection, source, number);
            if (source == connection.Source && !acks)
                loop.Acknowledge(connection, number);
            return;
        }
        if (record.StartsWith("{\"type\":3,\"invocationId\":\""u8) && record.IndexOf("\"error\""u8) < 0)
        {
            var id = NumberAt(record, """{"type":3,"invocationId":" """.Length - 1, out _);
            if (id == 0)
                loop.Joined(connection, 1);
            else
                loop.Acknowledge(connection, id);
            return;
        }
        if (!record.SequenceEqual("{}"u8) && !record.StartsWith("""{"type":6"""u8))
            loop.Refused(connection, record);
    }

    public override void Publish(LoadConnection connection, FrameWriter output, long number)
    {
        output.Begin();
        if (acks)
            output.Say("{\"type\":1,\"invocationId\":\""u8).Say(number).Say("\",\"target\":\"Tell\",\"arguments\":[\"g"u8);
        else
            output.Say("""{"type":1,"target":"Shout","arguments":["g"""u8);
        output.Say(connection.Group).Say("\","u8).SayEvent(number, connection.Source, Around).Say("]}"u8).Say([End]);
        output.End();
    }
}
