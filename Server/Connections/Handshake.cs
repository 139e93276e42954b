using System.Security.Cryptography;
using System.Text;
using EventOnly.Protocol.Wire;
using Microsoft.Extensions.Primitives;

namespace EventOnly.Server.Connections;

/// <summary>Whether an HTTP request may become a connection (RFC 6455 section 4.2), and if not, what to say. Pure.</summary>
internal static class Handshake
{
    /// <summary>Why the upgrade is refused: an HTTP status and a sentence for the developer who reads it.</summary>
    internal sealed record Refusal(int Status, string Message);

    /// <summary>The client's key as the server must answer it: SHA-1 and this GUID are fixed by RFC 6455 section 4.2.2.</summary>
    public static string Accept(string key) =>
#pragma warning disable CA5350 // not for secrecy: the protocol asks for SHA-1
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    public static Refusal? Refuse(HttpRequest request, IList<string> allowedOrigins, bool needsSubprotocol = true)
    {
        var headers = request.Headers;
        if (!HttpMethods.IsGet(request.Method) || !Lists(headers.Upgrade, "websocket") || !Lists(headers.Connection, "upgrade"))
            return new(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket only. Open it with a WebSocket client.");
        if (!HttpProtocol.IsHttp11(request.Protocol))
            return new(StatusCodes.Status426UpgradeRequired, "Only HTTP/1.1 can be upgraded.");
        if (headers.SecWebSocketVersion != "13")
            return new(StatusCodes.Status426UpgradeRequired, "Only WebSocket version 13 is understood.");
        if (!IsKey(headers.SecWebSocketKey))
            return new(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64.");
        if (!IsAllowedOrigin(request, allowedOrigins))
            return new(StatusCodes.Status403Forbidden, "This origin is not allowed. The server's setting AllowedOrigins lists those that are.");
        return !needsSubprotocol || Lists(headers.SecWebSocketProtocol, WireCodec.Subprotocol)
            ? null
            : new(StatusCodes.Status400BadRequest, $"Offer the subprotocol '{WireCodec.Subprotocol}': new WebSocket(url, '{WireCodec.Subprotocol}').");
    }

    private static bool IsKey(StringValues key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key is [{ Length: 24 } only] && Convert.TryFromBase64String(only, bytes, out var length) && length == 16;
    }

    /// <summary>Whether a comma-separated header has a token, ignoring case. By hand: no expression runs over hostile headers.</summary>
    private static bool Lists(StringValues header, string token)
    {
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[part].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Browsers always send Origin, and a foreign page must not speak in its visitor's name: allowed are this server's own origin and those
    /// listed, compared whole. Programs send none.
    /// </summary>
    private static bool IsAllowedOrigin(HttpRequest request, IList<string> allowed)
    {
        var origin = request.Headers.Origin;
        if (origin.Count == 0)
            return true;
        return origin is [{ } only]
            && (allowed.Contains(only, StringComparer.Ordinal)
                || only.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase));
    }
}
