using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>From the first wish for a line to the last goodbye.</summary>
public sealed partial class EventOnlyClient
{
    private readonly Subscriptions<StateChange> _stateChanges;
    private CancellationTokenSource _stopping = new(); // of the run that is on
    private Task _running = Task.CompletedTask;
    private ConnectionState _state;
    private ClosedException? _closed;
    private ITimer? _lostTimer;
    private bool _isLost;
    private bool _isDisposed;

    /// <summary>A client that has not begun: <see cref="Connect"/> does. Commands are taken at once, and wait.</summary>
    /// <exception cref="ArgumentException">The address or an option cannot be.</exception>
    public static EventOnlyClient Create(Uri uri, ClientOptions options)
    {
        if (uri.Scheme is not ("ws" or "wss"))
            throw new ArgumentException("The address must begin with ws: or wss:.", nameof(uri));
        ClientBounds.Check(options);
        ThrowIfTooLarge(options.Presence);
        return new(uri, options);
    }

    /// <summary>Connects and joins; returns when the state is there. Tries until <paramref name="ct"/>, unless told otherwise.</summary>
    /// <exception cref="ClosedException">The server says not to come back, or the first attempt failed and none is to follow.</exception>
    /// <exception cref="ArgumentException">The address or an option cannot be.</exception>
    public static async Task<EventOnlyClient> ConnectAsync(Uri uri, ClientOptions options, CancellationToken ct = default)
    {
        var client = Create(uri, options);
        client.Connect();
        try
        {
            await client.ReadyAsync(ct).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Starts, and goes on trying for ever. Idempotent; after <see cref="DisconnectAsync"/> it resumes the same session from where it stood. Never
    /// throws because of the network.
    /// </summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Connect()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (LineMoves.After(_state, LineMove.Start) is null)
                return;
            _closed = null;
            Reopen();
            Move(LineMove.Start);
            var (before, stopping) = (_running, new CancellationTokenSource());
            _stopping = stopping;
            _running = Task.Run(() => RunAsync(before, stopping), CancellationToken.None); // not here: the lock is not held across dialling
        }
        _pulse.Beat();
    }

    /// <summary>For a button "Try now": drops the line, if any, and tries at once, from any state.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void ReconnectNow()
    {
        if (LineMoves.After(State, LineMove.Restart) is null)
            Connect();
        else
            _line.Hurry();
    }

    /// <summary>Waits until connected and the state is there; returns at once if that is so.</summary>
    /// <exception cref="ClosedException">The client is disconnected.</exception>
    public Task ReadyAsync(CancellationToken ct = default) => WaitUntilAsync(() => _state == ConnectionState.Connected && _replica.IsCaughtUp, ct);

    /// <summary>
    /// Ends, after waiting at most <paramref name="flush"/> for what is pending: the rest fails with <see cref="ClosedException"/>. Nothing but
    /// <see cref="Connect"/> and <see cref="ReconnectNow"/> revives it. May be called twice.
    /// </summary>
    public async Task DisconnectAsync(TimeSpan flush = default, CancellationToken ct = default)
    {
        if (flush > TimeSpan.Zero && State is not (ConnectionState.Idle or ConnectionState.Disconnected) && PendingCount > 0)
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
        Task stopping;
        Task running;
        lock (_gate)
        {
            stopping = _isDisposed ? Task.CompletedTask : _stopping.CancelAsync();
            running = _running;
            Close(LineEnd.Of(CloseCode.Normal), isAsked: true, fault: null);
        }
        _pulse.Beat();
        await stopping.ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    /// <summary>Disconnects, with <see cref="ClientOptions.GoodbyeTimeout"/> for what is pending.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync(_options.GoodbyeTimeout).ConfigureAwait(false);
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }
        _stopping.Dispose();
        _telemetry.Dispose();
    }

    /// <param name="before">The run before this one: until its goodbye is over there is no second socket.</param>
    private async Task RunAsync(Task before, CancellationTokenSource stopping)
    {
        await before.ConfigureAwait(false);
        LineEnd end;
        Exception? fault = null;
        try
        {
            end = await _line.RunAsync(stopping.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, nobody may wait for ever because of it: it reaches them as ClosedException.
        catch (Exception unexpected)
#pragma warning restore CA1031
        {
            (end, fault) = (LineEnd.Of(CloseCode.ServerFault) with { Code = "internal", Reason = "The client had a fault." }, unexpected);
        }
        lock (_gate)
        {
            if (!stopping.IsCancellationRequested) // else it is over already, and perhaps begun again
                Close(end, isAsked: false, fault);
        }
        _pulse.Beat();
    }

    /// <summary>Moves the state, if that may be, and tells it. Under the lock.</summary>
    private void Move(LineMove move, LineEnd? end = null, int attempt = 0, TimeSpan? retryIn = null)
    {
        if (LineMoves.After(_state, move) is not { } to)
            return;
        var from = _state;
        _state = to;
        var isRestored = to == ConnectionState.Connected && _isLost;
        if (from != to || retryIn is not null)
        {
            Tell(new(from, to, isRestored ? LineNotice.Restored : LineNotice.None, end?.Code, end?.Reason, attempt, retryIn,
                isRestored ? _lastResume : null));
        }
        if (to is ConnectionState.Connected or ConnectionState.Disconnected)
        {
            _isLost = false;
            _lostTimer?.Dispose();
            _lostTimer = null;
        }
        else if (to == ConnectionState.Reconnecting && from != ConnectionState.Disconnected)
        {
            _lostTimer ??= _options.Time.CreateTimer(_ => TellLost(), null, _options.LostAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private void TellLost()
    {
        lock (_gate)
        {
            if (_state != ConnectionState.Reconnecting || _isLost || _lostTimer is null)
                return; // it was restored in this very moment
            _isLost = true;
            Tell(new(_state, _state, LineNotice.Lost));
        }
        _pulse.Beat();
    }

    private void Tell(StateChange change) => _stateChanges.Publish(change, () => new SubscriberTooSlowException(_replica.Seq));
}
