namespace EventOnly.Server.Projects;

/// <summary>
/// What is meant for one connection alone: answers, rejects, pongs. Small and bounded; anyone posts, one pump takes. What does not fit is
/// refused, and whoever posted decides: wait, drop, or give the connection up.
/// </summary>
/// <param name="bytesMax">Bytes that may wait.</param>
internal sealed class Mailbox(int bytesMax)
{
    /// <summary>A frame costs memory beside its bytes: without a bound on their count, empty pongs would take twenty times what they may.</summary>
    private readonly int _framesMax = Math.Max(64, bytesMax / 32);

    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _frames = new();
    private TaskCompletionSource? _room;
    private long _bytes;

    /// <summary>Posts a complete frame; false where the box is full. An empty box takes any frame, however large.</summary>
    /// <param name="part">Of the box, only this part (1 = all, 4 = a quarter) may be filled: what is less needed leaves room for the rest.</param>
    public bool TryPost(ReadOnlyMemory<byte> frame, int part = 1)
    {
        lock (_gate)
        {
            if (!HasRoomFor(frame.Length, part))
                return false;
            _frames.Enqueue(frame);
            _bytes += frame.Length;
            return true;
        }
    }

    /// <summary>Posts even when full: for what must come and comes once, such as <c>joined</c>.</summary>
    public void PostAlways(ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            _frames.Enqueue(frame);
            _bytes += frame.Length;
        }
    }

    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            if (!_frames.TryDequeue(out frame))
                return false;
            _bytes -= frame.Length;
            if (_room is not null && _bytes <= bytesMax / 2 && _frames.Count <= _framesMax / 2)
                (room, _room) = (_room, null);
        }
        room?.SetResult();
        return true;
    }

    /// <summary>
    /// Completes when a post of so many bytes is worth another try: at once where it fits, else not before something was taken, so that who
    /// posts a large frame does not try in circles. Ends with the connection's token when nobody takes any more.
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

    private bool HasRoomFor(int bytes, int part = 1) =>
        _bytes == 0 || (_bytes + bytes <= bytesMax / part && _frames.Count < _framesMax / part);
}
