using System.Net.WebSockets;
using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>The client's side of RFC 6455: the frames come in pieces of any size, and go out masked.</summary>
[Parallelizable]
public sealed class StreamTransportTests
{
    private static readonly string s_large = new('x', 70_000);

    /// <summary>Two messages, one in three frames with a ping between, an empty one, a large one, a close.</summary>
    private static byte[] Conversation =>
    [
        .. Frame(0x81, "ab"), .. Frame(0x81, "é"), .. Frame(0x01, "c"), .. Frame(0x89, "hi"), .. Frame(0x00, "d"), .. Frame(0x8A, ""), .. Frame(0x80, "e"),
        .. Frame(0x81, ""), .. Frame(0x81, s_large), .. FrameHeader.Close(CloseCode.SlowConsumer),
    ];

    [Test]
    public async Task Wherever_the_bytes_are_cut_the_messages_are_the_same()
    {
        var all = Conversation;
        foreach (var cut in Enumerable.Range(0, 60).Concat(Enumerable.Range(all.Length - 30, 30)))
        {
            var stream = new PieceStream([all[..cut], all[cut..]]);
            (await HearAllAsync(stream)).Should().Equal(["ab", "é", "cde", "", s_large], $"cut at {cut}");
        }
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4096)]
    [TestCase(1 << 20)]
    public async Task However_small_the_pieces_are_the_messages_are_the_same(int bytes)
    {
        var stream = new PieceStream(Conversation.Chunk(bytes));
        (await HearAllAsync(stream)).Should().Equal("ab", "é", "cde", "", s_large);
    }

    [Test]
    public async Task Messages_that_came_together_are_handed_out_without_another_read()
    {
        var stream = new PieceStream([[.. Frame(0x81, "a"), .. Frame(0x81, "b"), .. Frame(0x81, "c")]]);
        await using var transport = Over(stream);
        await transport.ReceiveAsync(default);
        var reads = stream.Reads;
        await transport.ReceiveAsync(default);
        await transport.ReceiveAsync(default);
        stream.Reads.Should().Be(reads);
    }

    [Test]
    public async Task A_ping_is_answered_with_its_own_payload_masked()
    {
        var stream = new PieceStream([[.. Frame(0x89, "hi"), .. Frame(0x81, "a")]]);
        await using var transport = Over(stream);
        await transport.ReceiveAsync(default);

        Said(stream).Should().Equal((FrameOpcode.Pong, "hi"));
    }

    [TestCase(0)]
    [TestCase(125)]
    [TestCase(126)]
    [TestCase(65_535)]
    [TestCase(65_536)]
    public async Task What_is_sent_is_what_a_server_reads(int length)
    {
        var stream = new PieceStream([]);
        await using var transport = Over(stream);
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26)));

        await transport.SendAsync(Encoding.UTF8.GetBytes(text), default);
        await transport.SendAsync(Encoding.UTF8.GetBytes(text), default);
        await transport.CloseAsync(default);
        await transport.CloseAsync(default);

        Said(stream).Should().Equal((FrameOpcode.Text, text), (FrameOpcode.Text, text), (FrameOpcode.Close, "\u0003\u00e8"));
        var sent = stream.Sent.ToArray();
        if (length > 0)
            sent[..(sent.Length / 2 - 4)].Should().NotEqual(sent[(sent.Length / 2 - 4)..(sent.Length - 8)], "each frame has a key of its own");
    }

    [Test]
    public async Task After_the_goodbye_nothing_is_said_but_pings_are_answered()
    {
        var stream = new PieceStream([[.. Frame(0x89, "hi"), .. Frame(0x81, "a")]]);
        await using var transport = Over(stream);
        await transport.CloseAsync(default);
        var sending = async () => await transport.SendAsync("b"u8.ToArray(), default);
        await sending.Should().ThrowAsync<WebSocketException>();
        await transport.ReceiveAsync(default);

        Said(stream).Should().Equal((FrameOpcode.Close, "\u0003\u00e8"), (FrameOpcode.Pong, "hi"));
    }

    [Test]
    public async Task A_close_is_told_with_its_code_and_reason_and_stays()
    {
        await using var transport = Over(new PieceStream([FrameHeader.Close(CloseCode.SlowConsumer)]));
        (await transport.ReceiveAsync(default)).Should().BeNull();
        (await transport.ReceiveAsync(default)).Should().BeNull();
        (transport.CloseCode, transport.CloseReason).Should().Be((4430, "slow_consumer"));
    }

    [Test]
    public async Task A_close_without_a_code_is_1005()
    {
        await using var transport = Over(new PieceStream([Frame(0x88, "")]));
        (await transport.ReceiveAsync(default)).Should().BeNull();
        transport.CloseCode.Should().Be(1005);
    }

    [TestCase(new byte[] { 0x81, 0x81, 1, 2, 3, 4, 5 }, "protocol_error", TestName = "A masked frame is refused")]
    [TestCase(new byte[] { 0xC1, 0x01, 65 }, "protocol_error", TestName = "A reserved bit is refused")]
    [TestCase(new byte[] { 0x80, 0x01, 65 }, "protocol_error", TestName = "A continuation of nothing is refused")]
    [TestCase(new byte[] { 0x81, 0x01, 0xFF }, "not_utf8", TestName = "A text that is none is refused")]
    [TestCase(new byte[] { 0x82, 0x01, 65 }, "not_text", TestName = "A binary message is refused by its head")]
    [TestCase(new byte[] { 0x81, 0x7F, 0, 0, 0, 0, 0x7F, 0, 0, 0 }, "message_too_large", TestName = "A message beyond the limit is refused by its head")]
    [TestCase(new byte[] { 0x88, 0x01, 3 }, "protocol_error", TestName = "Half a close code is refused")]
    public async Task What_no_server_may_send_ends_it_for_good(byte[] bytes, string code)
    {
        var stream = new PieceStream([[.. bytes, .. Frame(0x81, "a")], Frame(0x81, "b")]);
        await using var transport = Over(stream);
        var receiving = async () => await transport.ReceiveAsync(default);
        (await receiving.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be(code);
        var reads = stream.Reads;
        (await receiving.Should().ThrowAsync<ProtocolException>("what follows belongs to nobody")).Which.Code.Should().Be(code);
        (stream.Reads, stream.IsDisposed).Should().Be((reads, true));
    }

    [Test]
    public async Task A_message_of_small_frames_has_a_limit_too()
    {
        await using var transport = Over(new PieceStream([[.. Frame(0x01, new string('x', 90_000)), .. Frame(0x80, new string('x', 10_001))]]));
        var receiving = async () => await transport.ReceiveAsync(default);
        (await receiving.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("message_too_large");
    }

    [Test]
    public async Task An_end_without_a_close_frame_is_a_break()
    {
        await using var transport = Over(new PieceStream([Frame(0x81, "abc")[..3]]));
        var receiving = async () => await transport.ReceiveAsync(default);
        await receiving.Should().ThrowAsync<WebSocketException>();
    }

    [Test]
    public async Task Aborting_wakes_who_waits()
    {
        using var server = new BareServer();
        var accepting = server.AcceptAsync();
        await using var connection = await EventOnlyConnection.ConnectAsync(server.Uri);
        await using var far = await accepting;
        var receiving = connection.ReceiveAsync().AsTask();
        connection.Abort();
        var broken = () => receiving;
        await broken.Should().ThrowAsync<WebSocketException>();
    }

    private static StreamTransport Over(Stream stream) => new(stream, WireCodec.Subprotocol, messageBytesMax: 100_000, rest: []);

    private static async Task<List<string>> HearAllAsync(Stream stream)
    {
        await using var transport = Over(stream);
        var heard = new List<string>();
        while (await transport.ReceiveAsync(default) is { } message)
            heard.Add(Encoding.UTF8.GetString(message.Span));
        return heard;
    }

    private static byte[] Frame(byte first, string text) => FrameHeader.Frame(first, Encoding.UTF8.GetBytes(text));

    private static List<(FrameOpcode, string)> Said(PieceStream stream)
    {
        var (reader, room, said, length) = (new FrameReader(masked: true, mayCompress: false), new byte[100_000], new List<(FrameOpcode, string)>(), 0);
        ReadOnlySpan<byte> input = stream.Sent.ToArray();
        for (var step = FrameStep.Began; step != FrameStep.Starved;)
        {
            step = reader.Read(ref input, room.AsSpan(length), out var written);
            step.Should().NotBe(FrameStep.Broken);
            length = step == FrameStep.Began ? 0 : length + written;
            if (step == FrameStep.Ended)
                said.Add((reader.Head.Opcode, Encoding.Latin1.GetString(room, 0, length)));
        }
        return said;
    }
}
