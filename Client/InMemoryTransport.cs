using System.Net.WebSockets;
using System.Threading.Channels;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// One end of a line in memory, so that a thousand clients fit into a test without a socket. Messages arrive whole and in order; an end that is
/// aborted breaks the line for both.
/// </summary>
public sealed class InMemoryTransport : ITransport
{
    /// <summary>Messages under way in one direction; the sender waits for room.</summary>
    private const int MessagesMax = 1024;

    // Wait: like a socket whose reader is slow.
    private readonly Channel<byte[]> _incoming = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MessagesMax) { FullMode = BoundedChannelFullMode.Wait });
    private InMemoryTransport _other = null!;

    private InMemoryTransport(string? subprotocol) => Subprotocol = subprotocol;

    /// <inheritdoc/>
    public string? Subprotocol { get; }

    /// <inheritdoc/>
    public int? CloseCode { get; private set; }

    /// <inheritdoc/>
    public string? CloseReason { get; private set; }

    /// <summary>The two ends of a line.</summary>
    public static (InMemoryTransport Client, InMemoryTransport Server) Pair(string? subprotocol = WireCodec.Subprotocol)
    {
        var (client, server) = (new InMemoryTransport(subprotocol), new InMemoryTransport(subprotocol));
        (client._other, server._other) = (server, client);
        return (client, server);
    }

    /// <inheritdoc/>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        try
        {
            await _other._incoming.Writer.WriteAsync(message.ToArray(), ct).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw Broken();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct)
    {
        while (await _incoming.Reader.WaitToReadAsync(ct).ConfigureAwait(false))
        {
            if (_incoming.Reader.TryRead(out var message))
                return message;
        }
        return null;
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync(CancellationToken ct) => CloseAsync((int)Protocol.Wire.CloseCode.Normal, "", ct);

    /// <summary>Sends a close frame, once: the other side reads what was sent before, then the end.</summary>
    public ValueTask CloseAsync(int code, string reason, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        if (_other.CloseCode is null)
            (_other.CloseCode, _other.CloseReason) = (code, reason);
        _other._incoming.Writer.TryComplete();
        return default;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _incoming.Writer.TryComplete(Broken());
        _other._incoming.Writer.TryComplete(Broken());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Abort();
        return default;
    }

    private static WebSocketException Broken() => new(WebSocketError.ConnectionClosedPrematurely, "The line in memory was dropped.");
}

/// <summary>Connects clients to a server in the same process, given the server's end of each line.</summary>
/// <param name="accept">Takes the server's end of a new line; it must return at once. What it throws fails the attempt.</param>
public sealed class InMemoryTransportFactory(Action<InMemoryTransport> accept) : ITransportFactory
{
    /// <inheritdoc/>
    public ValueTask<ITransport> ConnectAsync(Uri uri, ConnectionOptions options, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var (client, server) = InMemoryTransport.Pair();
        accept(server);
        return new(client);
    }
}
