namespace EventOnly.Server.Connections;

/// <summary>
/// Connections that have more to write than may be written in passing: snapshots, pages, what a slow one has missed. Each writes a piece in its
/// turn, on no more threads than there are cores, so that ten thousand who come back at once hold up nobody's events.
/// <code>
///   waiting ──turn──▶ writes a piece ──more to write──▶ waiting
///                     └──all written, or its line is full──▶ gone
/// </code>
/// </summary>
internal sealed class Backlog : IThreadPoolWorkItem
{
    private static readonly int s_threadsMax = Environment.ProcessorCount;

    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private int _threads;

    /// <summary>Connections that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    public void Add(IThreadPoolWorkItem piece)
    {
        lock (_gate)
            _waiting.Enqueue(piece);
        Start();
    }

    /// <summary>One piece, then back to the end of the pool's queue: whatever else waits there comes in between.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        IThreadPoolWorkItem? next;
        lock (_gate)
            _waiting.TryDequeue(out next);
        next?.Execute();
        lock (_gate)
            _threads--;
        Start();
    }

    private void Start()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 || _threads == s_threadsMax)
                return;
            _threads++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
