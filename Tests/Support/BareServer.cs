using System.Net;
using System.Net.Sockets;
using System.Text;
using EventOnly.Client;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>A TCP server that answers WebSocket handshakes, and for the rest says what a test writes, byte by byte.</summary>
internal sealed class BareServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public BareServer() => _listener.Start(backlog: 1024);

    public Uri Uri => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ws?x=1");

    /// <summary>The request of the last one who was accepted.</summary>
    public string Request { get; private set; } = "";

    /// <param name="answer">Makes the answer from the key's proper one; null for what a good server says.</param>
    /// <param name="behind">Bytes that leave together with the answer.</param>
    public async Task<NetworkStream> AcceptAsync(Func<string, string>? answer = null, byte[]? behind = null)
    {
        var stream = new NetworkStream(await _listener.AcceptSocketAsync(), ownsSocket: true);
        await AnswerAsync(stream, answer, behind);
        return stream;
    }

    public async Task AnswerAsync(Stream stream, Func<string, string>? answer = null, byte[]? behind = null)
    {
        var (request, buffer) = (new StringBuilder(), new byte[4096]);
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer) is > 0 and var count)
            request.Append(Encoding.ASCII.GetString(buffer, 0, count));
        Request = request.ToString();
        var key = Request.Split("Sec-WebSocket-Key: ")[1].Split('\r')[0];
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes((answer ?? Good)(ClientHandshake.AcceptOf(key))), .. behind ?? []]);
    }

    public static string Good(string accept) =>
        $"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {WireCodec.Subprotocol}\r\n\r\n";

    public void Dispose() => _listener.Dispose();
}
