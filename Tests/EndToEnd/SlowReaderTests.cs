using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using EventOnly.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EventOnly.Tests.EndToEnd;

/// <summary>
/// A reader so slow that the kernel's buffers are full most of the time, while a large snapshot, events, pongs and at last the close are on their way
/// to it: over plain TCP, where they go straight to the socket, and over TLS.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class SlowReaderTests
{
    private const int Entities = 120, EntityBytes = 50_000, Events = 200, Pings = 50;

    [Test]
    public async Task Everything_comes_whole_once_and_in_order([Values("ws", "wss")] string scheme)
    {
        using var certificate = Certificate();
        await using var server = await LiveServer.StartAsync(
            time: null,
            services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))),
            "--EventOnly:Projects:TapeBytesMax=33554432", "--EventOnly:Connections:Compress=false",
            "--EventOnly:Connections:PingTimeout=00:05:00", "--EventOnly:Connections:WriteTimeout=00:02:00"); // so slow that a busy machine would lose patience
        await using var author = await server.JoinAsync("ann");
        for (var i = 1; i <= Entities; i++)
            await author.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{i}}},"entity":"e{{{i}}}","kind":"card","data":{"text":"{{{new string('x', EntityBytes)}}}"}}""");
        await author.HearAsync("create", heard => heard.Number("seq") == Entities);
        using var reader = await DialAsync(scheme, server.PortOf(scheme == "ws" ? "http" : "https"), certificate);
        await SayAsync(reader, """{"type":"connect","user":{"name":"bob"}}""");
        await SayAsync(reader, $$"""{"type":"join","id":"j","project":"apollo","session":"{{new string('b', 20)}}"}""");

        var said = Task.Run(async () =>
        {
            for (var n = Entities + 1; n <= Entities + Events; n++)
                await author.SayAsync($$$"""{"type":"update","project":"apollo","n":{{{n}}},"entity":"e1","patch":{"title":"{{{new string('y', 500)}}}-{{{n}}}"}}""");
            for (var i = 0; i < Pings; i++)
                await SayAsync(reader, $$"""{"type":"ping","t":{{i}}}""");
        });
        var heard = await HearSlowlyAsync(reader, until: messages => messages.Count(Is("update")) == Events && messages.Count(Is("pong")) == Pings);
        await said.WaitAsync(RawClient.Patience);
        var stopping = server.StopAsync();
        heard.AddRange(await HearSlowlyAsync(reader, until: _ => false));
        await stopping;

        var entities = heard.Where(Is("snapshot")).SelectMany(part => part.GetProperty("entities").EnumerateArray()).ToArray();
        entities.Should().HaveCount(Entities).And.OnlyContain(entity => entity.GetProperty("data").GetProperty("text").GetString()!.Length == EntityBytes);
        heard.Where(Is("update")).Select(update => update.GetProperty("seq").GetInt64()).Should().Equal(Enumerable.Range(Entities + 1, Events).Select(seq => (long)seq));
        heard.Where(Is("pong")).Select(pong => pong.GetProperty("t").GetInt32()).Should().Equal(Enumerable.Range(0, Pings));
        heard[^1].GetProperty("type").GetString().Should().Be("disconnect");
        ((int?)reader.CloseStatus).Should().Be(1012);
    }

    private static Func<JsonElement, bool> Is(string type) => message => message.GetProperty("type").GetString() == type;

    /// <summary>A few bytes at a time, with a pause now and then in which the server goes on writing.</summary>
    private static async Task<List<JsonElement>> HearSlowlyAsync(WebSocket socket, Func<List<JsonElement>, bool> until)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3)); // only what never comes takes longer, however busy the machine
        var (messages, message, buffer) = (new List<JsonElement>(), new MemoryStream(), new byte[8000]);
        for (var reads = 0; !until(messages); reads++)
        {
            if (reads % 50 == 0)
                await Task.Delay(1, deadline.Token); // not waiting for anything: being slow is what this reader is for
            var received = await socket.ReceiveAsync(buffer.AsMemory(), deadline.Token);
            if (received.MessageType == WebSocketMessageType.Close)
                return messages;
            message.Write(buffer, 0, received.Count);
            if (!received.EndOfMessage)
                continue;
            messages.Add(JsonDocument.Parse(message.ToArray()).RootElement);
            message.SetLength(0);
        }
        return messages;
    }

    private static async Task<WebSocket> DialAsync(string scheme, int port, X509Certificate2 certificate)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("eventonly.v1");
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.Thumbprint;
        using var deadline = new CancellationTokenSource(RawClient.Patience);
        await socket.ConnectAsync(new Uri($"{scheme}://localhost:{port}/ws"), deadline.Token);
        return socket;
    }

    private static async Task SayAsync(WebSocket socket, string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, deadline.Token);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
