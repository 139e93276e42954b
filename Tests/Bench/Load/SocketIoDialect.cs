namespace EventOnly.Tests.Bench.Load;

/// <summary>Socket.IO over Engine.IO 4, websocket only, by hand. With acks, each event asks for one, and goes to the others.</summary>
internal sealed class SocketIoDialect(bool acks) : Dialect
{
    private const int EventAt = 15; // 42["heard",{"n":

    private const int Around = 12; // 42["heard", and ]

    public override bool AuthorHears => !acks;

    protected override string PathFor(LoadConnection connection) => "/socket.io/?EIO=4&transport=websocket";

    public override void Upgraded(LoadConnection connection, LoadLoop loop)
    {
        loop.Begin().Say("40"u8).End();
        loop.Send(connection);
    }

    public override void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        if (message.StartsWith("42"u8))
        {
            var number = NumberAt(message, RelayText.Find(message, EventAt - """{"n":""".Length), out var end);
            var source = (int)NumberAt(message, end + ""","p":""".Length, out _);
            loop.Deliver(connection, source, number);
            if (source == connection.Source && !acks)
                loop.Acknowledge(connection, number);
        }
        else if (message.StartsWith("43"u8))
        {
            var id = NumberAt(message, 2, out _);
            if (id == 0)
                loop.Joined(connection, 1);
            else
                loop.Acknowledge(connection, id);
        }
        else if (message.StartsWith("40"u8))
        {
            loop.Begin().Say("""420["join","g"""u8).Say(connection.Group).Say("\"]"u8).End();
            loop.Send(connection);
        }
        else if (message.SequenceEqual("2"u8))
        {
            loop.Begin().Say("3"u8).End();
            loop.Send(connection);
        }
        else if (!message.StartsWith("0{"u8))
        {
            loop.Refused(connection, message);
        }
    }

    public override void Publish(LoadConnection connection, FrameWriter output, long number)
    {
        output.Begin();
        if (acks)
            output.Say("42"u8).Say(number).Say("""["tell","g"""u8);
        else
            output.Say("""42["shout","g"""u8);
        output.Say(connection.Group).Say("\","u8).SayEvent(number, connection.Source, Around).Say("]"u8).End();
    }
}
