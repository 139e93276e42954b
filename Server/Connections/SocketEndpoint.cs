using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace EventOnly.Server.Connections;

/// <summary>The door: checks the handshake, upgrades, and hands the raw stream over to a connection until that ends.</summary>
internal sealed class SocketEndpoint(ConnectionRegistry connections, EventOnlyOptions options, ILogger<SocketEndpoint> logger)
{
    public const string Path = "/ws";

    public const string EchoPath = "/echo";

    public Task AcceptAsync(HttpContext context) => AcceptAsync(context, echoes: false);

    /// <summary>For tests: the same door to a connection that answers every message with itself, and needs no subprotocol.</summary>
    public Task AcceptEchoAsync(HttpContext context) => AcceptAsync(context, echoes: true);

    private async Task AcceptAsync(HttpContext context, bool echoes)
    {
        if (Handshake.Refuse(context.Request, options.AllowedOrigins, needsSubprotocol: !echoes) is { } refusal)
        {
            await RefuseAsync(context, refusal);
            return;
        }
        var upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        if (!upgrade.IsUpgradableRequest)
        {
            await RefuseAsync(context, new(StatusCodes.Status400BadRequest, "A handshake has no body."));
            return;
        }
        if (connections.IsStopping || connections.Count >= options.Connections.OpenMax)
        {
            context.Response.Headers.RetryAfter = "2";
            await RefuseAsync(context, new(StatusCodes.Status503ServiceUnavailable, "The server takes no connections just now."));
            return;
        }

        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Handshake.Accept(context.Request.Headers.SecWebSocketKey.ToString());
        if (!echoes)
            headers.SecWebSocketProtocol = WireCodec.Subprotocol;
        var deflate = options.Connections.Compress ? DeflateOffer.Answer(context.Request.Headers.SecWebSocketExtensions) : null;
        if (deflate is not null)
            headers.SecWebSocketExtensions = deflate;
        await using var stream = await upgrade.UpgradeAsync();
        await connections.ServeAsync(stream, context.Abort, compresses: deflate is not null, echoes);
    }

    private async Task RefuseAsync(HttpContext context, Handshake.Refusal refusal)
    {
        logger.HandshakeRefused(refusal.Message);
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        if (refusal.Status == StatusCodes.Status426UpgradeRequired)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketVersion = "13";
        }
        await context.Response.WriteAsync(refusal.Message + "\n");
    }
}
