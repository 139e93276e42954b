using System.Buffers;
using System.IO.Pipelines;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Connections;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Connections;

/// <summary>What a connection writes while its line takes all, nothing or a part, in whatever order that happens: whole frames, each once, each lane in order.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PumpTests
{
    [Test]
    public async Task Whatever_the_line_takes_the_bytes_on_it_are_right([Range(1, 60)] int seed)
    {
        var random = new Random(seed);
        var line = new UnsteadyLine(random);
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 16 * 1024 * 1024 });
        using var connection = Open(line);
        var running = connection.RunAsync();
        var member = new Member("ann", connection);
        bench.Enter("bob");
        for (var n = 1; n <= 40; n++)
            bench.Submit("bob", n, Given.Create($"early-{n}", $$"""{"text":"{{new string('x', random.Next(4000))}}"}""")); // a snapshot of several parts
        connection.Outbox.Add(member);
        bench.Project.Join(member, "session-of-ann", Given.Join(), out _).Should().BeTrue();
        bench.Project.UnmadeSnapshots.ForEach(snapshot => snapshot.Make());
        connection.Wake();
        var (told, whispered) = (0, 0);

        for (var (n, turn) = (40, 0); turn < 300; turn++)
        {
            switch (random.Next(6))
            {
                case 0:
                    connection.Mailbox.TryPost(Pong(told, told++)).Should().BeTrue();
                    connection.Wake();
                    break;
                case 1:
                    bench.Submit("bob", ++n, Given.Create($"late-{n}", $$"""{"text":"{{new string('y', random.Next(3000))}}"}"""));
                    connection.Wake();
                    break;
                case 2:
                    bench.Project.Broadcast(bench["bob"].Member, new(Given.ProjectId, "t", CanonicalValue.Of(whispered++), null));
                    connection.Wake();
                    break;
                default:
                    await line.GoOnAsync();
                    break;
            }
        }
        line.TakesAll = true;
        await line.GoOnAsync();
        connection.Wake();
        connection.End(CloseCode.Normal);
        await line.EndAsync();
        await running.WaitAsync(RawClient.Patience);

        var messages = Given.Messages(line.WrittenUntilClose());
        messages.OfType<ServerMessage.Joined>().Should().ContainSingle();
        messages.OfType<ServerMessage.Snapshot>().SelectMany(part => part.Entities).Select(entity => entity.Id).Distinct().Should().HaveCount(40);
        messages.OfType<ServerMessage.Happened>().Select(message => message.Event.Seq).Should()
            .Equal(Enumerable.Range(41, (int)bench.State.Seq - 40).Select(seq => (long)seq), "every event once, in order, and none twice with the snapshot");
        messages.OfType<ServerMessage.Pong>().Select(pong => pong.TimeMs).Should().Equal(Enumerable.Range(0, told).Select(i => (long)i));
        messages.OfType<ServerMessage.Broadcast>().Select(broadcast => broadcast.Data.AsNumber()).Should().Equal(Enumerable.Range(0, whispered).Select(i => (double?)i));
    }

    [Test]
    public async Task However_many_wake_it_at_once_one_writes()
    {
        var line = new UnsteadyLine(new Random(1)) { TakesAll = true };
        using var connection = Open(line);
        var running = connection.RunAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                connection.Mailbox.TryPost(Pong(thread, i));
                connection.Wake();
            }
        })));
        connection.End(CloseCode.Normal);
        await line.EndAsync();
        await running.WaitAsync(RawClient.Patience);

        var pongs = Given.Messages(line.WrittenUntilClose()).OfType<ServerMessage.Pong>().ToArray();
        pongs.Should().HaveCount(8 * 500);
        pongs.GroupBy(pong => pong.T.ToString()).Should().OnlyContain(of => of.Select(pong => pong.TimeMs).SequenceEqual(Enumerable.Range(0, 500).Select(i => (long)i)));
        line.WritesAtOnceMost.Should().Be(1);
    }

    private static byte[] Pong(int t, int time)
    {
        var output = new Utf8Buffer();
        WireCodec.EncodeFrame(output, new ServerMessage.Pong(CanonicalValue.Of(t), time));
        return output.Written.ToArray();
    }

    private static Connection Open(Line line)
    {
        var journal = new MemoryJournal(() => "epoch");
        var projects = new ProjectDirectory(journal, new(), new(), TimeProvider.System, NullLogger<ProjectDirectory>.Instance);
        return new(1, line, new(new(), projects, new History(journal, new()), TimeProvider.System, NullLogger.Instance));
    }

    /// <summary>
    /// A line as a socket is: it takes all at once, or a part, or nothing, and the rest when there is room. What it has not taken yet it reads
    /// later, from where the writer said it would stay.
    /// </summary>
    private sealed class UnsteadyLine(Random random) : Line
    {
        private readonly Lock _gate = new();
        private readonly Pipe _input = new();
        private readonly ArrayBufferWriter<byte> _written = new();
        private ReadOnlyMemory<byte> _rest;
        private TaskCompletionSource? _waiting;
        private int _writesAtOnce;

        public bool TakesAll { get; set; }

        public int WritesAtOnceMost { get; private set; }

        public override PipeReader Input => _input.Reader;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            WritesAtOnceMost = Math.Max(WritesAtOnceMost, Interlocked.Increment(ref _writesAtOnce));
            lock (_gate)
            {
                var taken = TakesAll ? bytes.Length : random.Next(3) switch { 0 => bytes.Length, 1 => random.Next(bytes.Length), _ => 0 };
                _written.Write(bytes.Span[..taken]);
                if (taken < bytes.Length)
                {
                    _rest = bytes[taken..];
                    _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    return new(_waiting.Task);
                }
            }
            Interlocked.Decrement(ref _writesAtOnce);
            return default;
        }

        /// <summary>There is room for some of what waits, or for all.</summary>
        public async Task GoOnAsync()
        {
            TaskCompletionSource? done = null;
            lock (_gate)
            {
                if (_waiting is null)
                    return;
                var taken = TakesAll ? _rest.Length : random.Next(1, _rest.Length + 1);
                _written.Write(_rest.Span[..taken]);
                _rest = _rest[taken..];
                if (_rest.IsEmpty)
                    (done, _waiting) = (_waiting, null);
            }
            if (done is null)
                return;
            Interlocked.Decrement(ref _writesAtOnce);
            done.SetResult();
            await Task.Yield();
        }

        /// <summary>The peer has heard all there is, and ends its side.</summary>
        public async Task EndAsync()
        {
            await Eventually.IsAsync(() =>
            {
                lock (_gate)
                    return _written.WrittenSpan.IndexOf(FrameHeader.Close(CloseCode.Normal)) >= 0;
            }, "the last words are written");
            await _input.Writer.CompleteAsync();
        }

        public ReadOnlySpan<byte> WrittenUntilClose()
        {
            var written = _written.WrittenSpan;
            var close = FrameHeader.Close(CloseCode.Normal);
            written.EndsWith(close).Should().BeTrue("nothing follows the close");
            return written[..^close.Length];
        }

        public override void Abort() => _input.Writer.Complete();
    }
}
