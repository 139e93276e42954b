using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace EventOnly.Client;

/// <summary>From an address to an open line: TCP, TLS where the address says so, the handshake.</summary>
internal static class Dialling
{
    /// <exception cref="WebSocketException">There is no such server, its certificate does not hold, or it refused the handshake.</exception>
    public static async Task<ITransport> DialAsync(Uri uri, ConnectionOptions options, CancellationToken ct)
    {
        if (uri.Scheme is not ("ws" or "wss"))
            throw new ArgumentException($"'{uri}' is not an address that begins with ws: or wss:.", nameof(uri));
        Stream? stream = null;
        try
        {
            stream = new NetworkStream(await ConnectAsync(uri, options, ct).ConfigureAwait(false), ownsSocket: true);
            if (uri.Scheme == "wss")
                stream = await EncryptAsync(stream, uri, ct).ConfigureAwait(false);
            return await ShakeHandsAsync(stream, new(uri, options.Origin), options.MessageBytesMax, ct).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            if (failure is SocketException or IOException or AuthenticationException)
                throw new WebSocketException(WebSocketError.Faulted, failure.Message, failure);
            throw;
        }
    }

    /// <summary>Sends the request and reads the answer, and no byte of what follows is lost.</summary>
    internal static async Task<ITransport> ShakeHandsAsync(Stream stream, ClientHandshake handshake, int messageBytesMax, CancellationToken ct)
    {
        await stream.WriteAsync(handshake.Request(), ct).ConfigureAwait(false);
        var answer = new byte[1024];
        for (var length = 0; ;)
        {
            if (length == answer.Length)
                Array.Resize(ref answer, length < ClientHandshake.AnswerBytesMax ? length * 2 : throw NoAnswer("The server's answer to the handshake has no end."));
            var count = await stream.ReadAsync(answer.AsMemory(length), ct).ConfigureAwait(false);
            if (count == 0)
                throw NoAnswer("The server ended the connection at the handshake.");
            length += count;
            var end = answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return new StreamTransport(stream, handshake.Check(answer.AsSpan(0, end)), messageBytesMax, answer.AsSpan(end + 4, length - end - 4));
        }
    }

    private static async Task<Socket> ConnectAsync(Uri uri, ConnectionOptions options, CancellationToken ct)
    {
        var socket = options.LocalAddress is { } local ? new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (options.ReceiveBufferBytes is { } bytes)
                socket.ReceiveBufferSize = bytes; // before connecting: the window is agreed on then
            if (options.LocalAddress is not null)
                socket.Bind(new System.Net.IPEndPoint(options.LocalAddress, 0));
            await socket.ConnectAsync(uri.IdnHost, uri.Port, ct).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, Uri uri, CancellationToken ct)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = uri.IdnHost }, ct).ConfigureAwait(false);
            return encrypted;
        }
        catch
        {
            await encrypted.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static WebSocketException NoAnswer(string message) => new(WebSocketError.ConnectionClosedPrematurely, message);
}
