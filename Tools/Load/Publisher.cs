using System.Net.WebSockets;
using EventOnly.Client;
using EventOnly.Protocol.Wire;

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
    private readonly Ledger _ledger;
    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _outbox = new();
    private EventOnlyConnection? _connection;
    private Task _sending = Task.CompletedTask;
    private bool _isJoined;
    private bool _isSending;

    public Publisher(LoadSite site, int client, string project)
    {
        (_site, _contents) = (site, new(client, project, site.Plan.PayloadBytes));
        _ledger = new(_contents);
    }

    /// <summary>Whether all commands have an answer.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_gate)
                return _ledger.IsQuiet;
        }
    }

    /// <summary>Makes what the updates of this project go to. Before all else, by one member of the project.</summary>
    public void Seed()
    {
        lock (_gate)
            _ledger.Seed();
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
                _ledger.Add(act, intendedAt);
            }
        }
        Pump();
    }

    /// <summary>Says something that belongs to this connection alone.</summary>
    public void Say(ClientMessage message)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message);
        lock (_gate)
        {
            if (_outbox.Count < OutboxMax)
                _outbox.Enqueue(output.WrittenMemory);
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
                return _ledger.OpenNumbers;
        }
    }

    /// <param name="unknown">Numbers that never took effect and are sent again.</param>
    public void Joined(IEnumerable<long> unknown)
    {
        lock (_gate)
        {
            _site.Tally.CountRetried(_ledger.OweAfterJoin(unknown));
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
            return _ledger.HasSent(n);
    }

    /// <summary>A command took effect; its event is still to come.</summary>
    public void Acknowledged(long n)
    {
        if (Settle(n) is not { } done)
            return;
        lock (_gate)
            _ledger.AwaitEvent(done);
    }

    /// <summary>The event of a command came. What the command said, or null where that was asked before.</summary>
    public ReadOnlyMemory<byte>? Heard(long n)
    {
        if (Settle(n) is { } done)
            return done.Frame;
        lock (_gate)
            return _ledger.Heard(n);
    }

    private InFlight? Settle(long n)
    {
        InFlight? done;
        lock (_gate)
            done = _ledger.Settle(n);
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
            _ledger.Refuse(n);
        Pump();
    }

    /// <summary>A command took no effect now, and is to be sent again later.</summary>
    public void RefusedForNow(long n, TimeSpan pause)
    {
        lock (_gate)
            _ledger.Postpone(n, _site.Time.GetTimestamp() + (long)(pause.TotalSeconds * _site.Time.TimestampFrequency));
    }

    /// <summary>Called now and then: sends again what may be sent again now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_ledger.OweDue(_site.Time.GetTimestamp()) is not (> 0 and var owed))
                return;
            _site.Tally.CountRetried(owed);
        }
        Pump();
    }

    /// <summary>The moment one of our commands was meant for; 0 where it is not measured.</summary>
    public long IntendedAt(long n)
    {
        lock (_gate)
            return _ledger.IntendedAt(n);
    }

    /// <summary>What must have come of our commands, now that nothing comes any more.</summary>
    /// <param name="hasEffect">Whether anybody heard of the effect of a number.</param>
    public Outcomes End(Func<long, bool> hasEffect)
    {
        (IReadOnlyList<long> Open, ILookup<bool, long> ToldByRefused, int Waiting) end;
        lock (_gate)
            end = _ledger.Close();
        // Without the lock: a record asks us for moments while it has its own.
        return new(end.Open, [.. end.ToldByRefused[false].Where(n => !hasEffect(n))], [.. end.ToldByRefused[true].Where(hasEffect)], end.Waiting);
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
                if (_isJoined && _ledger.Next(out var isFirst) is { } next)
                {
                    if (isFirst)
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
