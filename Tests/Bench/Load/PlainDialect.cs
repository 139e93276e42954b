namespace EventOnly.Tests.Bench.Load;

/// <summary>A server that relays each text as it is, to all of the group, the author included: npm <c>ws</c>, and the floor.</summary>
internal sealed class PlainDialect : Dialect
{
    protected override string PathFor(LoadConnection connection) => $"/g{connection.Group}";

    public override void Upgraded(LoadConnection connection, LoadLoop loop) => loop.Joined(connection, 1);

    public override void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        var number = NumberAt(message, RelayText.Find(message, 0), out var end);
        var source = (int)NumberAt(message, end + ""","p":""".Length, out _);
        loop.Deliver(connection, source, number);
        if (source == connection.Source)
            loop.Acknowledge(connection, number);
    }

    public override void Publish(LoadConnection connection, FrameWriter output, long number)
    {
        output.Begin();
        output.SayEvent(number, connection.Source);
        output.End();
    }
}
