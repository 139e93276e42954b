using System.Net.WebSockets;
using EventOnly.Client;

namespace EventOnly.Tools.Load;

/// <summary>
/// What one member sends, over a connection that comes and goes. Who has something to send sends it, on its own thread, until a write does not
/// complete at once; then that write's completion goes on. Never two at a time.
/// </summary>
internal sealed class Publisher
{
    /// <summary>Broadcasts and answers to pings that may wait; beyond that the line is stuck and they are dropped.</summary>
    private const int OutboxMax = 256;

    private readonly LoadSite _site;
    private readonly Contents _contents;
    private readonly Func<Act, long, ReadOnlyMemory<byte>> _write;
    private readonly Lock _gate = new();
    private readonly Window _window = new();
    private readonly Queue<ReadOnlyMemory<byte>> _outbox = new();
    private readonly HashSet<long> _refused = [];
    private readonly List<long> _laters = [];
    private readonly Dictionary<long, ReadOnlyMemory<byte>> _unheard = [];
    private EventOnlyConnection? _connection;
    private Task _sending = Task.CompletedTask;
    private bool _isJoined;
    private bool _isSending;
    private bool _isSeeding;
    private long _askAgainAt;

    public Publisher(LoadSite site, int client, string project)
    {
        (_site, _contents) = (site, new(client, project, site.Plan.PayloadBytes));
        _write = (act, n) => _isSeeding ? _contents.Seed(n) : _contents.Write(act, n);
    }

