namespace EventOnly.Client;

/// <summary>Carries text messages both ways. One may send and one may receive at the same time.</summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>What was agreed on at the handshake; null where nothing was.</summary>
    string? Subprotocol { get; }

    /// <summary>The status code of the close frame the other side sent; null while there was none.</summary>
    int? CloseCode { get; }

    string? CloseReason { get; }

    /// <summary>Sends bytes as one text message.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct);

    /// <summary>The next message, valid until the next call; null when the other side has closed.</summary>
    ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct);

    /// <summary>Sends a close frame, once.</summary>
    ValueTask CloseAsync(CancellationToken ct);

    /// <summary>Drops the line. May be called at any time, by anybody.</summary>
    void Abort();
}
