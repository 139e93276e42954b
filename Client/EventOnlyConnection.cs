using System.Net.WebSockets;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// A thin connection: frames in, frames out. No replica, no retry, no timer. One caller may send and one may receive at the same time.
/// Idle, it owns no receive buffer. System proxies are not asked.
/// </summary>
public sealed class EventOnlyConnection : IAsyncDisposable
{
    private readonly ITransport _transport;
    private WireCodec? _codec; // both only where messages are encoded and understood here
    private Utf8Buffer? _output;

    private EventOnlyConnection(ITransport transport) => _transport = transport;

    /// <summary>The status code of the close frame the other side sent; null while there was none.</summary>
    public int? CloseCode => _transport.CloseCode;

    /// <summary>What the server said when it closed, for people; null before that, and where it said nothing.</summary>
    public string? CloseReason => _transport.CloseReason;

    /// <summary>Opens a connection. Nothing is said yet: <c>connect</c> comes first.</summary>
    /// <exception cref="WebSocketException">There is no such server, its certificate does not hold, or it refused the handshake.</exception>
    /// <exception cref="ProtocolException">It does not speak <c>eventonly.v1</c>.</exception>
    public static async Task<EventOnlyConnection> ConnectAsync(Uri uri, ConnectionOptions? options = null, CancellationToken ct = default)
    {
        options ??= new();
        var transport = options switch
        {
            { Transport: { } factory } => await factory.ConnectAsync(uri, options, ct).ConfigureAwait(false),
            { Dial: { } dial } => new WebSocketTransport(await dial(uri, ct).ConfigureAwait(false), options.MessageBytesMax),
            _ => await Dialling.DialAsync(uri, options, ct).ConfigureAwait(false),
        };
        if (transport.Subprotocol != WireCodec.Subprotocol)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw new ProtocolException("unsupported_version", $"The server does not speak {WireCodec.Subprotocol}.");
        }
        return new(transport);
    }

    /// <summary>Sends a message. Cancelling it breaks the connection, since half a frame cannot be taken back.</summary>
    public ValueTask SendAsync(ClientMessage message, CancellationToken ct = default)
    {
        _output ??= new();
        _output.Clear();
        WireCodec.Encode(_output, message);
        return SendAsync(_output.WrittenMemory, ct);
    }

    /// <summary>Sends bytes as one text message, whatever they are.</summary>
    /// <exception cref="WebSocketException">The connection broke, or <see cref="CloseAsync"/> was called before.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct = default) => _transport.SendAsync(message, ct);

    /// <summary>The next message as it came, valid until the next call; null when the other side has closed.</summary>
    /// <exception cref="WebSocketException">The connection broke without a close frame.</exception>
    /// <exception cref="ProtocolException">
    /// The message is binary, is larger than <see cref="ConnectionOptions.MessageBytesMax"/>, or no server may send it. The line has been dropped, and each
    /// further call says the same.
    /// </exception>
    public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct = default) => _transport.ReceiveAsync(ct);

    /// <summary>The next message, understood; null when the other side has closed.</summary>
    /// <exception cref="ProtocolException">
    /// It cannot be understood: only after <c>bad_frame</c> can the connection be read on. Or what <see cref="ReceiveAsync"/> throws.
    /// </exception>
    public async ValueTask<ServerMessage?> ReceiveMessageAsync(CancellationToken ct = default)
    {
        if (await ReceiveAsync(ct).ConfigureAwait(false) is not { } frame)
            return null;
        _codec ??= new(WireLimits.Trusted);
        return _codec.TryDecode(frame.Span, out ServerMessage? message, out var fault) ? message : throw new ProtocolException("bad_frame", fault!.Message);
    }

    /// <summary>Says goodbye, or answers a goodbye: then nothing more can be sent. What the other side still has to say can be received until it closes too.</summary>
    public async Task CloseAsync(CancellationToken ct = default) => await _transport.CloseAsync(ct).ConfigureAwait(false);

    /// <summary>Drops the line without a close frame. May be called at any time, by anybody.</summary>
    public void Abort() => _transport.Abort();

    /// <summary>Drops the line if it is still open. Not while somebody receives: <see cref="Abort"/> first and await the receiver.</summary>
    public ValueTask DisposeAsync() => _transport.DisposeAsync();
}
