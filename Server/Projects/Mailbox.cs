using System.Buffers;

namespace EventOnly.Server.Projects;

/// <summary>
/// What is meant for one connection alone: answers, rejects, pongs. Small and bounded; anyone posts, one pump takes all that is there at once, so
/// that many small answers are one write. What does not fit is refused, and whoever posted decides: wait, drop, or give the connection up. Empty,
/// it owns no buffer.
/// </summary>
/// <param name="bytesMax">Bytes that may wait.</param>
internal sealed class Mailbox(int bytesMax)
{
    private const int RentedBytesMin = 512;

    private readonly Lock _gate = new();
    private byte[]? _waiting;
    private byte[]? _taken; // the pump's, until it takes again
    private TaskCompletionSource? _room;
    private volatile int _bytes; // of _waiting; volatile, so that an empty box is seen without the lock

    /// <summary>Posts a complete frame; false where the box is full. An empty box takes any frame, however large.</summary>
    /// <param name="part">Of the box, only this part (1 = all, 4 = a quarter) may be filled: what is less needed leaves room for the rest.</param>
    /// <param name="posting">Called where there is room, before the frame can be taken.</param>
    public bool TryPost(ReadOnlySpan<byte> frame, int part = 1, Action? posting = null)
    {
        lock (_gate)
        {
            if (!HasRoomFor(frame.Length, part))
                return false;
            posting?.Invoke();
            Append(frame);
            return true;
        }
    }

    /// <summary>Posts even when full: for what must come and comes once, such as <c>joined</c>.</summary>
    public void PostAlways(ReadOnlySpan<byte> frame)
    {
        lock (_gate)
            Append(frame);
    }

    /// <summary>The pump's: all frames that wait, in order. The bytes are valid until it takes again, which gives their memory back.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> frames)
    {
        frames = default;
        if (_taken is { } written)
        {
            _taken = null;
            ArrayPool<byte>.Shared.Return(written);
        }
        if (_bytes == 0)
            return false;
        TaskCompletionSource? room;
        lock (_gate)
        {
            frames = _waiting.AsMemory(0, _bytes);
            (_taken, _waiting, _bytes) = (_waiting, null, 0);
            (room, _room) = (_room, null);
        }
        room?.SetResult();
        return true;
    }

    /// <summary>
    /// Completes when a post of so many bytes is worth another try: at once where it fits, else when what is there has been taken. Ends with the
    /// connection's token when nobody takes any more.
    /// </summary>
    public Task RoomAsync(int bytes, CancellationToken ended)
    {
        lock (_gate)
        {
            if (HasRoomFor(bytes))
                return Task.CompletedTask;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(ended);
        }
    }

    private bool HasRoomFor(int bytes, int part = 1) => _bytes == 0 || _bytes + bytes <= bytesMax / part;

    private void Append(ReadOnlySpan<byte> frame)
    {
        if (_waiting is null)
        {
            _waiting = ArrayPool<byte>.Shared.Rent(Math.Max(frame.Length, RentedBytesMin));
        }
        else if (_waiting.Length - _bytes < frame.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes + frame.Length, _waiting.Length * 2));
            _waiting.AsSpan(0, _bytes).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_waiting);
            _waiting = larger;
        }
        frame.CopyTo(_waiting.AsSpan(_bytes));
        _bytes += frame.Length;
    }
}
