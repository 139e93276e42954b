using System.IO.Pipelines;
using System.Net.Sockets;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>
/// One client: one read loop, one writer, one end.
/// <code>
///   open ──message──▶ open                        End(code): the farewell becomes the last thing written;
///    │  └─peer closes──▶ End(Normal), unannounced  reading goes on until the peer closes too, or CloseTimeout
///    └──End(code)──▶ ending ──peer closes | timeout──▶ over
/// </code>
/// The writer has no loop of its own: whoever wakes it pumps, unless somebody is pumping already, who then looks once more.
/// <code>
///   idle ──Wake──▶ pumping ──nothing left──▶ idle     parked: the line does not take all at once; goes on when it has
///                   │  ▲ └──line is full──▶ parked    waiting: there is much to write; goes on when its turn has come
///                   ▼  └───────────────────────┤
///                 waiting ──────turn───────────┘
/// </code>
/// </summary>
internal sealed class Connection : IPeer, IThreadPoolWorkItem, IDisposable
{
    /// <summary>Bytes one run of the pump may write before others have their turn.</summary>
    private const int RunBytesMax = 128 * 1024;

    /// <summary>Bytes of one write, which <see cref="ConnectionOptions.WriteTimeout"/> is for: a page of a megabyte may take longer on a slow line.</summary>
    private const int WriteBytesMax = 64 * 1024;

    private static readonly TaskCompletionSource s_done = Done();

    private const int Idle = 0, Pumping = 1, LookAgain = 2;

    private readonly Line _line;
    private readonly Surroundings _around;
    private readonly Outbox _outbox;
    private readonly MessageReader _reader;
    private readonly CancellationTokenSource _over = new();
    private readonly IConversation _conversation;
    private readonly long _bornAt;
    private TaskCompletionSource? _written; // of who waits for the last write; the completed one where it has been
    private int _pump = Idle;
    private Task _parked = Task.CompletedTask; // never fails; its end is told by TellWritten
    private ReadOnlyMemory<byte> _rest; // taken and not yet written; the pump's
    private long _writeBegunAt;
    private long _heardAt;
    private long _pingedAt;
    private long _endedAt;
    private int _ending; // 0, or the CloseCode

    /// <param name="compresses">Whether permessage-deflate was agreed on.</param>
    /// <param name="echoes">Whether it answers every message with itself; for tests.</param>
    public Connection(long id, Line line, Surroundings around, bool compresses = false, bool echoes = false)
    {
        (Id, _line, _around) = (id, line, around);
        Mailbox = new(around.Options.MailboxBytesMax);
        _outbox = new(Mailbox);
        _reader = new(line.Input, new(around.Options.MessageBytesMax, compresses, TakesBinary: echoes), around.Time);
        CompressFrom = compresses ? around.Options.CompressBytesMin : null;
        _conversation = echoes ? new Echo(this) : new Conversation(this, around);
        _bornAt = _heardAt = around.Time.GetTimestamp();
    }

    public long Id { get; }

    public Mailbox Mailbox { get; }

    public Outbox Outbox => _outbox;

    /// <summary>Bytes from which on what may be compressed is; null where the client did not agree to it.</summary>
    public int? CompressFrom { get; }

    /// <summary>Cancelled when nothing can be said any more.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>When the client last said something, as a timestamp of the clock.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    public bool IsEnding => Volatile.Read(ref _ending) != 0;

