using System.Net.WebSockets;
using System.Threading.Channels;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What the line asks of its owner. All are called on the line's loops.</summary>
/// <param name="Prepare">Is there something to wait for before a socket is made?</param>
/// <param name="Opened">Say hello.</param>
/// <param name="Next">The next message to send, valid until the next call, or null.</param>
/// <param name="Heard">A frame came; a value ends the line.</param>
/// <param name="Silent">It is time to ping.</param>
/// <param name="Renew">The server does not know us any more: can we show it something else?</param>
/// <param name="Down">The socket is gone; there will be another one, the attempt of this number, after the pause.</param>
internal sealed record LineOwner(
    Func<CancellationToken, ValueTask> Prepare, Action Opened, Func<ReadOnlyMemory<byte>?> Next, Func<ReadOnlyMemory<byte>, LineEnd?> Heard, Action Silent,
    Func<bool> Renew, Action<LineEnd, int, TimeSpan> Down);

/// <summary>
/// A line that comes back: at most one socket, retries with back-off until told to stop, a watchdog for silence.
/// <code>
///    ┌────────────────────── pause ◀──────────────────────┐
///    ▼                                                    │
/// dialling ──socket──▶ open ──Held()──▶ held ──close, silence, gap──▶ down ──"stop", stopping──▶ end
///    └────────failed, timeout─┴──────────────────────────▶ ┘
/// </code>
/// </summary>
internal sealed class Line(Uri uri, ClientOptions options, LineOwner owner)
{
    /// <summary>Where an attempt starts on the ladder after a close that says "back off": within 2 s instead of 250 ms.</summary>
    private const int BackOffAttempt = 3;

    private const string Unauthenticated = "unauthenticated";

    /// <summary>Whatever a server announces, it is not pinged more often.</summary>
    private const int PingIntervalMsMin = 1000;

