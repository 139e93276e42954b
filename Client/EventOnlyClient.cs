using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// One project over a line that comes and goes: a replica that is always in step or says that it is not, and commands that take effect once.
/// May be used from any thread. Its loops never run the caller's code, except for the two hooks of <see cref="ClientOptions"/>.
/// </summary>
public sealed partial class EventOnlyClient : IAsyncDisposable
{
    // Callers and the line's loops meet here. Held for steps of the pure parts only, never across any kind of wait.
    private readonly Lock _gate = new();
    private readonly ClientOptions _options;
    private readonly IdMaker _ids;
    private readonly Replica _replica;
    private readonly Requests _requests = new();
    private readonly Dictionary<long, TaskCompletionSource<Ack>> _owners = []; // by ticket
    private readonly Subscriptions<StoreChange> _changes;
    private readonly Subscriptions<FieldConflict> _conflicts;
    private readonly Subscriptions<Rejection> _rejections;
    private readonly Subscriptions<ProjectEvent> _events;
    private readonly Subscriptions<ServerMessage.Broadcast> _broadcasts;
    private readonly Pulse _pulse = new();
    private readonly Line _line;
    private readonly Token _token;
    private readonly ClientTelemetry _telemetry;

    private EventOnlyClient(Uri uri, ClientOptions options)
    {
        _options = options;
        _ids = new(options.Time, options.Random);
        _pacer = new(options.PresenceThrottle);
        _pacer.Set(options.Presence);
        _began = options.Time.GetTimestamp();
        PresenceNews = new(options.StreamItemsMax);
        Presence = new(this);
        _replica = new(options.Project, options.Session ?? NewSecret(), options.Listen, new(options.Window, options.QueueMax, options.QueueBytesMax), options.Fold);
        _events = new(options.StreamItemsMax);
        _broadcasts = new(options.StreamItemsMax);
        _stateChanges = new(options.StreamItemsMax);
        _changes = new(options.StreamItemsMax);
        _conflicts = new(options.StreamItemsMax);
        _rejections = new(options.StreamItemsMax);
        _skipped = new(options.StreamItemsMax);
        _refusedTexts = new(options.StreamItemsMax);
        _textPacer = new(options.TextGap);
        _token = new(options);
        _checkpoints = new(() => Read(Standing), (seq, ct) => AskStateAsync(seq, null, ct), ReadEventsAsync);
        _telemetry = new(options.Time, () => PendingCount);
        _line = new(uri, options, new(_token.PrepareAsync, SayHello, NextToSend, Hear, Ping, _token.Refused, GoOffline));
        Store = new(_replica, _gate, _changes);
    }

    /// <summary>How the line is; <see cref="ConnectionState.Connected"/> means joined, with the first state there.</summary>
    public ConnectionState State => Read(() => _state);

    /// <summary>The position of the confirmed state.</summary>
    public long Seq => Read(() => _replica.Seq);

    /// <summary>
    /// The position up to which the server keeps no events any more, as it last told: with each join and with each page of the past. What is read
    /// of the past begins behind it, wherever it was to begin.
    /// </summary>
    public long Floor => Read(() => _replica.Floor);

    /// <summary>The journal the position belongs to; empty for a client that does not listen.</summary>
    public string Epoch => Read(() => _replica.Epoch ?? "");

    /// <summary>Our public id: what others see as <c>session</c>.</summary>
    public string SessionId => Read(() => _replica.Session ?? "");

    /// <summary>Commands whose outcome is not known.</summary>
    public int PendingCount => Read(() => _replica.PendingCount);

    /// <summary>The hash of the confirmed state, as 16 hexadecimal digits.</summary>
    public string StateHash => Read(() => _replica.Confirmed.Hash.ToString());

    /// <summary>The time a ping takes there and back, smoothed; zero until one was answered.</summary>
    public TimeSpan Rtt => Read(() => _rtt);

    /// <summary>Add it to our clock to get the server's; zero until it has told its time.</summary>
    public TimeSpan ClockOffset => Read(() => _clockOffset);

    /// <summary>What the server takes, as it last told; null until it has.</summary>
    public AnnouncedLimits? Limits => Read(() => _limits);

    /// <summary>May we only read here? False before the first join.</summary>
    public bool IsReadOnly => Read(() => _replica.Role == "read");

