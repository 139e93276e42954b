using System.IO.Pipelines;
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
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>Bytes one run of the pump may write on its waker's thread, if every write completes at once.</summary>
    private const int RunBytesMax = 256 * 1024;

    /// <summary>Bytes of one write, which <see cref="ConnectionOptions.WriteTimeout"/> is for: a page of a megabyte may take longer on a slow line.</summary>
    private const int WriteBytesMax = 64 * 1024;

    private const int Idle = 0, Pumping = 1, LookAgain = 2;

    private readonly Stream _stream;
    private readonly Action _abort;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Outbox _outbox;
    private readonly PipeReader _input;
    private readonly MessageReader _reader;
    private readonly CancellationTokenSource _over = new();
    private readonly IConversation _conversation;
    private readonly long _bornAt;
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pump = Idle;
    private Task _pumping = Task.CompletedTask; // never fails; its end is told by _written
    private long _writeBegunAt;
    private long _heardAt;
    private long _pingedAt;
    private long _endedAt;
    private int _ending; // 0, or the CloseCode

    /// <param name="compresses">Whether permessage-deflate was agreed on.</param>
    /// <param name="echoes">Whether it answers every message with itself; for tests.</param>
    public Connection(
        long id, Stream stream, Action abort, ConnectionOptions options, ProjectDirectory projects, History history, TimeProvider time,
        ILogger logger, bool compresses = false, bool echoes = false)
    {
        (Id, _stream, _abort, _options, _time, _logger) = (id, stream, abort, options, time, logger);
        Mailbox = new(options.MailboxBytesMax);
        _outbox = new(Mailbox);
        _input = PipeReader.Create(stream, new(leaveOpen: true, useZeroByteReads: true)); // zero-byte: while idle it owns no buffer
        _reader = new(_input, new(options.MessageBytesMax, compresses, TakesBinary: echoes), time);
        CompressFrom = compresses ? options.CompressBytesMin : null;
        _conversation = echoes ? new Echo(this) : new Conversation(this, projects, history, options, time, logger);
        _bornAt = _heardAt = time.GetTimestamp();
    }

    public long Id { get; }

    public Mailbox Mailbox { get; }

    public Outbox Outbox => _outbox;

    /// <summary>Bytes from which on what may be compressed is; null where the client did not agree to it.</summary>
    public int? CompressFrom { get; }

    /// <summary>Cancelled when nothing can be said any more.</summary>
    public CancellationToken Over => _over.Token;

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
            _logger.ConnectionFaulted(Id, fault);
            End(CloseCode.ServerFault);
        }
        finally
        {
            CloseCode? reason = IsEnding ? (CloseCode)_ending : null;
            await _conversation.EndAsync();
            End(CloseCode.Normal, announced: false); // where the line broke: what is still to be written goes nowhere, but it goes
            await _written.Task; // the heartbeat cuts the line if this takes too long
            await _over.CancelAsync();
            _logger.ConnectionEnded(Id, reason);
        }
    }

    private static bool IsLoss(Exception exception) => exception is IOException or OperationCanceledException
        or ObjectDisposedException or Microsoft.AspNetCore.Connections.ConnectionAbortedException;

    /// <summary>
    /// After a fault it reads and forgets what still comes until the peer closes too, so that our close is not lost to a reset; the heartbeat bounds it.
    /// </summary>
    private async Task ReadToEndAsync()
    {
        while (true)
        {
            if (!_reader.TryRead(out var received))
            {
                _reader.Take(await _reader.WaitAsync());
                continue;
            }
            switch (received.Came)
            {
                case Came.Message:
                    Volatile.Write(ref _heardAt, _time.GetTimestamp());
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

    /// <summary>Posts what is meant for this client alone; waits while its mailbox is full, so that who reads nothing is not read either.</summary>
    public async ValueTask PostAsync(ReadOnlyMemory<byte> frame)
    {
        while (!Mailbox.TryPost(frame))
            await Mailbox.RoomAsync(frame.Length, Over);
        Wake();
    }

    /// <summary>Ends the connection: what it says last is the reason. Only the first reason counts.</summary>
    /// <param name="announced">Whether a <c>disconnect</c> message goes before the close frame.</param>
    public void End(CloseCode code, bool announced = true, int? retryAfterMs = null)
    {
        if (IsEnding)
            return;
        Volatile.Write(ref _endedAt, _time.GetTimestamp()); // before the code: a beat that sees the one must see the other
        if (Interlocked.CompareExchange(ref _ending, (int)code, 0) != 0)
            return;
        _outbox.End(Outbox.Farewell(code, announced, retryAfterMs), drain: code != CloseCode.SlowConsumer);
        Wake();
    }

    public void End(CloseCode code) => End(code, announced: true);

    /// <summary>Cuts the line. Whoever waits for room in the mailbox is freed, for nobody makes any now.</summary>
    public void Abort()
    {
        try
        {
            _over.Cancel();
            _abort();
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
            _pumping = PumpAsync();
    }

    /// <summary>
    /// Runs on the waker's thread until a write does not complete at once, and goes on where that one completes. After the last words, or where
    /// the line is gone, the pump is never free again.
    /// </summary>
    private async Task PumpAsync()
    {
        var writtenInARow = 0;
        try
        {
            do
            {
                Interlocked.Exchange(ref _pump, Pumping);
                for (var bytes = ReadOnlyMemory<byte>.Empty; bytes.Length > 0 || _outbox.TryTake(out bytes);)
                {
                    var next = bytes[..Math.Min(bytes.Length, WriteBytesMax)];
                    Volatile.Write(ref _writeBegunAt, _time.GetTimestamp());
                    await _stream.WriteAsync(next, CancellationToken.None);
                    Volatile.Write(ref _writeBegunAt, 0);
                    bytes = bytes[next.Length..];
                    if ((writtenInARow += next.Length) > RunBytesMax)
                    {
                        await Task.Yield(); // the waker has others to wake
                        writtenInARow = 0;
                    }
                }
                if (_outbox.IsSpent)
                {
                    _written.TrySetResult();
                    return;
                }
                if (_outbox.FellBehind)
                    End(CloseCode.SlowConsumer);
            }
            while (Interlocked.CompareExchange(ref _pump, Idle, Pumping) != Pumping);
        }
        catch (Exception lost) when (IsLoss(lost) || lost is InvalidOperationException) // so says a stream that was completed
        {
            Abort(); // the reader notices as well
            _written.TrySetResult();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _logger.ConnectionFaulted(Id, fault);
            Abort();
            _written.TrySetResult();
        }
    }

    /// <summary>Called about once a second: what has been silent, slow or stuck for too long is told so, or cut off.</summary>
    public void Beat()
    {
        if (IsEnding)
        {
            if (Since(ref _endedAt) > _options.CloseTimeout)
                Abort();
            return;
        }
        if (Volatile.Read(ref _writeBegunAt) is var begun and not 0 && _time.GetElapsedTime(begun) > _options.WriteTimeout)
            Abort(); // it takes nothing: a farewell would not reach it either
        else if (_reader.Receiving > _options.MessageTimeout || (!_conversation.IsIntroduced && _time.GetElapsedTime(_bornAt) > _options.ConnectTimeout))
            End(CloseCode.Timeout);
        else if (Since(ref _heardAt) is var silent && silent > _options.PingTimeout)
            End(CloseCode.Timeout);
        else if (silent > _options.PingInterval && Since(ref _pingedAt) > _options.PingInterval)
            Ping();
    }

    private void Ping()
    {
        Volatile.Write(ref _pingedAt, _time.GetTimestamp());
        _conversation.Ping();
    }

    private TimeSpan Since(ref long timestamp) => _time.GetElapsedTime(Volatile.Read(ref timestamp));

    public void Dispose()
    {
        _reader.Dispose();
        _input.Complete();
        _over.Dispose();
    }
}
