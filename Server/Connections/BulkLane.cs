namespace EventOnly.Server.Connections;

/// <summary>
/// What is large and was asked for: pages, and the parts of past states. It holds one frame; the next is made when that one has been taken, so that who
/// asks for much and reads slowly costs one frame, and nothing small waits behind it. Many put, in the order they came; one pump takes.
/// </summary>
#pragma warning disable CA1001 // a semaphore whose wait handle nobody asks for has nothing to dispose of
internal sealed class BulkLane
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _free = new(1);
    private volatile Frame? _frame;
    private volatile bool _isClosed;

    private sealed record Frame(ReadOnlyMemory<byte> Bytes);

    /// <summary>Waits for the lane, then makes the frame. False where nobody takes from it any more, for the connection is ending.</summary>
    public async ValueTask<bool> PutAsync(Func<ReadOnlyMemory<byte>> make, CancellationToken cancelled)
    {
        await _free.WaitAsync(cancelled);
        Frame? made = null;
        try
        {
            if (!_isClosed)
                made = new(make());
        }
        finally
        {
            if (made is null)
                _free.Release();
        }
        if (made is not null)
            _frame = made; // from here on it may have been taken already
        return made is not null;
    }

    /// <summary>The frame that is there; the pump's.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (_frame is not { } waiting)
            return false;
        (frame, _frame) = (waiting.Bytes, null);
        _free.Release();
        return true;
    }

    /// <summary>Takes in no more, and frees those who wait. What is in it may still be taken.</summary>
    public void Close()
    {
        _isClosed = true;
        _free.Release(); // each that is freed frees the next
    }
}
