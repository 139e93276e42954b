using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>From an address to an open line, and what is said where there is none.</summary>
public sealed class DiallingTests
{
    private BareServer _server = null!;
    private CancellationTokenSource _deadline = null!;

    [SetUp]
    public void Start() => (_server, _deadline) = (new(), new(TimeSpan.FromSeconds(20)));

    [TearDown]
    public void Stop()
    {
        _server.Dispose();
        _deadline.Dispose();
    }

    [Test]
    public async Task The_request_is_what_RFC_6455_wants_and_the_key_is_a_new_one_each_time()
    {
        await ConnectAsync(new() { Origin = "https://there" });
        var first = _server.Request;
        await ConnectAsync();

        first.Should().StartWith("GET /ws?x=1 HTTP/1.1\r\n").And.EndWith("\r\n\r\n");
        first.Should().ContainAll(
            $"\r\nHost: 127.0.0.1:{_server.Uri.Port}\r\n", "\r\nUpgrade: websocket\r\n", "\r\nConnection: Upgrade\r\n", "\r\nSec-WebSocket-Version: 13\r\n",
            "\r\nSec-WebSocket-Protocol: eventonly.v1\r\n", "\r\nOrigin: https://there\r\n");
        Key(_server.Request).Should().NotBe(Key(first));
        Convert.FromBase64String(Key(first)).Should().HaveCount(16);
        _server.Request.Should().NotContain("Origin");
    }

    [TestCase("https://there\r\nCookie: a=b")]
    [TestCase("https://there\n")]
    [TestCase("https://the re")]
    [TestCase("https://thé.re")]
    [TestCase("https://there\u007F")]
    public void What_no_origin_has_is_refused_where_it_is_given_before_it_can_become_a_header(string origin)
    {
        var giving = () => new ConnectionOptions { Origin = origin };

        giving.Should().Throw<ArgumentException>().WithMessage("An origin is printable ASCII without spaces.*");
    }

    [Test]
    public void The_example_of_RFC_6455_section_1_3_holds() =>
        ClientHandshake.AcceptOf("dGhlIHNhbXBsZSBub25jZQ==").Should().Be("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

    [Test]
    public async Task What_comes_together_with_the_answer_is_not_lost()
    {
        var connection = await ConnectAsync(behind: FrameHeader.Frame(0x81, "{}"u8));

        Encoding.UTF8.GetString((await connection.ReceiveAsync(_deadline.Token))!.Value.Span).Should().Be("{}");
    }

    [TestCase("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503 Service Unavailable")]
    [TestCase("HTTP/1.1 200 OK\r\n\r\n", "200 OK")]
    [TestCase("SSH-2.0\r\n\r\n", "not answer in HTTP/1.1")]
    [TestCase("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\n\r\n", "not to a WebSocket")]
    [TestCase("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {0}\r\n\r\n", "not to a WebSocket")]
    [TestCase("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x{0}\r\n\r\n", "does not answer our key")]
    [TestCase("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: {0}\r\n\r\n", "extension")]
    public async Task An_answer_that_is_none_is_refused_and_told(string answer, string told)
    {
        var connecting = () => ConnectAsync(answer: accept => answer.Replace("{0}", accept, StringComparison.Ordinal));

        (await connecting.Should().ThrowAsync<WebSocketException>()).Which.Message.Should().Contain(told);
    }

    [Test]
    public async Task A_server_that_chooses_no_subprotocol_is_refused()
    {
        var connecting = () => ConnectAsync(answer: accept => BareServer.Good(accept).Replace("Sec-WebSocket-Protocol", "X-Other", StringComparison.Ordinal));

        (await connecting.Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("unsupported_version");
    }

    [Test]
    public async Task An_answer_without_end_is_not_collected()
    {
        var connecting = () => ConnectAsync(answer: _ => new string('x', ClientHandshake.AnswerBytesMax + 1));

        (await connecting.Should().ThrowAsync<WebSocketException>()).Which.Message.Should().Contain("no end");
    }

    [Test]
    public async Task Nobody_there_is_a_WebSocketException_and_cancelling_is_cancelling()
    {
        _server.Dispose();
        var connecting = () => EventOnlyConnection.ConnectAsync(_server.Uri, null, _deadline.Token);
        await connecting.Should().ThrowAsync<Exception>();

        using var silent = new BareServer();
        using var soon = new CancellationTokenSource();
        var waiting = EventOnlyConnection.ConnectAsync(silent.Uri, null, soon.Token);
        await soon.CancelAsync();
        var cancelled = () => waiting;
        await cancelled.Should().ThrowAsync<OperationCanceledException>();
    }

    [Test]
    public async Task A_certificate_nobody_vouches_for_is_refused()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var serving = EncryptAsync(listener);

        var connecting = () => EventOnlyConnection.ConnectAsync(new($"wss://localhost:{port}/ws"), new() { LocalAddress = System.Net.IPAddress.Loopback }, _deadline.Token);

        (await connecting.Should().ThrowAsync<WebSocketException>()).Which.Message.Should().Contain("certificate");
        await serving.ContinueWith(_ => { }, TaskScheduler.Default); // with TLS 1.3 the server may hear of it only later
    }

    [Test]
    public async Task Messages_go_through_TLS_both_ways()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var serving = EncryptAsync(listener);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync((System.Net.IPEndPoint)listener.LocalEndpoint, _deadline.Token);
#pragma warning disable CA5359 // The certificate is the test's own.
        var encrypted = new SslStream(new NetworkStream(socket), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await encrypted.AuthenticateAsClientAsync("localhost");
        await using var far = await serving;
        var answering = _server.AnswerAsync(far, behind: FrameHeader.Frame(0x81, "{}"u8));
        await using var near = await Dialling.ShakeHandsAsync(encrypted, new(new Uri("wss://localhost/ws"), null), 1000, _deadline.Token);
        await answering;

        (await near.ReceiveAsync(_deadline.Token))!.Value.Length.Should().Be(2);
        await near.SendAsync("[]"u8.ToArray(), _deadline.Token);
        var frame = new byte[8];
        await far.ReadExactlyAsync(frame, _deadline.Token);
        frame[..2].Should().Equal(0x81, 0x82);
    }

    private static async Task<SslStream> EncryptAsync(TcpListener listener)
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var stream = new SslStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
        await stream.AuthenticateAsServerAsync(X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null));
        return stream;
    }

    private async Task<EventOnlyConnection> ConnectAsync(ConnectionOptions? options = null, Func<string, string>? answer = null, byte[]? behind = null)
    {
        var accepting = _server.AcceptAsync(answer, behind);
        var connecting = EventOnlyConnection.ConnectAsync(_server.Uri, options, _deadline.Token);
        await accepting;
        return await connecting;
    }

    private static string Key(string request) => request.Split("Sec-WebSocket-Key: ")[1].Split('\r')[0];
}