    /// <summary>Line and replica in the one word that a user is shown.</summary>
    public SyncState Sync => Read(() => (_state, _replica) switch
    {
        (not ConnectionState.Connected, _) => SyncState.Offline,
        (_, { PendingCount: 0, IsCaughtUp: true }) => SyncState.Synced,
        (_, { PendingCount: > 0 }) when _options.Time.GetElapsedTime(_answeredAt) >= s_stuck => SyncState.Stuck,
        _ => SyncState.Syncing,
    });

    /// <summary>How we came back into step the last time.</summary>
    public Resume? LastResume => Read(() => _lastResume);

    /// <summary>What we know of the project.</summary>
    public Store Store { get; }

    /// <summary>Waits until the state is this. One that passes quickly may be missed: wait for what comes to stay.</summary>
    /// <exception cref="ClosedException">It can never be, because the client is disconnected.</exception>
    public Task WaitForStateAsync(ConnectionState state, CancellationToken ct = default) => WaitUntilAsync(() => _state == state, ct);

    /// <summary>Waits until the confirmed state has reached a position: "B has seen what A did", without sleeping.</summary>
    /// <exception cref="ClosedException">The client was disconnected before.</exception>
    public Task WaitForSeqAsync(long seq, CancellationToken ct = default) => WaitUntilAsync(() => _replica.Seq >= seq, ct);

    /// <summary>Waits until nothing is pending and we are connected.</summary>
    /// <exception cref="ClosedException">The client was disconnected before.</exception>
    public Task WaitUntilSyncedAsync(CancellationToken ct = default) =>
        WaitUntilAsync(() => _state == ConnectionState.Connected && _replica is { PendingCount: 0, IsCaughtUp: true }, ct);

    /// <summary>Waits until something holds of the state, which is looked at under the lock.</summary>
    internal async Task WaitUntilAsync(Func<bool> holds, CancellationToken ct)
    {
        while (true)
        {
            var next = _pulse.Next;
            lock (_gate)
            {
                if (holds())
                    return;
                if (_closed is not null)
                    throw _closed;
            }
            await next.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Drops the line without a close frame; it comes back by itself.</summary>
    internal void AbortConnection() => _line.Abort();

    /// <summary>Drops the line and keeps it down until <see cref="Heal"/>.</summary>
    internal void Cut() => _line.Cut();

    internal void Heal() => _line.Heal();

    /// <summary>Ends everything that waits. Under the lock.</summary>
    private void Close(LineEnd end, bool isAsked, Exception? fault)
    {
        if (_state == ConnectionState.Disconnected)
            return;
        var reason = new ClosedException(end.Code, end.Reason, fault);
        _closed = reason;
        Move(LineMove.Stop, end);
        _replica.Off();
        ClearPresence();
        _presenceTimer?.Dispose();
        _presenceTimer = null;
        _textTimer?.Dispose();
        _textTimer = null;
        _outbox.Clear();
        _requests.FailAll(reason);
        foreach (var (ticket, owner) in _owners)
        {
            _steps.Failed(ticket); // perhaps it has not happened: an undo must not take it back
            owner.TrySetException(reason);
        }
        _owners.Clear();
        Obey(_replica.WithdrawAll(end.Code), CancellationToken.None); // nobody waits any more: with them go the steps of those who had stopped waiting
        _events.Close(isAsked ? null : reason);
        _broadcasts.Close(isAsked ? null : reason);
        _stateChanges.Close(isAsked ? null : reason);
        PresenceNews.Close(isAsked ? null : reason);
        _changes.Close(isAsked ? null : reason);
        _conflicts.Close(isAsked ? null : reason);
        _rejections.Close(isAsked ? null : reason);
        _skipped.Close(isAsked ? null : reason);
        _refusedTexts.Close(isAsked ? null : reason);
        foreach (var text in _texts.Values)
            text.Close(isAsked ? null : reason);
    }

    /// <summary>Streams may be opened again. Under the lock.</summary>
    private void Reopen()
    {
        _events.Reopen();
        _broadcasts.Reopen();
        _stateChanges.Reopen();
        PresenceNews.Reopen();
        _changes.Reopen();
        _conflicts.Reopen();
        _rejections.Reopen();
        _skipped.Reopen();
        _refusedTexts.Reopen();
        foreach (var text in _texts.Values)
            text.Reopen();
    }

    private T Read<T>(Func<T> value)
    {
        lock (_gate)
            return value();
    }
}
