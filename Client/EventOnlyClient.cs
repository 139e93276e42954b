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
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private ConnectionState _state = ConnectionState.Connecting;
    private ClosedException? _closed;
    private bool _isDisposed;

    private EventOnlyClient(Uri uri, ClientOptions options)
    {
        _options = options;
        _presence = options.Presence;
        _replica = new(options.Project, options.Session ?? NewSecret(), options.Listen, new(options.Window, options.QueueMax, options.QueueBytesMax));
        _events = new(options.StreamItemsMax);
        _broadcasts = new(options.StreamItemsMax);
        _changes = new(options.StreamItemsMax);
        _conflicts = new(options.StreamItemsMax);
        _rejections = new(options.StreamItemsMax);
        _skipped = new(options.StreamItemsMax);
        _line = new(uri, options, new(SayHello, NextToSend, Hear, Ping, GoOffline));
        Store = new(_replica, _gate, _changes);
    }

    /// <summary>Connects and joins; returns when the state is there. Tries until <paramref name="ct"/>, unless told otherwise.</summary>
    /// <exception cref="ClosedException">The server says not to come back, or the first attempt failed and none is to follow.</exception>
    public static async Task<EventOnlyClient> ConnectAsync(Uri uri, ClientOptions options, CancellationToken ct = default)
    {
        if (uri.Scheme is not ("ws" or "wss"))
            throw new ArgumentException("The address must begin with ws: or wss:.", nameof(uri));
        if (!Names.IsProjectId(options.Project))
            throw new ArgumentException("The project's id is not one.", nameof(options));
        ThrowIfTooLarge(options.Presence);
        var client = new EventOnlyClient(uri, options);
        client._running = client.RunAsync();
        try
        {
            await client.WaitUntilAsync(() => client._state == ConnectionState.Connected && client._replica.IsCaughtUp, ct).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

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

    /// <summary>Ends for good, after waiting at most <paramref name="flush"/> for what is pending. May be called twice.</summary>
    public async Task DisconnectAsync(TimeSpan flush = default, CancellationToken ct = default)
    {
        if (flush > TimeSpan.Zero && PendingCount > 0)
        {
            try
            {
                await WaitUntilAsync(() => _replica.PendingCount == 0, ct).WaitAsync(flush, _options.Time, ct).ConfigureAwait(false);
            }
            catch (Exception reason) when (reason is TimeoutException or ClosedException)
            {
                // What is still pending fails with ClosedException below.
            }
        }
        if (!Read(() => _isDisposed))
            await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    /// <summary>Disconnects, with <see cref="ClientOptions.GoodbyeTimeout"/> for what is pending.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync(_options.GoodbyeTimeout).ConfigureAwait(false);
        lock (_gate)
            _isDisposed = true;
        _stopping.Dispose();
    }

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

    private async Task RunAsync()
    {
        var end = LineEnd.Of(CloseCode.Normal);
        Exception? fault = null;
        try
        {
            end = await _line.RunAsync(_stopping.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, nobody may wait for ever because of it: it reaches them as ClosedException.
        catch (Exception unexpected)
#pragma warning restore CA1031
        {
            (end, fault) = (LineEnd.Of(CloseCode.ServerFault) with { Code = "internal", Reason = "The client had a fault." }, unexpected);
        }
        Close(new ClosedException(end.Code, end.Reason, fault));
    }

    private void Close(ClosedException reason)
    {
        lock (_gate)
        {
            (_state, _closed) = (ConnectionState.Disconnected, reason);
            _replica.Off();
            Obey(_replica.WithdrawAll());
            _requests.FailAll(reason);
            foreach (var owner in _owners.Values)
                owner.TrySetException(reason);
            _owners.Clear();
        }
        var asked = _stopping.IsCancellationRequested;
        _events.Close(asked ? null : reason);
        _broadcasts.Close(asked ? null : reason);
        _changes.Close(asked ? null : reason);
        _conflicts.Close(asked ? null : reason);
        _rejections.Close(asked ? null : reason);
        _skipped.Close(asked ? null : reason);
        _pulse.Beat();
    }

    private T Read<T>(Func<T> value)
    {
        lock (_gate)
            return value();
    }
}
