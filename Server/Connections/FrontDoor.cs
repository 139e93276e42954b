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

    /// <param name="Deflate">What is agreed on for compression; null where nothing is.</param>
    private readonly record struct Guest(string Key, string? Deflate, bool Echoes);

    /// <param name="next">The web server.</param>
    public Task ServeAsync(ConnectionContext context, ConnectionDelegate next) =>
        context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? ServeAsync(context, socket, next) : next(context);

    private async Task ServeAsync(ConnectionContext context, Socket socket, ConnectionDelegate next) =>
        await await ComeInAsync(context, socket, next); // the first is over soon, and what it needed with it

    /// <summary>What serves the connection to its end.</summary>
    private async Task<Task> ComeInAsync(ConnectionContext context, Socket socket, ConnectionDelegate next)
    {
        if (await HearAsync(context) is not { } guest)
            return next(context);
        var line = new SocketLine(context, socket);
        try
        {
            socket.Blocking = false; // what does not go at once is waited for by its connection, not by who fans out
            await line.WriteAsync(Answer(guest));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return Task.CompletedTask; // it has gone already
        }
        return connections.ServeAsync(line, guest.Deflate is not null, guest.Echoes);
    }

    /// <summary>Reads the first bytes: the request, if it is for us to answer; else they stay there.</summary>
    private async ValueTask<Guest?> HearAsync(ConnectionContext context)
    {
        var input = context.Transport.Input;
        try
        {
            using var patience = new CancellationTokenSource(s_patience, time);
            var read = await input.ReadAsync(patience.Token);
            var accepted = TryWelcome(read.Buffer.FirstSpan, out var guest, out var length);
            input.AdvanceTo(accepted ? read.Buffer.GetPosition(length) : read.Buffer.Start);
            return accepted ? guest : null;
        }
        catch (Exception nothing) when (nothing is OperationCanceledException or IOException)
        {
            return null; // silent or gone: the web server knows what to do
        }
    }

    private bool TryWelcome(ReadOnlySpan<byte> bytes, out Guest guest, out int length)
    {
        guest = default;
        var echoes = false;
        if (!RequestHead.TryRead(bytes, SocketEndpoint.Path, out var request, out length)
            && !(echoes = options.Echo && RequestHead.TryRead(bytes, SocketEndpoint.EchoPath, out request, out length)))
        {
            return false;
        }
        if (!connections.HasRoom || !_hosts.Allows(request.Host!) || Handshake.Refuse(request, "http", options.AllowedOrigins, needsSubprotocol: !echoes) is not null)
            return false;
        guest = new(request.Key!, options.Connections.Compress ? DeflateOffer.Answer(request.Extensions) : null, echoes);
        return true;
    }

    private static byte[] Answer(Guest guest) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {Handshake.Accept(guest.Key)}\r\n"
        + (guest.Echoes ? "" : $"Sec-WebSocket-Protocol: {WireCodec.Subprotocol}\r\n")
        + (guest.Deflate is null ? "" : $"Sec-WebSocket-Extensions: {guest.Deflate}\r\n") + "\r\n");
}
