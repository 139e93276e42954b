using System.Collections.Concurrent;

namespace EventOnly.Server.Connections;

/// <summary>
/// Connections that have more to write than may be written in passing: snapshots, pages, what a slow one has missed. Each writes a piece in its
/// turn, on no more threads than there are cores, so that ten thousand who come back at once hold up nobody's events.
/// </summary>
internal sealed class Backlog : IThreadPoolWorkItem
{
    private static readonly int s_threadsMax = Environment.ProcessorCount;

    private readonly ConcurrentQueue<Connection> _waiting = new();
    private int _threads;

    /// <summary>Connections that wait.</summary>
    public int Count => _waiting.Count;

    public void Add(Connection connection)
    {
        _waiting.Enqueue(connection);
        while (Volatile.Read(ref _threads) is var threads && threads < s_threadsMax)
        {
            if (Interlocked.CompareExchange(ref _threads, threads + 1, threads) != threads)
                continue;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
    }

    /// <summary>One connection's piece, then back to the end of the pool's queue: whatever else waits there comes in between.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (_waiting.TryDequeue(out var connection))
            connection.GoOn();
        if (!_waiting.IsEmpty)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        Interlocked.Decrement(ref _threads);
        if (!_waiting.IsEmpty && Interlocked.Increment(ref _threads) is var threads) // one came when we had looked, and found no thread free
        {
            if (threads <= s_threadsMax)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            else
                Interlocked.Decrement(ref _threads);
        }
    }
}
