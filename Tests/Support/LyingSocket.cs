using System.Net.WebSockets;

namespace EventOnly.Tests.Support;

/// <summary>A line to a real server that tells messages otherwise than they came: left out, doubled, changed.</summary>
/// <param name="lie">From a message to what is heard in its place.</param>
internal sealed class LyingSocket(ClientWebSocket socket, Func<byte[], IEnumerable<byte[]>> lie) : WebSocket
{
    private readonly Queue<byte[]> _told = new();
    private readonly byte[] _buffer = new byte[1 << 20];

    public override WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public override string? CloseStatusDescription => socket.CloseStatusDescription;

    public override WebSocketState State => socket.State;

    public override string? SubProtocol => socket.SubProtocol;

    public static async Task<WebSocket> ConnectAsync(Uri uri, string subprotocol, Func<byte[], IEnumerable<byte[]>> lie, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(subprotocol);
        await socket.ConnectAsync(uri, ct);
        return new LyingSocket(socket, lie);
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_told.Count == 0)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
                length += received.Count;
            }
            while (!received.EndOfMessage);
            if (received.MessageType == WebSocketMessageType.Close)
                return received;
            foreach (var message in lie(_buffer[..length]))
                _told.Enqueue(message);
        }
        if (buffer.Length < _told.Peek().Length)
            return new(0, WebSocketMessageType.Text, endOfMessage: false); // asked again with more room
        var told = _told.Dequeue();
        told.CopyTo(buffer);
        return new(told.Length, WebSocketMessageType.Text, endOfMessage: true);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        socket.CloseAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Abort() => socket.Abort();

    public override void Dispose() => socket.Dispose();
}
