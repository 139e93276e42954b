namespace EventOnly.Client;

/// <summary>Carries text messages both ways. One may send and one may receive at the same time.</summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>What was agreed on at the handshake; null where nothing was.</summary>
    string? Subprotocol { get; }

    /// <summary>The status code of the close frame the other side sent; null while there was none.</summary>
    int? CloseCode { get; }

    /// <summary>What the other side's close frame says, for people.</summary>
    string? CloseReason { get; }

    /// <summary>Sends bytes as one text message.</summary>
    /// <exception cref="System.Net.WebSockets.WebSocketException">The line broke, or was closed before.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct);

    /// <summary>The next message, valid until the next call; null when the other side has closed.</summary>
    /// <exception cref="System.Net.WebSockets.WebSocketException">The line broke without a close frame.</exception>
    ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct);

    /// <summary>Sends a close frame, once.</summary>
    ValueTask CloseAsync(CancellationToken ct);

    /// <summary>Drops the line. May be called at any time, by anybody.</summary>
    void Abort();
}

/// <summary>Makes transports: another way to a server than the network.</summary>
public interface ITransportFactory
{
    /// <summary>A line to a server; its <see cref="ITransport.Subprotocol"/> must be <c>eventonly.v1</c>.</summary>
    /// <exception cref="System.Net.WebSockets.WebSocketException">There is no such server now: the client tries again.</exception>
    ValueTask<ITransport> ConnectAsync(Uri uri, ConnectionOptions options, CancellationToken ct);
}
