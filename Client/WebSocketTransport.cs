using System.Buffers;
using System.Net.WebSockets;

namespace EventOnly.Client;

/// <summary>Over a WebSocket that somebody else made.</summary>
internal sealed class WebSocketTransport(WebSocket socket, int messageBytesMax) : ITransport
{
    private byte[] _buffer = [];
    private ProtocolException? _fault;

    public string? Subprotocol => socket.SubProtocol;

    public int? CloseCode => (int?)socket.CloseStatus;

    public string? CloseReason => socket.CloseStatusDescription;

    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct) =>
        socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, ct);

    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct)
    {
        ReturnBuffer();
        if (_fault is not null)
            throw _fault;
        var length = 0;
        while (true)
        {
            // The first turn has no buffer and just waits for data.
            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), ct).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
                return null;
            if (received.MessageType == WebSocketMessageType.Binary)
                throw Broken("not_text", "The server sent a binary message.");
            length += received.Count;
            if (length > messageBytesMax)
                throw Broken("message_too_large", $"A message is larger than {messageBytesMax} bytes.");
            if (received.EndOfMessage)
                return _buffer.AsMemory(0, length);
            if (length == _buffer.Length)
                Grow(length);
        }
    }

    public async ValueTask CloseAsync(CancellationToken ct)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct).ConfigureAwait(false);
    }

    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        ReturnBuffer();
        return default;
    }

    /// <summary>Nothing more is read, and each receive says why.</summary>
    private ProtocolException Broken(string code, string message)
    {
        _fault = new(code, message);
        Abort();
        return _fault;
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, length * 2));
        _buffer.AsSpan(0, length).CopyTo(larger);
        ReturnBuffer();
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
