using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Connections;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

/// <summary>Whole messages out of a pipe: in what order, within what limits, and with how much memory.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MessageReaderTests : IDisposable
{
    private static readonly byte[] s_key = [1, 2, 3, 4];

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly ManualTime _time = new();
    private MessageReader _reader;

    public MessageReaderTests() => _reader = With();

    [Test]
    public async Task Several_messages_of_one_read_come_one_after_the_other_without_another()
    {
        await SayAsync([.. Text("one"), .. Text("two"), .. Text(""), .. Frame(0x01, "th"u8)]);
        _reader.Take(await _reader.WaitAsync());

        Next().Should().Be("one");
        Next().Should().Be("two");
        Next().Should().Be("");
        Next().Should().BeNull();
        await SayAsync(Frame(0x80, "ree"u8));
        (await HearAsync()).Should().Be("three");
    }

    [Test]
    public async Task Cut_at_any_byte_the_same_messages_come([Values] bool dribbled)
    {
        byte[] bytes =
        [
            .. Text("one"), .. Frame(0x01, "tw"u8), .. Frame(0x89, "ping"u8), .. Frame(0x80, "o"u8), .. Compressed(new string('x', 300)),
            .. Frame(0x8A, "pong"u8), .. Text(""), .. Frame(0x01, []), .. Frame(0x80, []), .. Frame(0x88, [3, 0xE8]),
        ];
        string[] expected = ["one", "ping ping", "two", new string('x', 300), "", "", "Close 1000"];

        for (var cut = 0; cut <= (dribbled ? 0 : bytes.Length); cut++)
        {
            var pipe = new Pipe();
            using var reader = new MessageReader(pipe.Reader, new(64 * 1024, MayCompress: true), _time);
            var heard = new List<string>();
            foreach (var piece in dribbled ? bytes.Chunk(1) : [bytes[..cut], bytes[cut..]])
            {
                if (piece.Length == 0)
                    continue;
                await pipe.Writer.WriteAsync(piece);
                reader.Take(await reader.WaitAsync());
                while (reader.TryRead(out var received))
                {
                    heard.Add(Told(received));
                    if (received.Came == Came.Message)
                        reader.Release();
                }
            }
            heard.Should().Equal(expected, $"cut at {cut}");
        }
    }

    [Test]
    public async Task A_ping_is_answered_with_its_payload_also_in_the_middle_of_a_message()
    {
        await SayAsync([.. Frame(0x01, "a"u8), .. Frame(0x89, "are you there"u8), .. Frame(0x89, []), .. Frame(0x80, "b"u8)]);

        (await HearAsync()).Should().Be("ping are you there");
        (await HearAsync()).Should().Be("ping ");
        (await HearAsync()).Should().Be("ab");
    }

    [Test]
    public async Task What_is_announced_costs_nothing_before_it_comes()
    {
        byte[] head = [0x81, 0xFF, 0, 0, 0, 0, 0, 0xF0, 0, 0, .. s_key, 0x20 ^ 1]; // 15 MiB, and one byte of them
        _reader = With(16 * 1024 * 1024);
        await SayAsync(head);
        _reader.Take(await _reader.WaitAsync());
        var before = GC.GetAllocatedBytesForCurrentThread();

        Next().Should().BeNull();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4096);
    }

    [TestCase(0x81, 4097, CloseCode.MessageTooLarge)]
    [TestCase(0x81, 4096, null)]
    [TestCase(0x82, 1, CloseCode.NotText)]
    [TestCase(0x02, 0, CloseCode.NotText)]
    public async Task What_may_not_come_is_refused_by_its_head(int first, int length, CloseCode? fault)
    {
        _reader = With(4096);
        await SayAsync(Frame((byte)first, new byte[length])[..(length > 125 ? 8 : 6)]);

        _reader.Take(await _reader.WaitAsync());

        Next().Should().Be(fault is null ? null : $"Fault {(int)fault}");
    }

    [Test]
    public async Task Fragments_are_counted_together()
    {
        _reader = With(4096);
        await SayAsync([.. Frame(0x01, new byte[4000]), .. Frame(0x00, new byte[96]), .. Frame(0x00, new byte[1])]);

        (await HearAsync()).Should().Be("Fault 1009");
    }

    [TestCase(256, "")]
    [TestCase(257, "Fault 1009")]
    public async Task Of_a_message_there_may_be_only_so_many_fragments(int fragments, string heard)
    {
        _reader = With(4096);
        await SayAsync([.. Frame(0x01, []), .. Enumerable.Repeat(Frame(0x00, []), fragments - 2).SelectMany(frame => frame), .. Frame(0x80, [])]);

        (await HearAsync()).Should().Be(heard);
    }

    [Test]
    public async Task After_a_fault_only_the_close_is_told_whatever_else_comes()
    {
        await SayAsync([.. Frame(0x82, [0x88, 0x80, 1, 2]), .. Text("more"), .. Frame(0x89, []), .. Frame(0x01, [0xFF]), .. Frame(0x80, []), .. Frame(0x88, [3])]);

        (await HearAsync()).Should().Be("Fault 1003");
        _reader.Skip();

        (await HearAsync()).Should().Be("Close ");
    }

    [Test]
    public async Task After_broken_frames_only_the_end_of_the_line_is_told()
    {
        await SayAsync([.. Frame(0x83, []), .. Frame(0x88, []), .. Text("more")]);
        (await HearAsync()).Should().Be("Fault 1002");
        _reader.Skip();
        Next().Should().BeNull();
        await SayAsync(Frame(0x88, []));
        _reader.Take(await _reader.WaitAsync());
        Next().Should().BeNull();

        await _pipe.Writer.CompleteAsync();

        (await HearAsync()).Should().Be("LineEnd");
    }

    [Test]
    public async Task A_line_that_ends_in_the_middle_gives_what_was_complete_and_then_its_end()
    {
        await SayAsync([.. Text("one"), .. Text("two")[..4]]);
        await _pipe.Writer.CompleteAsync();

        (await HearAsync()).Should().Be("one");
        (await HearAsync()).Should().Be("LineEnd");
    }

    [Test]
    public async Task How_long_a_message_has_been_coming_counts_from_its_first_byte_to_its_last()
    {
        var bytes = Text("slow");
        foreach (var next in bytes[..^1])
        {
            await SayAsync([next]);
            _reader.Take(await _reader.WaitAsync());
            Next().Should().BeNull();
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        _reader.Receiving.Should().Be(TimeSpan.FromSeconds(bytes.Length - 1));
        await SayAsync([bytes[^1], .. Text("next")[..3]]);
        _reader.Take(await _reader.WaitAsync());

        Next().Should().Be("slow");
        _time.Advance(TimeSpan.FromSeconds(100));
        _reader.Receiving.Should().Be(TimeSpan.Zero, "it is being heard, and the next was not looked at yet");
        Next().Should().BeNull();
        _time.Advance(TimeSpan.FromSeconds(2));
        _reader.Receiving.Should().Be(TimeSpan.FromSeconds(2));
    }

    [Test]
    public async Task Compressed_messages_come_inflated_and_in_fragments_too()
    {
        var payload = Compressed("in fragments, in fragments, in fragments, in fragments")[6..];
        var unmasked = payload.Select((b, i) => (byte)(b ^ s_key[i % 4])).ToArray();
        _reader = With(mayCompress: true);
        await SayAsync([.. Compressed(new string('y', 5000)), .. Frame(0x41, unmasked.AsSpan(0, 5)), .. Frame(0x80, unmasked.AsSpan(5)), .. Text("plain"), .. Frame(0xC1, [0])]);

        (await HearAsync()).Should().Be(new string('y', 5000));
        (await HearAsync()).Should().Be("in fragments, in fragments, in fragments, in fragments");
        (await HearAsync()).Should().Be("plain");
        (await HearAsync()).Should().Be("");
    }

    [Test]
    public async Task Of_compressed_messages_the_inflated_bytes_count()
    {
        _reader = With(4096, mayCompress: true);
        await SayAsync([.. Compressed(new string('z', 4096)), .. Compressed(new string('z', 4097))]);

        (await HearAsync()).Should().Be(new string('z', 4096));
        (await HearAsync()).Should().Be("Fault 1009");
    }

    [TestCase("FFFF", "Fault 1007", Description = "no deflate")]
    [TestCase("000100FEFFFF00", "Fault 1007", Description = "the byte FF, which is no UTF-8")]
    public async Task What_is_no_deflate_or_inflates_to_no_text_is_bad_data(string hex, string heard)
    {
        _reader = With(mayCompress: true);
        await SayAsync(Frame(0xC1, Convert.FromHexString(hex)));

        (await HearAsync()).Should().Be(heard);
    }

    [Test]
    public async Task Reading_a_message_allocates_nothing_but_what_is_rented()
    {
        byte[] bytes = [.. Enumerable.Repeat(Text(new string('m', 200)), 10).SelectMany(frame => frame)];
        await ReadManyAsync(50);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var messages = await ReadManyAsync(200);

        ((GC.GetAllocatedBytesForCurrentThread() - before) / messages).Should().BeLessThan(10, "bytes a message");

        async Task<int> ReadManyAsync(int rounds)
        {
            var count = 0;
            for (var i = 0; i < rounds; i++)
            {
                await _pipe.Writer.WriteAsync(bytes);
                _reader.Take(await _reader.WaitAsync());
                for (; _reader.TryRead(out _); count++)
                    _reader.Release();
            }
            return count;
        }
    }

    [Test]
    public async Task While_nothing_comes_no_buffer_is_owned()
    {
        using var pool = new CountingPool();
        var (client, server) = PipeStream.Pair();
        var input = PipeReader.Create(server, new(pool, useZeroByteReads: true));
        using var reader = new MessageReader(input, new(64 * 1024), _time);
        await client.WriteAsync(Text("something"));
        reader.Take(await reader.WaitAsync());
        reader.TryRead(out var received).Should().BeTrue();
        var whileHeard = pool.Out;
        reader.Release();
        reader.TryRead(out _).Should().BeFalse();

        var waiting = reader.WaitAsync().AsTask();

        received.Came.Should().Be(Came.Message);
        (whileHeard, pool.Out, waiting.IsCompleted).Should().Be((0, 0, false));
        pool.Rented.Should().BePositive();
        client.Dispose();
        await waiting;
    }

    public void Dispose() => _reader.Dispose();

    private MessageReader With(int messageBytesMax = 64 * 1024, bool mayCompress = false) =>
        new(_pipe.Reader, new(messageBytesMax, mayCompress), _time);

    private async Task SayAsync(byte[] bytes) => await _pipe.Writer.WriteAsync(bytes);

    private async Task<string> HearAsync()
    {
        while (true)
        {
            if (Next() is { } heard)
                return heard;
            _reader.Take(await _reader.WaitAsync().AsTask().WaitAsync(RawClient.Patience));
        }
    }

    private string? Next()
    {
        if (!_reader.TryRead(out var received))
            return null;
        var told = Told(received);
        if (received.Came == Came.Message)
            _reader.Release();
        return told;
    }

    private static string Told(Received received) => received.Came switch
    {
        Came.Message => Given.Text(received.Bytes.Span),
        Came.Ping => "ping " + PingOf(received.Bytes.Span),
        Came.LineEnd => "LineEnd",
        _ => $"{received.Came} {(int?)received.Code}",
    };

    private static string PingOf(ReadOnlySpan<byte> pong)
    {
        (pong[0], pong[1]).Should().Be((0x8A, (byte)(pong.Length - 2)));
        return Given.Text(pong[2..]);
    }

    private static byte[] Text(string text) => Frame(0x81, Given.Utf8(text));

    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload) => AnyFrames.Encode(first, payload.ToArray(), s_key);

    private static byte[] Compressed(string text)
    {
        using var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(Given.Utf8(text));
            deflate.Flush();
            output.SetLength(output.Length - 4);
            return Frame(0xC1, output.ToArray());
        }
    }

    private sealed class CountingPool : MemoryPool<byte>
    {
        public int Rented { get; private set; }

        public int Out { get; private set; }

        public override int MaxBufferSize => 1 << 20;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            Rented++;
            Out++;
            return new Owner(this, new byte[Math.Max(4096, minBufferSize)]);
        }

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Owner(CountingPool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => bytes;

            public void Dispose() => pool.Out--;
        }
    }
}
