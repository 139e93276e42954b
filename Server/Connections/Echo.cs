using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Connections;

/// <summary>
/// For tests: answers every message with itself, compressed where it came compressed, so that suites for WebSocket servers can be run against the
/// reader and the writer that all connections have.
/// </summary>
internal sealed class Echo(Connection connection) : IConversation
{
    private const byte FinText = 0x81, FinBinary = 0x82;

    public bool IsIntroduced => true;

    public ValueTask HearAsync(Received message)
    {
        var frame = FrameHeader.Frame(message.IsText ? FinText : FinBinary, message.Bytes.Span);
        return connection.PostAsync(MessageDeflate.Compress(frame, message.WasCompressed ? 0 : null));
    }

    public void Ping()
    {
    }

    public Task EndAsync() => Task.CompletedTask;
}
