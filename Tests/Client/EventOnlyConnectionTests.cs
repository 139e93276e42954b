using System.Net.WebSockets;
using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class EventOnlyConnectionTests
{
    private CancellationTokenSource _deadline = null!;

    [SetUp]
    public void Start() => _deadline = new(TimeSpan.FromSeconds(20));

    [TearDown]
    public void Stop() => _deadline.Dispose();

    [Test]
    public async Task A_message_of_many_pieces_is_put_together_whatever_its_size()
    {
        var (connection, server) = await PairAsync();
        var text = new string('x', 100_000);

        await server.SendAsync(Encoding.UTF8.GetBytes(text[..7]), WebSocketMessageType.Text, endOfMessage: false, _deadline.Token);
        var sending = server.SendAsync(Encoding.UTF8.GetBytes(text[7..]), WebSocketMessageType.Text, endOfMessage: true, _deadline.Token);

        Encoding.UTF8.GetString((await connection.ReceiveAsync(_deadline.Token))!.Value.Span).Should().Be(text);
        await sending;
    }

    [Test]
    public async Task A_message_beyond_the_limit_is_not_collected()
    {
        var (connection, server) = await PairAsync(messageBytesMax: 1000);
        await server.SendAsync(new byte[1001], WebSocketMessageType.Text, endOfMessage: true, _deadline.Token);

        var receiving = async () => await connection.ReceiveAsync(_deadline.Token);

        (await receiving.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("message_too_large");
    }

    [Test]
    public async Task A_binary_message_is_refused()
    {
        var (connection, server) = await PairAsync();
        await server.SendAsync(new byte[1], WebSocketMessageType.Binary, endOfMessage: true, _deadline.Token);

        var receiving = async () => await connection.ReceiveAsync(_deadline.Token);

        (await receiving.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("not_text");
    }

    [Test]
    public async Task After_a_fault_nothing_more_is_read_and_each_receive_says_why()
    {
        var (connection, server) = await PairAsync();
        await server.SendAsync(new byte[1], WebSocketMessageType.Binary, endOfMessage: true, _deadline.Token);
        await server.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, _deadline.Token);

        var receiving = async () => await connection.ReceiveAsync(_deadline.Token);
        var first = (await receiving.Should().ThrowAsync<ProtocolException>()).Which;
        var second = (await receiving.Should().ThrowAsync<ProtocolException>()).Which;
        var hearing = async () => await server.ReceiveAsync(new ArraySegment<byte>(new byte[10]), _deadline.Token);

        second.Should().BeSameAs(first);
        await hearing.Should().ThrowAsync<WebSocketException>("the line has been dropped");
    }

    [Test]
    public async Task A_close_is_the_end_of_the_messages_and_tells_its_code()
    {
        var (connection, server) = await PairAsync();
        await server.CloseOutputAsync((WebSocketCloseStatus)CloseCode.SlowConsumer, "slow_consumer", _deadline.Token);

        (await connection.ReceiveMessageAsync(_deadline.Token)).Should().BeNull();
        connection.CloseCode.Should().Be(4430);
        connection.CloseReason.Should().Be("slow_consumer");
    }

    [Test]
    public async Task Messages_are_understood_and_one_that_cannot_be_does_not_end_the_connection()
    {
        var (connection, server) = await PairAsync();
        foreach (var text in new[] { "{", """{"type":"ack","project":"p","n":1,"seq":2}""" })
            await server.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, _deadline.Token);

        var first = async () => await connection.ReceiveMessageAsync(_deadline.Token);

        (await first.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("bad_frame");
        (await connection.ReceiveMessageAsync(_deadline.Token)).Should().Be(new ServerMessage.Ack("p", 1, 2, false));
    }

    [Test]
    public async Task A_server_that_does_not_speak_the_subprotocol_is_refused()
    {
        var connecting = () => PairAsync(subprotocol: "chat");

        (await connecting.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("unsupported_version");
    }

    private async Task<(EventOnlyConnection Connection, WebSocket Server)> PairAsync(
        int messageBytesMax = 1 << 20, string subprotocol = WireCodec.Subprotocol)
    {
        var (near, far) = PipeStream.Pair();
        var options = new ConnectionOptions { MessageBytesMax = messageBytesMax, Dial = (_, _) => Task.FromResult(Of(near, false)) };
        return (await EventOnlyConnection.ConnectAsync(new Uri("ws://server/ws"), options, _deadline.Token), Of(far, true));

        WebSocket Of(Stream stream, bool isServer) =>
            WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = isServer, SubProtocol = subprotocol });
    }
}
