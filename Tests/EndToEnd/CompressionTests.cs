using System.Buffers;
using System.IO.Compression;
using System.Net.WebSockets;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>permessage-deflate as it was agreed on: what is compressed, what never is, and that nobody is told anything else by it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CompressionTests
{
    private const int Rsv1 = 4;
    private const string Offer = "Sec-WebSocket-Protocol: eventonly.v1\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

    [Test]
    public async Task It_is_agreed_on_without_context_takeover_or_not_at_all()
    {
        await using var server = await LiveServer.StartAsync();
        await using var silent = await LiveServer.StartAsync("--EventOnly:Connections:Compress=false");

        (await ExtensionsAsync(server, Offer)).Should().Be("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
        (await ExtensionsAsync(server, "Sec-WebSocket-Protocol: eventonly.v1\r\n")).Should().BeNull();
        (await ExtensionsAsync(server, "Sec-WebSocket-Protocol: eventonly.v1\r\nSec-WebSocket-Extensions: permessage-deflate; =\"\r\n")).Should().BeNull("a bad offer costs nobody the connection");
        (await ExtensionsAsync(silent, Offer)).Should().BeNull();
    }

    [Test]
    public async Task Snapshots_and_pages_are_compressed_and_all_else_is_not()
    {
        await using var server = await LiveServer.StartAsync();
        await using var bob = await FilledAsync(server, cards: 100);
        await using var ann = await RawClient.DialAsync(server.Port);
        await ann.AskAsync(RawClient.Handshake(server.Port, Offer));
        await ann.SayAsync("""{"type":"connect","user":{"name":"ann"}}""");
        await ann.SayAsync("""{"type":"join","id":"j","project":"apollo","session":"0123456789abcdef"}""");
        await ann.SayAsync("""{"type":"query","id":"q","project":"apollo","limit":100}""");
        await ann.SayAsync("""{"type":"history","id":"h","project":"apollo","from":1}""");
        await ann.SayAsync("""{"type":"history","id":"s","project":"apollo","at":3}""");
        await ann.SayAsync("""{"type":"query","id":"small","project":"apollo","limit":1}""");
        await ann.SayAsync($$$"""{"type":"broadcast","project":"apollo","topic":"wave","data":"{{{new string('x', 3000)}}}"}""");
        await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":1,"entity":"last","kind":"card","data":{"text":"{{{new string('x', 3000)}}}"}}""");

        var heard = new Dictionary<string, int>();
        while (heard.Count < 9)
        {
            var frame = await ann.HearFrameAsync();
            var message = new Heard(frame.Reserved == Rsv1 ? Inflated(frame.Payload) : frame.Payload);
            heard[message.Has("id") ? message.Word("id")! : message.Type!] = frame.Reserved;
        }

        heard.Should().Equal(new Dictionary<string, int>
        {
            ["connected"] = 0, ["j"] = 0, ["snapshot"] = Rsv1, ["q"] = Rsv1, ["h"] = Rsv1, ["s"] = Rsv1, ["small"] = 0, ["broadcast"] = 0, ["create"] = 0,
        });
    }

    [Test]
    public async Task Who_did_not_agree_gets_the_same_state_uncompressed()
    {
        await using var server = await LiveServer.StartAsync();
        await using var bob = await FilledAsync(server, cards: 300);
        using var compressing = await JoinAsync(server, deflate: true);
        await using var plain = await server.JoinAsync("plain"); // it fails where a reserved bit is set

        var state = await StateAsync(compressing);
        var snapshot = plain.Transcript.Where(heard => heard.Type == "snapshot").ToArray();

        snapshot[^1].Word("hash").Should().Be(state.Hash.ToString());
        snapshot.Should().HaveCountGreaterThan(3);
        state.Entities.Count.Should().Be(300);
    }

    [Test]
    public async Task A_client_may_compress_what_it_says_and_a_bomb_is_too_large()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:MessageBytesMax=1048576");
        await using var ann = await RawClient.DialAsync(server.Port);
        await ann.AskAsync(RawClient.Handshake(server.Port, Offer));
        await ann.SendAsync(RawClient.Text, Deflated(Given.Utf8("""{"type":"ping","t":7}""")), reserved: Rsv1);
        var pong = await ann.NextAsync();
        var before = GC.GetTotalAllocatedBytes();

        await ann.SendAsync(RawClient.Text, Deflated(new byte[256 * 1024 * 1024]), reserved: Rsv1);
        var code = await ann.HearCloseAsync();

        pong.Number("t").Should().Be(7);
        code.Should().Be(1009);
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(256 * 1024 * 1024 + 64 * 1024 * 1024, "the zeros of the bomb are the test's own");
    }

    [Test]
    [Category("Node")]
    public async Task The_JavaScript_client_over_ws_comes_to_the_same_state()
    {
        await using var server = await LiveServer.StartAsync();
        await using var bob = await FilledAsync(server, cards: 300);
        var hash = (await bob.RequestAsync("""{"type":"history","id":"$id","project":"apollo","at":300}""")).Type == "snapshot" ? await HashAsync(server) : null;

        var said = await Programs.RunNodeAsync($$"""
            import { webcrypto } from 'node:crypto'; globalThis.crypto ??= webcrypto;
            import WebSocket from 'ws';
            import { EventOnlyClient } from '../../Web/client/eventonly.js';
            const extensions = [];
            class Watched extends WebSocket {
              constructor(...args) { super(...args); this.on('open', () => extensions.push(this.extensions)); }
            }
            const client = new EventOnlyClient('{{server.Uri}}', { project: 'apollo', user: { name: 'node' }, WebSocket: Watched });
            client.connect();
            await client.ready({ timeout: 10000 });
            const before = client.stateHash;
            await client.create('card', { text: 'compressed by ws '.repeat(200) }, { id: 'from-node' });
            console.log(extensions.join(), before, client.store.get('from-node').data.text.length);
            await client.disconnect();
            """);

        said.Trim().Should().Be($"permessage-deflate {hash} 3400");
    }

    private static async Task<string?> ExtensionsAsync(LiveServer server, string headers)
    {
        await using var client = await RawClient.DialAsync(server.Port);
        var answer = await client.AskAsync(RawClient.Handshake(server.Port, headers));
        answer.Status.Should().Be(101);
        return answer.Headers.GetValueOrDefault("Sec-WebSocket-Extensions");
    }

    private static async Task<RawClient> FilledAsync(LiveServer server, int cards)
    {
        var bob = await server.JoinAsync("bob");
        for (var n = 1; n <= cards; n++)
        {
            await bob.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"e{{{n:d4}}}","kind":"card","data":{"text":"card number {{{n}}} {{{new string('x', 400)}}}"}}""");
            if (n % 50 == 0)
                await bob.HearAsync("create", heard => heard.Number("n") == n);
        }
        return bob;
    }

    private static async Task<string> HashAsync(LiveServer server)
    {
        await using var eve = await server.JoinAsync("eve");
        return eve.Transcript.Last(heard => heard.Type == "snapshot").Word("hash")!;
    }

    private static async Task<ClientWebSocket> JoinAsync(LiveServer server, bool deflate)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(WireCodec.Subprotocol);
        if (deflate)
            socket.Options.DangerousDeflateOptions = new();
        await socket.ConnectAsync(server.Uri, default);
        foreach (var said in new[] { """{"type":"connect"}""", """{"type":"join","id":"j","project":"apollo","session":"fedcba9876543210"}""" })
            await socket.SendAsync(Given.Utf8(said), WebSocketMessageType.Text, true, default);
        return socket;
    }

    private static async Task<ProjectState> StateAsync(ClientWebSocket socket)
    {
        using var deadline = new CancellationTokenSource(RawClient.Patience);
        var codec = new WireCodec(WireLimits.Trusted);
        var entities = new List<Entity>();
        var (buffer, length) = (new byte[1024 * 1024], 0);
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), deadline.Token);
            length += received.Count;
            if (!received.EndOfMessage)
                continue;
            codec.TryDecode(buffer.AsSpan(0, length), out ServerMessage? message, out _).Should().BeTrue();
            length = 0;
            if (message is not ServerMessage.Snapshot part)
                continue;
            entities.AddRange(part.Entities);
            if (part.Part == part.Parts)
                return ProjectState.FromSnapshot(part.Seq, entities);
        }
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var output = new MemoryStream();
        using var deflate = new DeflateStream(output, CompressionLevel.SmallestSize, leaveOpen: true);
        deflate.Write(bytes);
        deflate.Flush();
        return output.ToArray()[..^4];
    }

    private static byte[] Inflated(byte[] payload)
    {
        byte[] roomy = [.. payload, .. new byte[MessageDeflate.TailBytes]];
        MessageDeflate.Inflate(roomy, payload.Length, 1 << 24, out var rented, out var length).Should().BeNull();
        var inflated = rented!.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(rented!);
        return inflated;
    }
}