    /// <summary>Commands without an answer, sent or not.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_gate)
                return _window.IsQuiet;
        }
    }

    /// <summary>Makes what the updates of this project go to. Before all else, by one member of the project.</summary>
    public void Seed()
    {
        lock (_gate)
        {
            _isSeeding = true;
            _window.Add(Act.Batch, 0);
        }
        Pump();
    }

    /// <param name="intendedAt">A timestamp, from which all latencies count.</param>
    public void Do(Act act, long intendedAt)
    {
        lock (_gate)
        {
            if (act == Act.Broadcast)
            {
                var isSent = _isJoined && _outbox.Count < OutboxMax;
                if (isSent)
                    _outbox.Enqueue(_contents.Broadcast(intendedAt));
                _site.Tally.CountBroadcast(isSent);
            }
            else
            {
                _window.Add(act, intendedAt);
            }
        }
        Pump();
    }

    /// <summary>Says something that belongs to this connection alone.</summary>
    public void Say(ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            if (_outbox.Count < OutboxMax)
                _outbox.Enqueue(frame);
        }
        Pump();
    }

    public void Opened(EventOnlyConnection connection)
    {
        lock (_gate)
            _connection = connection;
    }

    /// <summary>The numbers to ask about at a join.</summary>
    public IReadOnlyList<long> OpenNumbers
    {
        get
        {
            lock (_gate)
                return _window.OpenNumbers;
        }
    }

    /// <param name="unknown">Numbers that never took effect and are sent again.</param>
    public void Joined(IEnumerable<long> unknown)
    {
        lock (_gate)
        {
            _laters.Clear();
            foreach (var n in unknown)
                Owe(n);
            _isJoined = true;
        }
        Pump();
    }

    /// <summary>The line is gone. Completes when nothing is under way on it any more; it must have been aborted.</summary>
    public async Task ClosedAsync()
    {
        lock (_gate)
        {
            (_connection, _isJoined) = (null, false);
            _outbox.Clear();
        }
        await _sending.ConfigureAwait(false);
    }

    /// <summary>Whether we ever sent a command of this number.</summary>
    public bool HasSent(long n)
    {
        lock (_gate)
            return n > 0 && n <= _window.LastN;
    }

    /// <summary>A command took effect; its event is still to come.</summary>
    public void Acknowledged(long n)
    {
        if (Settle(n) is not { } done)
            return;
        lock (_gate)
            _unheard[n] = done.Frame;
    }

    /// <summary>The event of a command came. What the command said, or null where that was asked before.</summary>
    public ReadOnlyMemory<byte>? Heard(long n)
    {
        if (Settle(n) is { } done)
            return done.Frame;
        lock (_gate)
            return _unheard.Remove(n, out var frame) ? frame : null;
    }

    private InFlight? Settle(long n)
    {
        InFlight? done;
        lock (_gate)
        {
            done = _window.Settle(n);
            if (done is not null && !_isSeeding)
                _contents.Acknowledged(done);
            _isSeeding &= done is null;
        }
        if (done is null)
            return null;
        _site.Tally.CountAcknowledged();
        if (done.IntendedAt > 0)
            _site.Acks.Add(_site.Time.GetElapsedTime(done.IntendedAt));
        Pump();
        return done;
    }

    /// <summary>A command took no effect and never will.</summary>
    public void Refused(long n)
    {
        lock (_gate)
        {
            _window.Settle(n);
            _refused.Add(n);
        }
        Pump();
    }

    /// <summary>A command took no effect now, and is to be sent again later.</summary>
    public void RefusedForNow(long n, TimeSpan pause)
    {
        lock (_gate)
        {
            _laters.Add(n);
            _askAgainAt = _site.Time.GetTimestamp() + (long)(pause.TotalSeconds * _site.Time.TimestampFrequency);
        }
    }

    /// <summary>Called now and then: sends again what may be sent again now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_laters.Count == 0 || _site.Time.GetTimestamp() < _askAgainAt)
                return;
            foreach (var n in _laters)
                Owe(n);
            _laters.Clear();
        }
        Pump();
    }

    /// <summary>The moment one of our commands was meant for; 0 where it is not measured.</summary>
    public long IntendedAt(long n)
    {
        lock (_gate)
            return _window.IntendedAt(n);
    }

    /// <summary>What must have come of our commands, now that nothing comes any more.</summary>
    /// <param name="hasEffect">Whether anybody heard of the effect of a number.</param>
    public Outcomes End(Func<long, bool> hasEffect)
    {
        IReadOnlyList<long> open;
        ILookup<bool, long> told;
        int waiting;
        lock (_gate)
        {
            (open, waiting) = (_window.OpenNumbers, _window.WaitingCount);
            told = Enumerable.Range(1, (int)_window.LastN).Select(n => (long)n).Where(n => !open.Contains(n)).ToLookup(n => _refused.Contains(n));
        }
        // Without the lock: a record asks us for moments while it has its own.
        return new(open, [.. told[false].Where(n => !hasEffect(n))], [.. told[true].Where(hasEffect)], waiting);
    }

    private void Owe(long n)
    {
        _window.Owe(n);
        _site.Tally.CountRetried();
    }

    private void Pump()
    {
        EventOnlyConnection connection;
        lock (_gate)
        {
            if (_isSending || _connection is null)
                return;
            (_isSending, connection) = (true, _connection);
        }
        var sending = PumpAsync(connection);
        if (!sending.IsCompleted)
            _sending = sending;
    }

    private async Task PumpAsync(EventOnlyConnection connection)
    {
        try
        {
            while (Next(connection) is { } frame)
                await connection.SendAsync(frame, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            lock (_gate)
                _isSending = false; // the reader finds out why
        }
        if (Volatile.Read(ref _connection) is { } other && other != connection)
            Pump(); // it opened while we held the place on the old one
    }

    private ReadOnlyMemory<byte>? Next(EventOnlyConnection connection)
    {
        lock (_gate)
        {
            if (_connection == connection)
            {
                if (_outbox.TryDequeue(out var frame))
                    return frame;
                var before = _window.LastN;
                if (_isJoined && _window.TryNext(_write, out var next))
                {
                    if (next.N > before)
                        CountFirst(next);
                    return next.Frame;
                }
            }
            _isSending = false;
            return null;
        }
    }

    private void CountFirst(InFlight next)
    {
        _site.Tally.CountSent();
        if (next.IntendedAt > 0)
            _site.Lags.Add(_site.Time.GetElapsedTime(next.IntendedAt));
    }
}

/// <summary>What is wrong with the commands of one publisher at the end.</summary>
/// <param name="Unanswered">Sent, and nobody said what became of them.</param>
/// <param name="WithoutEffect">Acknowledged, and in nobody's stream.</param>
/// <param name="InSpite">Refused, and in the stream.</param>
/// <param name="Waiting">Never sent.</param>
internal sealed record Outcomes(
    IReadOnlyList<long> Unanswered, IReadOnlyList<long> WithoutEffect, IReadOnlyList<long> InSpite, int Waiting);
