using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>The other end of clients' lines, in memory: a test plays the server, frame by frame.</summary>
internal sealed class FakeServer : IDisposable
{
    /// <summary>So that a test that would hang fails instead.</summary>
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));
    private readonly Channel<FakeLine> _lines = Channel.CreateUnbounded<FakeLine>();

    public CancellationToken Deadline => _deadline.Token;

    public ManualTime Time { get; } = new();

    public int Dialled { get; private set; }

    /// <summary>Whether attempts find nobody.</summary>
    public bool IsDown { get; set; }

    public ClientOptions Options => new()
    {
        Project = "p", Session = "secret-0123456789", Connection = new() { Dial = DialAsync }, Time = Time, Random = new Random(1),
        LostAfter = TimeSpan.FromHours(1), // a test of pauses sees no other timer
        GoodbyeTimeout = TimeSpan.Zero, // time stands, and this server answers no goodbye
    };

    public Task<EventOnlyClient> ConnectAsync(ClientOptions? options = null) =>
        EventOnlyClient.ConnectAsync(new Uri("ws://server/ws"), options ?? Options, Deadline);

    public ValueTask<FakeLine> AcceptAsync() => _lines.Reader.ReadAsync(Deadline);

    /// <summary>A client that is connected and stands at <paramref name="seq"/> with these entities.</summary>
    public async Task<(EventOnlyClient Client, FakeLine Line)> ConnectedAsync(ClientOptions? options = null, long seq = 1, params Entity[] entities)
    {
        var connecting = ConnectAsync(options);
        var line = await AcceptAsync();
        await line.WelcomeAsync(seq, entities);
        return (await connecting, line);
    }

    private Task<WebSocket> DialAsync(Uri uri, CancellationToken ct)
    {
        Dialled++;
        if (IsDown)
            throw new WebSocketException("Nobody is there.");
        var (client, server) = PipeStream.Pair();
        _lines.Writer.TryWrite(new FakeLine(Of(server, isServer: true), Deadline));
        return Task.FromResult(Of(client, isServer: false));
    }

    private static WebSocket Of(Stream stream, bool isServer) => WebSocket.CreateFromStream(
        stream, new WebSocketCreationOptions { IsServer = isServer, SubProtocol = WireCodec.Subprotocol, KeepAliveInterval = TimeSpan.Zero });

    public void Dispose() => _deadline.Dispose();
}

/// <summary>One line, seen from the server.</summary>
internal sealed class FakeLine(WebSocket socket, CancellationToken deadline)
{
    private readonly WireCodec _codec = new(WireLimits.Default);
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<T> HearAsync<T>() where T : ClientMessage
    {
        var received = await socket.ReceiveAsync(_buffer.AsMemory(), deadline);
        received.MessageType.Should().Be(WebSocketMessageType.Text, $"a {typeof(T).Name} was to come");
        _codec.TryDecode(_buffer.AsSpan(0, received.Count), out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
        return message.Should().BeAssignableTo<T>().Subject;
    }

    public async Task SayAsync(params ServerMessage[] messages)
    {
        foreach (var message in messages)
        {
            var output = new Utf8Buffer();
            WireCodec.Encode(output, message);
            await socket.SendAsync(output.WrittenMemory, WebSocketMessageType.Text, true, deadline);
        }
    }

    public Task SayAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, deadline);

    /// <summary>Hears <c>connect</c> and <c>join</c>, and greets.</summary>
    public async Task<ClientMessage.Join> GreetAsync()
    {
        await HearAsync<ClientMessage.Connect>();
        var join = await HearAsync<ClientMessage.Join>();
        await SayAsync(new ServerMessage.Connected("c1", "ann", 15_000, 30_000, new(65536, 32, 64, 1000, 64, 100, 4, 500, 1000, 32, 1048576), 0));
        return join;
    }

    public async Task WelcomeAsync(long seq, params Entity[] entities)
    {
        var join = await GreetAsync();
        await SayAsync(Said.Joined(join.Id, seq), Said.Snapshot(seq, entities));
    }

    public Task CloseAsync(CloseCode code) => socket.CloseOutputAsync((WebSocketCloseStatus)code, null, deadline);

    /// <summary>Waits until the client says goodbye or is gone.</summary>
    public async Task<WebSocketCloseStatus?> HearEndAsync()
    {
        try
        {
            while ((await socket.ReceiveAsync(_buffer.AsMemory(), deadline)).MessageType != WebSocketMessageType.Close)
            {
            }
            return socket.CloseStatus;
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    public void Abort() => socket.Abort();
}
