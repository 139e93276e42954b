using System.Net.WebSockets;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The WebSocket layer by itself, against /echo: the kinds of cases that the Autobahn suite has, numbered as there.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EchoTests
{
    private LiveServer _server = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _server = await LiveServer.StartAsync("--echo", "--EventOnly:Connections:MessageBytesMax=4194304");

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Without_the_switch_there_is_no_echo()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await RawClient.DialAsync(server.Port);

        (await client.AskAsync(RawClient.Handshake(server.Port, "", "/echo"))).Status.Should().Be(404);
    }

    /// <summary>1.1 and 1.2.</summary>
    [Test]
    public async Task Messages_of_all_sizes_come_back([Values(0, 125, 126, 127, 128, 65535, 65536, 4194304)] int bytes, [Values(RawClient.Text, RawClient.Binary)] int opcode)
    {
        await using var client = await ConnectAsync();
        var payload = Enumerable.Repeat((byte)'*', bytes).ToArray();

        await client.SendAsync(opcode, payload);
        var echo = await client.HearFrameAsync();

        (echo.Opcode, echo.Final, echo.Reserved).Should().Be((opcode, true, 0));
        echo.Payload.AsSpan().SequenceEqual(payload).Should().BeTrue();
    }

    /// <summary>1.1.8, 2.6, 6.4.4: each byte a packet of its own.</summary>
    [Test]
    public async Task Byte_by_byte_it_is_the_same()
    {
        await using var client = await ConnectAsync();
        byte[] bytes = [.. RawClient.Encode(RawClient.Ping, new byte[125]), .. RawClient.Encode(RawClient.Text, Given.Utf8("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"))];

        foreach (var next in bytes)
            await client.SendRawAsync(new[] { next });

        (await client.HearFrameAsync()).Opcode.Should().Be(RawClient.Pong);
        Given.Text((await client.HearFrameAsync()).Payload).Should().Be("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!");
    }

    /// <summary>2.1 to 2.11: pings are answered in order, with their payload; pongs that nobody asked for are passed over.</summary>
    [Test]
    public async Task Pings_are_answered_and_pongs_are_not()
    {
        await using var client = await ConnectAsync();
        await client.SendAsync(RawClient.Pong, "unsolicited"u8.ToArray());
        byte[][] payloads = [[], "Hello"u8.ToArray(), [0, 0xFF, 0xFE], new byte[125], .. Enumerable.Range(0, 10).Select(i => Given.Utf8($"payload-{i}"))];

        foreach (var payload in payloads)
            await client.SendAsync(RawClient.Ping, payload);

        foreach (var payload in payloads)
        {
            var pong = await client.HearFrameAsync();
            (pong.Opcode, Convert.ToHexString(pong.Payload)).Should().Be((RawClient.Pong, Convert.ToHexString(payload)));
        }
    }

    /// <summary>4.1.3, 3.2: what was complete before a bad frame is answered, then the connection fails.</summary>
    [TestCase(new byte[] { 0x83, 0x80, 1, 2, 3, 4 }, TestName = "{m}(reserved opcode)")]
    [TestCase(new byte[] { 0xB1, 0x80, 1, 2, 3, 4 }, TestName = "{m}(reserved bits)")]
    [TestCase(new byte[] { 0x80, 0x80, 1, 2, 3, 4 }, TestName = "{m}(5.10 a continuation of nothing)")]
    public async Task What_came_before_a_bad_frame_is_answered(byte[] bad)
    {
        await using var client = await ConnectAsync();

        await client.SendRawAsync((byte[])[.. RawClient.Encode(RawClient.Text, "Hello"u8), .. bad, .. RawClient.Encode(RawClient.Ping, [])]);

        Given.Text((await client.HearFrameAsync()).Payload).Should().Be("Hello");
        (await client.HearCloseAsync()).Should().Be(1002);
    }

    /// <summary>5.3 to 5.8: the pong comes before the message that its ping stood in.</summary>
    [Test]
    public async Task Fragments_are_put_together_and_a_ping_between_them_is_answered_at_once()
    {
        await using var client = await ConnectAsync();
        await client.SendAsync(RawClient.Text, "frag1"u8.ToArray(), final: false);
        await client.SendAsync(RawClient.Ping, "ping"u8.ToArray());
        var pong = await client.HearFrameAsync();
        await client.SendAsync(RawClient.Continuation, "frag2"u8.ToArray());

        pong.Opcode.Should().Be(RawClient.Pong);
        Given.Text((await client.HearFrameAsync()).Payload).Should().Be("frag1frag2");
    }

    /// <summary>6.4: bad text fails at once, though neither frame nor message are at their end.</summary>
    [Test]
    public async Task Bad_text_fails_before_its_frame_has_come()
    {
        await using var client = await ConnectAsync();
        var frame = RawClient.Encode(RawClient.Text, [.. Convert.FromHexString("CEBAE1BDB9CF83CEBCCEB5F4908080"), .. "edited"u8], final: false);

        await client.SendRawAsync(frame.AsMemory(0, 6 + 13));

        (await client.HearCloseAsync()).Should().Be(1007);
    }

    /// <summary>7.7 and 7.9.</summary>
    [TestCase(1000, 1000)]
    [TestCase(1001, 1000)]
    [TestCase(1011, 1000)]
    [TestCase(3000, 1000)]
    [TestCase(4999, 1000)]
    [TestCase(0, 1002)]
    [TestCase(999, 1002)]
    [TestCase(1004, 1002)]
    [TestCase(1005, 1002)]
    [TestCase(1006, 1002)]
    [TestCase(1016, 1002)]
    [TestCase(2999, 1002)]
    [TestCase(5000, 1002)]
    public async Task A_close_is_answered_by_whether_its_code_may_be_sent(int code, int answer)
    {
        await using var client = await ConnectAsync();

        await client.SendCloseAsync(code);
        await client.SendAsync(RawClient.Text, "too late"u8.ToArray()); // 7.1.3: nothing is heard after a close

        (await client.HearCloseAsync()).Should().Be(answer);
        client.Transcript.Where(heard => heard.Type != "disconnect").Should().BeEmpty();
    }

    /// <summary>9.3 and 10.1: a large message in many fragments.</summary>
    [TestCase(64, 1024 * 1024)]
    [TestCase(1300, 65536)]
    public async Task A_large_message_in_many_fragments_comes_back(int fragment, int bytes)
    {
        await using var client = await ConnectAsync();
        var frames = new List<byte>();
        for (var at = 0; at < bytes; at += fragment)
            frames.AddRange(RawClient.Encode(at == 0 ? RawClient.Text : RawClient.Continuation, new byte[Math.Min(fragment, bytes - at)], final: at + fragment >= bytes));

        await client.SendRawAsync(frames.ToArray());

        (await client.HearFrameAsync()).Payload.Length.Should().Be(bytes);
    }

    /// <summary>12 and 13: compressed both ways, in every size.</summary>
    [Test]
    public async Task Compressed_messages_come_back_compressed([Values] bool contextTakeover)
    {
        using var socket = new ClientWebSocket();
        socket.Options.DangerousDeflateOptions = new() { ClientContextTakeover = contextTakeover, ServerContextTakeover = contextTakeover };
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_server.Port}/echo"), default);
        var chance = Given.Chance(1);
        foreach (var length in new[] { 0, 1, 16, 64, 256, 1024, 4096, 32768, 131072, 1_000_000 })
        {
            var sent = Given.Utf8(string.Concat(Enumerable.Range(0, length).Select(_ => "abcdefgh "[chance.Next(9)])));

            await socket.SendAsync(sent, WebSocketMessageType.Text, true, default);
            var heard = await ReceiveAsync(socket, length);

            heard.AsSpan().SequenceEqual(sent).Should().BeTrue($"{length} bytes");
        }
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, int bytesMax)
    {
        using var deadline = new CancellationTokenSource(RawClient.Patience);
        var (buffer, length) = (new byte[bytesMax + 1], 0);
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), deadline.Token);
            length += received.Count;
            if (received.EndOfMessage)
                return buffer[..length];
        }
    }

    private async Task<RawClient> ConnectAsync()
    {
        var client = await RawClient.DialAsync(_server.Port);
        (await client.AskAsync(RawClient.Handshake(_server.Port, "", "/echo"))).Status.Should().Be(101);
        return client;
    }
}
