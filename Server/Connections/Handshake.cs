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

    /// <summary>What counts of a request; null where a header is not there.</summary>
    internal struct Request
    {
        public bool IsGet, IsHttp11;
        public string? Host, Origin, Upgrade, Connection, Version, Key, Protocols, Extensions;

        /// <summary>Headers that stand more than once are one list (RFC 9110 section 5.3); those that may not, are refused as such a list.</summary>
        public static Request Of(HttpRequest request)
        {
            var headers = request.Headers;
            return new()
            {
                IsGet = HttpMethods.IsGet(request.Method), IsHttp11 = HttpProtocol.IsHttp11(request.Protocol), Host = request.Host.Value,
                Origin = Text(headers.Origin), Upgrade = Text(headers.Upgrade), Connection = Text(headers.Connection),
                Version = Text(headers.SecWebSocketVersion), Key = Text(headers.SecWebSocketKey), Protocols = Text(headers.SecWebSocketProtocol),
                Extensions = Text(headers.SecWebSocketExtensions),
            };
        }

        private static string? Text(StringValues values) => values.Count == 0 ? null : values.ToString();
    }

    /// <param name="scheme">By which the request came: <c>http</c>, or <c>https</c>.</param>
    public static Refusal? Refuse(in Request request, string scheme, IList<string> allowedOrigins, bool needsSubprotocol = true)
    {
        if (!request.IsGet || !Lists(request.Upgrade, "websocket") || !Lists(request.Connection, "upgrade"))
            return new(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket only. Open it with a WebSocket client.");
        if (!request.IsHttp11)
            return new(StatusCodes.Status426UpgradeRequired, "Only HTTP/1.1 can be upgraded.");
        if (request.Version != "13")
            return new(StatusCodes.Status426UpgradeRequired, "Only WebSocket version 13 is understood.");
        if (!IsKey(request.Key))
            return new(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64.");
        if (!IsAllowedOrigin(request, scheme, allowedOrigins))
            return new(StatusCodes.Status403Forbidden, "This origin is not allowed. The server's setting AllowedOrigins lists those that are.");
        return !needsSubprotocol || Lists(request.Protocols, WireCodec.Subprotocol)
            ? null
            : new(StatusCodes.Status400BadRequest, $"Offer the subprotocol '{WireCodec.Subprotocol}': new WebSocket(url, '{WireCodec.Subprotocol}').");
    }

    private static bool IsKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, bytes, out var length) && length == 16;
    }

    /// <summary>Whether a comma-separated header has a token, ignoring case. By hand: no expression runs over hostile headers.</summary>
    private static bool Lists(ReadOnlySpan<char> header, string token)
    {
        foreach (var part in header.Split(','))
        {
            if (header[part].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Browsers always send Origin, and a foreign page must not speak in its visitor's name: allowed are this server's own origin and those
    /// listed, compared whole. Programs send none.
    /// </summary>
    private static bool IsAllowedOrigin(in Request request, string scheme, IList<string> allowed) => request.Origin is not { } origin
        || allowed.Contains(origin, StringComparer.Ordinal)
        || origin.Equals($"{scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
}
