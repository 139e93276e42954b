namespace EventOnly.Server.Connections;

/// <summary>
/// Connections that have more to write than may be written in passing: snapshots, pages, what a slow one has missed. Each writes a piece in its
/// turn, on no more threads than there are cores, so that ten thousand who come back at once hold up nobody's events.
/// <code>
///   waiting ──turn──▶ writes a piece ──line is full──▶ parked ──line has taken it──▶ waiting
///                     └──all written──▶ gone
/// </code>
/// A full line that has room again is served in the order of all that arrives, before events that arrive later. So only few may be full at a time;
/// those that stay so longer than a moment are slow, which comes seldom by its nature, and count no more.
/// </summary>
internal sealed class Backlog(TimeProvider time) : IThreadPoolWorkItem
{
    /// <summary>Full lines at a time: to serve them all takes about a millisecond.</summary>
    public const int ParkedMax = 32;

    /// <summary>After which a line is slow. The network of this machine empties one within less.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private static readonly int s_threadsMax = Environment.ProcessorCount;

    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private int _threads;
    private int _parked;
    private int _moment; // parked in an earlier one: slow
    private bool _hasTimer;

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

    /// <summary>Tells of a piece whose line was full.</summary>
    /// <returns>What <see cref="Unpark"/> is to be told when the line has taken it.</returns>
    public int Park()
    {
        lock (_gate)
        {
            _parked++;
            return _moment;
        }
    }

    public void Unpark(int moment)
    {
        lock (_gate)
            _parked -= moment == _moment ? 1 : 0;
        Start();
    }

    /// <summary>One piece, then back to the end of the pool's queue: whatever else waits there comes in between.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        IThreadPoolWorkItem? next = null;
        lock (_gate)
        {
            if (_parked < ParkedMax)
                _waiting.TryDequeue(out next);
        }
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
            if (_parked >= ParkedMax)
            {
                if (!_hasTimer)
                    _ = PassOverTheSlowAsync();
                return;
            }
            _threads++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Begun within the gate; only while there are too many.</summary>
    private async Task PassOverTheSlowAsync()
    {
        _hasTimer = true;
        await Task.Delay(Moment, time).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_gate)
            (_hasTimer, _parked, _moment) = (false, 0, _moment + 1);
        Start();
    }
}