    /// <summary>Runs the connection to its end. Never throws for what the peer did.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ReadToEndAsync();
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            // The line broke: nobody is there to be told.
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _around.Logger.ConnectionFaulted(Id, fault);
            End(CloseCode.ServerFault);
        }
        finally
        {
            CloseCode? reason = IsEnding ? (CloseCode)_ending : null;
            await _conversation.EndAsync();
            End(CloseCode.Normal, announced: false); // where the line broke: what is still to be written goes nowhere, but it goes
            await WrittenAsync(); // the heartbeat cuts the line if this takes too long
            await _over.CancelAsync();
            _around.Metrics.Closed(reason);
            _around.Logger.ConnectionEnded(Id, reason);
        }
    }

    private static bool IsLoss(Exception exception) => exception is IOException or SocketException or OperationCanceledException
        or ObjectDisposedException or Microsoft.AspNetCore.Connections.ConnectionAbortedException;

    /// <summary>
    /// After a fault it reads and forgets what still comes until the peer closes too, so that our close is not lost to a reset; the heartbeat bounds it.
    /// </summary>
    private async Task ReadToEndAsync()
    {
        for (var cameAt = _bornAt; ;)
        {
            if (!_reader.TryRead(out var received))
            {
                Take(await _reader.WaitAsync());
                cameAt = _around.Time.GetTimestamp(); // of many messages at once
                continue;
            }
            switch (received.Came)
            {
                case Came.Message:
                    Volatile.Write(ref _heardAt, cameAt);
                    if (!IsEnding)
                        await _conversation.HearAsync(received);
                    _reader.Release();
                    break;
                case Came.Ping when !IsEnding:
                    await PostAsync(received.Bytes);
                    break;
                case Came.Fault:
                    End(received.Code!.Value);
                    _reader.Skip();
                    break;
                case Came.Close:
                    End(CloseCode.Normal, announced: false);
                    return;
                case Came.LineEnd: // nobody is there to be told
                    return;
            }
        }
    }

    private void Take(ReadResult came)
    {
        _around.Metrics.Received(came.Buffer.Length); // all of it is new: the reader waits for more only when it has taken what was there
        _reader.Take(came);
    }

    /// <summary>Posts what is meant for this client alone; waits while its mailbox is full, so that who reads nothing is not read either.</summary>
    /// <param name="posting">Called when there is room, before anybody can take the frame.</param>
    public async ValueTask PostAsync(ReadOnlyMemory<byte> frame, Action? posting = null)
    {
        while (!Mailbox.TryPost(frame.Span, posting: posting))
            await Mailbox.RoomAsync(frame.Length, Over);
        Wake();
    }

    /// <summary>Ends the connection: what it says last is the reason. Only the first reason counts.</summary>
    /// <param name="announced">Whether a <c>disconnect</c> message goes before the close frame.</param>
    public void End(CloseCode code, bool announced = true, int? retryAfterMs = null)
    {
        if (IsEnding)
            return;
        Volatile.Write(ref _endedAt, _around.Time.GetTimestamp()); // before the code: a beat that sees the one must see the other
        if (Interlocked.CompareExchange(ref _ending, (int)code, 0) != 0)
            return;
        _outbox.End(Outbox.Farewell(code, announced, retryAfterMs), drain: code != CloseCode.SlowConsumer);
        Wake();
    }

    /// <summary>Why it ends; null while it does not, and where the line broke.</summary>
    public CloseCode? EndedBy => IsEnding ? (CloseCode)_ending : null;

    public void End(CloseCode code) => End(code, announced: true);

    /// <summary>Cuts the line. Whoever waits for room in the mailbox is freed, for nobody makes any now.</summary>
    public void Abort()
    {
        try
        {
            _over.Cancel();
            _line.Abort();
        }
        catch (ObjectDisposedException)
        {
            // It came to its end by itself meanwhile, and its request with it.
        }
    }

    /// <summary>There may be something to write.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _pump, LookAgain) == Idle)
            Pump(isItsTurn: false);
    }

    /// <summary>The backlog's: its turn has come.</summary>
    void IThreadPoolWorkItem.Execute() => Pump(isItsTurn: true);

    /// <summary>
    /// Runs on the waker's thread until a write does not complete at once, or there is much. After the last words, or where the line is gone, the
    /// pump is never free again.
    /// </summary>
    /// <param name="isItsTurn">Whether it may write what is large; else the waker has others to wake.</param>
    private void Pump(bool isItsTurn)
    {
        var room = RunBytesMax;
        try
        {
            do
            {
                Interlocked.Exchange(ref _pump, Pumping);
                while (_rest.Length > 0 || _outbox.TryTake(out _rest))
                {
                    if (room <= 0 || (_outbox.IsLarge && !isItsTurn))
                    {
                        _around.Backlog.Add(this);
                        return;
                    }
                    var next = _rest[..Math.Min(_rest.Length, WriteBytesMax)];
                    (_rest, room) = (_rest[next.Length..], room - next.Length);
                    var writing = _line.WriteAsync(next);
                    if (!writing.IsCompletedSuccessfully)
                    {
                        Volatile.Write(ref _writeBegunAt, _around.Time.GetTimestamp());
                        _parked = ParkAsync(writing);
                        return;
                    }
                    writing.GetAwaiter().GetResult(); // gives what carried it back
                }
                if (_outbox.IsSpent)
                {
                    TellWritten();
                    return;
                }
                if (_outbox.FellBehind)
                    End(CloseCode.SlowConsumer);
            }
            while (Interlocked.CompareExchange(ref _pump, Idle, Pumping) != Pumping);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Break(failure);
        }
        finally
        {
            if (room < RunBytesMax)
                _around.Metrics.Sent(RunBytesMax - room);
        }
    }

    /// <summary>Waits until the line has taken what is being written, and goes on from there.</summary>
    private async Task ParkAsync(ValueTask writing)
    {
        try
        {
            await writing;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Break(failure);
            return;
        }
        Volatile.Write(ref _writeBegunAt, 0);
        Pump(isItsTurn: false); // thousands may come out of it at once: what is large takes its turn again
    }

    private void Break(Exception failure)
    {
        if (!IsLoss(failure) && failure is not InvalidOperationException) // so says a stream that was completed
            _around.Logger.ConnectionFaulted(Id, failure);
        try
        {
            _line.Abort(); // the reader notices as well
            _parked = _over.CancelAsync(); // not here: who wakes many has no time for what this frees
        }
        catch (ObjectDisposedException)
        {
            // It came to its end by itself meanwhile.
        }
        TellWritten();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private void TellWritten() => Interlocked.CompareExchange(ref _written, s_done, null)?.TrySetResult();

    private Task WrittenAsync()
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _written, mine, null) ?? mine).Task;
    }

    /// <summary>Called about once a second: what has been silent, slow or stuck for too long is told so, or cut off.</summary>
    public void Beat()
    {
        if (IsEnding)
        {
            if (Since(ref _endedAt) > _around.Options.CloseTimeout)
                Abort();
            return;
        }
        if (Volatile.Read(ref _writeBegunAt) is var begun and not 0 && _around.Time.GetElapsedTime(begun) > _around.Options.WriteTimeout)
            Abort(); // it takes nothing: a farewell would not reach it either
        else if (_reader.Receiving > _around.Options.MessageTimeout || (!_conversation.IsIntroduced && _around.Time.GetElapsedTime(_bornAt) > _around.Options.ConnectTimeout))
            End(CloseCode.Timeout);
        else if (Since(ref _heardAt) is var silent && silent > _around.Options.PingTimeout)
            End(CloseCode.Timeout);
        else if (silent > _around.Options.PingInterval && Since(ref _pingedAt) > _around.Options.PingInterval)
            Ping();
    }

    private void Ping()
    {
        Volatile.Write(ref _pingedAt, _around.Time.GetTimestamp());
        _conversation.Ping();
    }

    private TimeSpan Since(ref long timestamp) => _around.Time.GetElapsedTime(Volatile.Read(ref timestamp));

    public void Dispose()
    {
        _reader.Dispose();
        _over.Dispose();
    }
}
