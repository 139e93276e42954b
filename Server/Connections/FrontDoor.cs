using System.Net.Sockets;
using System.Text;
using EventOnly.Protocol.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace EventOnly.Server.Connections;

/// <summary>
/// The door before HTTP, on plain TCP: a connection whose first request is a faultless handshake is served on its socket, without all that HTTP would
/// keep for it. Everything else goes on to the web server as if nobody had looked: other requests, what is to be refused, what comes in pieces.
/// </summary>
internal sealed class FrontDoor(ConnectionRegistry connections, EventOnlyOptions options, TimeProvider time)
{
    /// <summary>How long a connection may say nothing at all before the web server has it, which has a patience of its own.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly HostNames _hosts = new(options);

    /// <param name="next">The web server.</param>
    public async Task ServeAsync(ConnectionContext context, ConnectionDelegate next)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || await HearAsync(context) is not { } request)
        {
            await next(context);
            return;
        }
        socket.Blocking = false; // what does not go at once is waited for by its connection, not by who fans out
        var line = new SocketLine(context.Transport.Input, socket, context.Abort);
        try
        {
            await line.WriteAsync(Answer(request));
        }
        catch (SocketException)
        {
            return; // it has gone already
        }
        await connections.ServeAsync(line);
    }

    /// <summary>Reads the first bytes: the request, if it is for us to answer; else they stay there.</summary>
    private async ValueTask<Handshake.Request?> HearAsync(ConnectionContext context)
    {
        var input = context.Transport.Input;
        try
        {
            using var patience = new CancellationTokenSource(s_patience, time);
            var read = await input.ReadAsync(patience.Token);
            var accepted = RequestHead.TryRead(read.Buffer.FirstSpan, SocketEndpoint.PathUtf8, out var request, out var length) && IsWelcome(request);
            input.AdvanceTo(accepted ? read.Buffer.GetPosition(length) : read.Buffer.Start);
            return accepted ? request : null;
        }
        catch (Exception nothing) when (nothing is OperationCanceledException or IOException)
        {
            return null; // silent or gone: the web server knows what to do
        }
    }

    private bool IsWelcome(in Handshake.Request request) =>
        connections.HasRoom && _hosts.Allows(request.Host!) && Handshake.Refuse(request, "http", options.AllowedOrigins) is null;

    private static byte[] Answer(in Handshake.Request request) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {Handshake.Accept(request.Key!)}\r\n"
        + $"Sec-WebSocket-Protocol: {WireCodec.Subprotocol}\r\n\r\n");
}
