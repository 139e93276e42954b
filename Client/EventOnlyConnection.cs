using System.Buffers;
using System.Net.WebSockets;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// A thin connection: frames in, frames out. No replica, no retry, no timer. One caller may send and one may receive at the same time.
/// Idle, it owns no receive buffer.
/// </summary>
public sealed class EventOnlyConnection : IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly int _messageBytesMax;
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Utf8Buffer _output = new();
    private byte[] _buffer = [];

    private EventOnlyConnection(WebSocket socket, int messageBytesMax) => (_socket, _messageBytesMax) = (socket, messageBytesMax);

    /// <summary>The status code of the close frame the other side sent; null while there was none.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    /// <summary>Opens a connection. Nothing is said yet: <c>connect</c> comes first.</summary>
    /// <exception cref="WebSocketException">There is no such server, or it refused the handshake.</exception>
    /// <exception cref="ProtocolException">It does not speak <c>eventonly.v1</c>.</exception>
    public static async Task<EventOnlyConnection> ConnectAsync(Uri uri, ConnectionOptions? options = null, CancellationToken ct = default)
    {
        options ??= new();
        var socket = await (options.Dial?.Invoke(uri, ct) ?? DialAsync(uri, options, ct)).ConfigureAwait(false);
        if (socket.SubProtocol != WireCodec.Subprotocol)
        {
            socket.Dispose();
            throw new ProtocolException("unsupported_version", $"The server does not speak {WireCodec.Subprotocol}.");
        }
        return new(socket, options.MessageBytesMax);
    }

    private static async Task<WebSocket> DialAsync(Uri uri, ConnectionOptions options, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(WireCodec.Subprotocol);
            socket.Options.KeepAliveInterval = TimeSpan.Zero; // pings are messages here: they also measure the round trip
            if (options.Origin is not null)
                socket.Options.SetRequestHeader("Origin", options.Origin);
            await socket.ConnectAsync(uri, ct).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a message. Cancelling it breaks the connection, since half a frame cannot be taken back.</summary>
    public ValueTask SendAsync(ClientMessage message, CancellationToken ct = default)
    {
        _output.Clear();
        WireCodec.Encode(_output, message);
        return SendAsync(_output.WrittenMemory, ct);
    }

    /// <summary>Sends bytes as one text message, whatever they are.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct = default) =>
        _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, ct);

    /// <summary>The next message as it came, valid until the next call; null when the other side has closed.</summary>
    /// <exception cref="WebSocketException">The connection broke without a close frame.</exception>
    /// <exception cref="ProtocolException">The message is binary, or larger than <see cref="ConnectionOptions.MessageBytesMax"/>.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct = default)
    {
        ReturnBuffer();
        var length = 0;
        while (true)
        {
            // The first turn has no buffer and just waits for data.
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(length), ct).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
                return null;
            if (received.MessageType == WebSocketMessageType.Binary)
                throw new ProtocolException("not_text", "The server sent a binary message.");
            length += received.Count;
            if (length > _messageBytesMax)
                throw new ProtocolException("message_too_large", $"A message is larger than {_messageBytesMax} bytes.");
            if (received.EndOfMessage)
                return _buffer.AsMemory(0, length);
            if (length == _buffer.Length)
                Grow(length);
        }
    }

    /// <summary>The next message, understood; null when the other side has closed.</summary>
    /// <exception cref="ProtocolException">It cannot be understood. The connection can be read on.</exception>
    public async ValueTask<ServerMessage?> ReceiveMessageAsync(CancellationToken ct = default)
    {
        if (await ReceiveAsync(ct).ConfigureAwait(false) is not { } frame)
            return null;
        return _codec.TryDecode(frame.Span, out ServerMessage? message, out var fault) ? message : throw new ProtocolException("bad_frame", fault!.Message);
    }

    /// <summary>Says goodbye, or answers a goodbye. What the other side still has to say can be received until it closes too.</summary>
    public async Task CloseAsync(CancellationToken ct = default)
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct).ConfigureAwait(false);
    }

    /// <summary>Drops the line without a close frame. May be called at any time, by anybody.</summary>
    public void Abort() => _socket.Abort();

    /// <summary>Drops the line if it is still open. Not while somebody receives: <see cref="Abort"/> first and await the receiver.</summary>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        ReturnBuffer();
        return default;
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
