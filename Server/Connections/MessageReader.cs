using System.Buffers;
using System.Net.WebSockets;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Connections;

/// <summary>
/// Whole messages from a WebSocket, within the limits. Between messages it owns no buffer: it waits with an empty one, then rents. At most one
/// reader.
/// </summary>
internal sealed class MessageReader(WebSocket socket, int messageBytesMax, TimeProvider time) : IDisposable
{
    private const int FirstBytes = 4 * 1024;

    /// <summary>Pieces of one message. More is an endless trickle of fragments, not a message.</summary>
    private const int PiecesMax = 4096;

    private byte[]? _rented;
    private long _begunAt;

    /// <summary>What came: a message, or how the peer's side ended.</summary>
    /// <param name="Text">The message; valid until <see cref="Release"/>.</param>
    /// <param name="Fault">Why the connection is to be closed; null on a message or on the peer's own close.</param>
    internal readonly record struct Received(bool IsMessage, ReadOnlyMemory<byte> Text, CloseCode? Fault);

    /// <summary>How long the message that is coming in has been coming; zero between messages.</summary>
    public TimeSpan Receiving => Volatile.Read(ref _begunAt) is var begun and not 0 ? time.GetElapsedTime(begun) : TimeSpan.Zero;

    /// <summary>The next message, or the peer's close. Throws <see cref="WebSocketException"/> where the line broke or a frame was malformed.</summary>
    public async ValueTask<Received> ReadAsync()
    {
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (first.MessageType == WebSocketMessageType.Close)
            return default;
        if (first.MessageType == WebSocketMessageType.Binary)
            return new(false, default, CloseCode.NotText);

        Volatile.Write(ref _begunAt, time.GetTimestamp());
        _rented = ArrayPool<byte>.Shared.Rent(FirstBytes);
        var length = 0;
        var done = first.EndOfMessage;
        for (var piece = 0; !done; piece++)
        {
            if (length == _rented.Length)
                Grow(length);
            // No more than shows that it is too large: a receive ends only when its buffer or the frame does.
            var space = _rented.AsMemory(length, Math.Min(_rented.Length - length, messageBytesMax + 1 - length));
            var received = await socket.ReceiveAsync(space, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
                return default;
            length += received.Count;
            done = received.EndOfMessage;
            if (length > messageBytesMax || (piece == PiecesMax && !done))
                return new(false, default, CloseCode.MessageTooLarge);
        }
        Volatile.Write(ref _begunAt, 0);
        return new(true, _rented.AsMemory(0, length), null);
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        _rented.AsSpan(0, length).CopyTo(larger);
        Release();
        _rented = larger;
    }

    /// <summary>Gives the message's memory back.</summary>
    public void Release()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }

    public void Dispose() => Release();
}