    // DropWrite: one wake-up is as good as many.
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> _hurries = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }); // as above
    private readonly TimeProvider _time = options.Time;
    private readonly Random _random = new(options.Random.Next()); // of its own: the owner's callers use the other one
    private volatile EventOnlyConnection? _connection;
    private volatile TaskCompletionSource? _cut;
    private volatile TaskCompletionSource<LineEnd?>? _given; // an end that neither the socket nor its silence brings
    private ITimer? _answerBy;
    private bool _everHeld;
    private long _heardAt;
    private long _heldAt;
    private volatile bool _isHeld;
    private TimeSpan _pingInterval;

    /// <summary>There is something to send. Cheap, and may be called at any time.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>The server greeted us: its silence can be measured.</summary>
    public void Greeted(int pingIntervalMs) => _pingInterval = TimeSpan.FromMilliseconds(Math.Max(pingIntervalMs, PingIntervalMsMin));

    /// <summary>The project is ours: this attempt has succeeded.</summary>
    public void Held()
    {
        Interlocked.Exchange(ref _answerBy, null)?.Dispose();
        if (_isHeld)
            return;
        _heldAt = _time.GetTimestamp();
        _isHeld = true;
    }

    /// <summary>The project is joined once more on this line, which must be answered in time.</summary>
    public void Expect()
    {
        var given = _given;
        var timer = _time.CreateTimer(
            _ => given?.TrySetResult(LineEnd.Silent("No answer to join.")), null, options.ConnectTimeout, Timeout.InfiniteTimeSpan);
        Interlocked.Exchange(ref _answerBy, timer)?.Dispose();
    }

    /// <summary>Another socket at once, whatever this one is; the ladder of attempts starts at its foot.</summary>
    public void Hurry()
    {
        _hurries.Writer.TryWrite(true);
        _given?.TrySetResult(LineEnd.Of(CloseCode.Normal) with { Reason = "Another line is wanted." });
    }

    /// <summary>Drops the line without a close frame; it comes back by itself.</summary>
    public void Abort() => _connection?.Abort();

    /// <summary>Drops the line and keeps it down until <see cref="Heal"/>.</summary>
    public void Cut()
    {
        _cut ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        Abort();
    }

    public void Heal() => Interlocked.Exchange(ref _cut, null)?.TrySetResult();

    /// <summary>Holds the line until it ends for good: the server says stop, or <paramref name="stopping"/>.</summary>
    public async Task<LineEnd> RunAsync(CancellationToken stopping)
    {
        var attempt = 0;
        while (true)
        {
            LineEnd end;
            try
            {
                stopping.ThrowIfCancellationRequested();
                if (_cut is { } cut)
                    await cut.Task.WaitAsync(stopping).ConfigureAwait(false);
                _isHeld = false;
                end = await HoldAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return LineEnd.Of(CloseCode.Normal);
            }

            _everHeld |= _isHeld;
            if (end is { Advice: CloseAdvice.Stop, Code: Unauthenticated } && owner.Renew())
                end = end with { Advice = CloseAdvice.BackOff };
            if (end.Advice == CloseAdvice.Stop || stopping.IsCancellationRequested || !(_everHeld || options.RetryInitialConnect))
                return end;
            if (_isHeld && _time.GetElapsedTime(_heldAt) >= options.Reconnect.MinUptime)
                attempt = 0;
            if (end.Advice == CloseAdvice.BackOff)
                attempt = Math.Max(attempt, BackOffAttempt);
            if (options.Reconnect.Pause(attempt, new(end.Code, end.Reason, end.Advice == CloseAdvice.BackOff, end.RetryAfter), _random) is not { } pause)
                return end;
            owner.Down(end, ++attempt, pause);
            if (await PauseAsync(pause, stopping).ConfigureAwait(false))
                attempt = 0;
        }
    }

    /// <summary>Returns whether somebody was in a hurry.</summary>
    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var hurry = _hurries.Reader.WaitToReadAsync(over.Token).AsTask();
        var waiting = Task.Delay(pause, _time, over.Token); // the loop looks at the token
        await Task.WhenAny(hurry, waiting).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        return _hurries.Reader.TryRead(out _);
    }

    /// <summary>One socket, from dialling to its end. Its three loops end together.</summary>
    private async Task<LineEnd> HoldAsync(CancellationToken stopping)
    {
        var started = _time.GetTimestamp();
        EventOnlyConnection connection;
        try
        {
            connection = await DialAsync(stopping).ConfigureAwait(false);
        }
        catch (ProtocolException refusal)
        {
            return new(refusal.Code, refusal.Message, CloseAdvice.Stop);
        }
        catch (TokenException failure)
        {
            return new(Unauthenticated, failure.Message, CloseAdvice.BackOff);
        }
        catch (Exception failure) when (IsBreak(failure) && !stopping.IsCancellationRequested)
        {
            return LineEnd.Lost($"The server could not be reached: {failure.Message}");
        }
        await using var _ = connection.ConfigureAwait(false);

        _heardAt = _time.GetTimestamp();
        var given = new TaskCompletionSource<LineEnd?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _given = given;
        _connection = connection;
        if (_cut is not null)
            connection.Abort(); // the cut came while we dialled
        owner.Opened();
        Wake();

        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var reading = ReadAsync(connection);
        var writing = WriteAsync(connection, over.Token);
        var watching = WatchAsync(started, over.Token);
        var first = await Task.WhenAny(reading, writing, watching, given.Task).ConfigureAwait(false);
        if (first == writing && writing.IsCompletedSuccessfully && !stopping.IsCancellationRequested)
            first = await Task.WhenAny(reading, watching, given.Task).ConfigureAwait(false); // what cannot be written to may still tell why, by its close frame

        await over.CancelAsync().ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
            await SayGoodbyeAsync(connection, writing, reading).ConfigureAwait(false);
        (_connection, _given) = (null, null);
        Interlocked.Exchange(ref _answerBy, null)?.Dispose();
        connection.Abort();
        await Task.WhenAll(reading, writing, watching).ConfigureAwait(false);
        return await first.ConfigureAwait(false) ?? await reading.ConfigureAwait(false) ?? LineEnd.Of(CloseCode.Normal);
    }

    private async Task<EventOnlyConnection> DialAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        try
        {
            await owner.Prepare(either.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the caller's function throws: it is asked again after a pause.
        catch (Exception failure) when (!stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new TokenException($"There is no token to show: {failure.Message}", failure);
        }
        return await EventOnlyConnection.ConnectAsync(uri, options.Connection, either.Token).ConfigureAwait(false);
    }

    private async Task<LineEnd?> ReadAsync(EventOnlyConnection connection)
    {
        try
        {
            // Without a token: cancelling a receive would break the line before the goodbye. The owner ends it by Abort.
            while (await connection.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                Volatile.Write(ref _heardAt, _time.GetTimestamp());
                if (owner.Heard(frame) is { } end)
                    return end;
            }
            await connection.CloseAsync(CancellationToken.None).ConfigureAwait(false);
            return LineEnd.OfClose(connection.CloseCode, connection.CloseReason);
        }
        catch (Exception failure) when (IsBreak(failure))
        {
            return LineEnd.Lost("The connection broke.");
        }
        catch (ProtocolException failure)
        {
            options.OnTrouble?.Invoke(failure);
            return new(failure.Code, failure.Message, CloseAdvice.BackOff);
        }
    }

    private async Task<LineEnd?> WriteAsync(EventOnlyConnection connection, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await _wakes.Reader.ReadAsync(over).ConfigureAwait(false);
                while (!over.IsCancellationRequested && owner.Next() is { } message)
                    await connection.SendAsync(message, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (IsBreak(failure))
        {
            return null; // the reader finds out why
        }
    }

    /// <summary>Pings in time, and notices when the other side has gone without a word.</summary>
    private async Task<LineEnd?> WatchAsync(long started, CancellationToken over)
    {
        try
        {
            await Task.Delay(Rest(options.ConnectTimeout - _time.GetElapsedTime(started)), _time, over).ConfigureAwait(false);
            if (!_isHeld)
                return LineEnd.Silent("No answer to connect and join.");
            while (true)
            {
                var silence = _time.GetElapsedTime(Volatile.Read(ref _heardAt));
                if (silence >= _pingInterval + options.PingGrace)
                    return LineEnd.Silent("The server is silent.");
                owner.Silent();
                var rest = _pingInterval + options.PingGrace - silence;
                await Task.Delay(Rest(rest < _pingInterval ? rest : _pingInterval), _time, over).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return null;
        }

        static TimeSpan Rest(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
    }

    /// <summary>Lets the frame under way finish, then closes as RFC 6455 wants it; a line that hangs is not waited for.</summary>
    private async Task SayGoodbyeAsync(EventOnlyConnection connection, Task writing, Task reading)
    {
        try
        {
            await writing.WaitAsync(options.GoodbyeTimeout, _time).ConfigureAwait(false);
            using var timeout = new CancellationTokenSource(options.GoodbyeTimeout, _time);
            await connection.CloseAsync(timeout.Token).ConfigureAwait(false);
            await reading.WaitAsync(options.GoodbyeTimeout, _time).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException || IsBreak(failure))
        {
            // The other side is gone, or does not answer: there is nobody to part from.
        }
    }

    private sealed class TokenException(string message, Exception inner) : Exception(message, inner);

    private static bool IsBreak(Exception failure) =>
        failure is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException;
}
