using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Connections;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Connections;

/// <summary>One connection over a stream whose writes and end are in the test's hand: the moments that a real socket seldom shows.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ConnectionTests
{
    [Test]
    public async Task A_connection_is_not_over_while_another_thread_still_writes()
    {
        var line = new Line();
        using var connection = Open(line);
        var running = connection.RunAsync();
        connection.Mailbox.TryPost(Encoding.UTF8.GetBytes("something"));
        line.HoldWrites();
        var waker = Task.Run(connection.Wake); // stands inside the write, before the pump has come back to who started it
        await line.Writing;

        line.EndReading();
        for (var turn = 0; turn < 1000 && !running.IsCompleted; turn++)
            await Task.Yield(); // what must not happen has no signal: give it every chance
        var overTooSoon = running.IsCompleted;
        line.LetWrite();
        await waker.WaitAsync(RawClient.Patience);
        await running.WaitAsync(RawClient.Patience);

        overTooSoon.Should().BeFalse("the stream may not be given back while it is written to");
        line.Written.Should().StartWith("something");
    }

    [Test]
    public async Task A_beat_after_the_end_harms_nobody()
    {
        var line = new Line();
        var time = new ManualTime();
        using var connection = Open(line, time, abort: () => throw new ObjectDisposedException("the request"));
        line.EndReading();
        await connection.RunAsync().WaitAsync(RawClient.Patience);

        time.Advance(TimeSpan.FromHours(1));

        FluentActions.Invoking(connection.Beat).Should().NotThrow("the one timer of all connections runs it");
        FluentActions.Invoking(connection.Abort).Should().NotThrow();
        FluentActions.Invoking(connection.Wake).Should().NotThrow();
    }

    [Test]
    public async Task Who_waits_for_room_in_the_mailbox_is_freed_when_the_line_is_cut()
    {
        var line = new Line();
        var time = new ManualTime();
        using var connection = Open(line, time, new() { MailboxBytesMax = 16 * 1024 });
        var running = connection.RunAsync();
        line.ParkWrites();
        for (var i = 0; i < 1000; i++)
            line.SayPing(); // each is answered, until the mailbox is full
        await line.Writing;

        time.Advance(TimeSpan.FromSeconds(11));
        await Eventually.IsAsync(() =>
        {
            connection.Beat();
            return line.Cut.IsCompleted;
        }, "the line is cut");
        line.FailWrites(); // as a line does that is cut: nobody takes from the mailbox any more

        await running.WaitAsync(RawClient.Patience);
    }

    [Test]
    public async Task Only_the_first_reason_counts_and_nothing_follows_it()
    {
        var line = new Line();
        using var connection = Open(line);
        var running = connection.RunAsync();

        connection.End(CloseCode.Timeout);
        connection.End(CloseCode.Replaced);
        connection.Mailbox.TryPost(Encoding.UTF8.GetBytes("too late"));
        connection.Wake();
        line.EndReading();
        await running.WaitAsync(RawClient.Patience);

        line.Written.Should().Contain("\"code\":\"timeout\"").And.EndWith("timeout").And.NotContain("replaced").And.NotContain("too late");
    }

    [Test]
    public async Task A_line_that_breaks_while_it_is_written_to_ends_the_connection()
    {
        var line = new Line();
        using var connection = Open(line);
        var running = connection.RunAsync();
        line.FailWrites();

        connection.Mailbox.TryPost(Encoding.UTF8.GetBytes("something"));
        connection.Wake();

        await line.Cut.WaitAsync(RawClient.Patience);
        await running.WaitAsync(RawClient.Patience);
    }

    [Test]
    public async Task A_large_frame_is_written_in_pieces_each_with_the_time_that_a_write_may_take()
    {
        var line = new Line();
        using var connection = Open(line);
        var running = connection.RunAsync();

        await connection.Outbox.Bulk.PutAsync(() => Encoding.UTF8.GetBytes(new string('x', 1_000_000)), default);
        connection.Wake();
        line.EndReading();
        await running.WaitAsync(RawClient.Patience);

        line.Written.Count(c => c == 'x').Should().Be(1_000_000);
        line.WriteBytesMost.Should().BeLessThanOrEqualTo(64 * 1024);
    }

    private static Connection Open(Line line, TimeProvider? time = null, ConnectionOptions? options = null, Action? abort = null)
    {
        time ??= TimeProvider.System;
        options ??= new();
        var journal = new MemoryJournal(() => "epoch");
        var projects = new ProjectDirectory(journal, new(), new(), time, NullLogger<ProjectDirectory>.Instance);
        return new(1, new StreamLine(line, abort ?? line.Abort), new(options, projects, new History(journal, new()), time, NullLogger.Instance));
    }

    /// <summary>A line that blocks where a test wants it to.</summary>
    private sealed class Line : Stream
    {
        private readonly System.Threading.Channels.Channel<byte[]> _input = System.Threading.Channels.Channel.CreateUnbounded<byte[]>();
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _mayWrite = new(true);
        private readonly StringBuilder _written = new();
        private ReadOnlyMemory<byte> _rest;
        private TaskCompletionSource? _parked;
        private volatile bool _failing;

        public int WriteBytesMost { get; private set; }

        public Task Writing => _writing.Task;

        public Task Cut => _cut.Task;

        public string Written
        {
            get
            {
                lock (_written)
                    return _written.ToString();
            }
        }

        public void HoldWrites() => _mayWrite.Reset();

        public void LetWrite() => _mayWrite.Set();

        /// <summary>Writes do not come to their end until they fail.</summary>
        public void ParkWrites() => _parked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void FailWrites()
        {
            _failing = true;
            _parked?.TrySetException(new IOException("The line broke."));
        }

        public void EndReading() => _input.Writer.TryComplete();

        public void SayPing() => _input.Writer.TryWrite(RawClient.Encode(RawClient.Ping, new byte[125]));

        public void Abort()
        {
            _cut.TrySetResult();
            _input.Writer.TryComplete();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_rest.IsEmpty)
            {
                if (!await _input.Reader.WaitToReadAsync(cancellationToken))
                    return 0;
                if (buffer.IsEmpty)
                    return 0;
                _input.Reader.TryRead(out var next);
                _rest = next;
            }
            var count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            _rest = _rest[count..];
            return count;
        }

        /// <summary>Blocks the thread on purpose, as a preempted one would stand here.</summary>
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _writing.TrySetResult();
            _mayWrite.Wait(RawClient.Patience, CancellationToken.None);
            if (_failing)
                throw new IOException("The line broke.");
            if (_parked is { } parked)
                return new(parked.Task);
            WriteBytesMost = Math.Max(WriteBytesMost, buffer.Length);
            lock (_written)
                _written.Append(Encoding.UTF8.GetString(buffer.Span));
            return default;
        }

        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
