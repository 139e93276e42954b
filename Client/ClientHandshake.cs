using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// The client's side of the opening handshake (RFC 6455 section 4.1), as text in and out:
/// <code>
///   GET path HTTP/1.1 + headers + empty line  --▶      ◀--  HTTP/1.1 101 ... + headers + empty line
/// </code>
/// </summary>
/// <param name="origin">Goes into the request as it is; <see cref="ConnectionOptions.Origin"/> has seen to it that it can.</param>
internal sealed class ClientHandshake(Uri uri, string? origin)
{
    /// <summary>Bytes of the server's answer; a longer one is none.</summary>
    public const int AnswerBytesMax = 16 * 1024;

    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    public byte[] Request()
    {
        var host = uri.IsDefaultPort ? uri.IdnHost : string.Create(CultureInfo.InvariantCulture, $"{uri.IdnHost}:{uri.Port}");
        if (uri.HostNameType == UriHostNameType.IPv6)
            host = uri.Authority[(uri.UserInfo.Length > 0 ? uri.UserInfo.Length + 1 : 0)..];
        return Encoding.ASCII.GetBytes(
            $"GET {uri.PathAndQuery} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {_key}\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {WireCodec.Subprotocol}\r\n{(origin is null ? "" : $"Origin: {origin}\r\n")}\r\n");
    }

    /// <summary>The subprotocol the server chose; null where it chose none.</summary>
    /// <param name="answer">Everything up to the empty line.</param>
    /// <exception cref="WebSocketException">It refused, or is no WebSocket server.</exception>
    public string? Check(ReadOnlySpan<byte> answer)
    {
        var lines = Encoding.Latin1.GetString(answer).Split("\r\n");
        var status = lines[0].Split(' ', 3);
        if (status is not ["HTTP/1.1", var code, ..])
            throw Refused("The server does not answer in HTTP/1.1.");
        if (code != "101")
            throw Refused($"The server answered '{Harmless(string.Join(' ', status[1..]))}' where 101 (Switching Protocols) was expected.");
        if (!Has(lines, "Upgrade", "websocket") || !Has(lines, "Connection", "Upgrade"))
            throw Refused("The server agreed to change the protocol, but not to a WebSocket.");
        if (ValueOf(lines, "Sec-WebSocket-Accept") != AcceptOf(_key))
            throw Refused("The server's Sec-WebSocket-Accept does not answer our key.");
        if (ValueOf(lines, "Sec-WebSocket-Extensions") is not null)
            throw Refused("The server chose an extension that was not offered.");
        return ValueOf(lines, "Sec-WebSocket-Protocol");
    }

    // SHA-1 is what the handshake is made of (section 4.2.2); nothing is secured by it.
#pragma warning disable CA5350
    internal static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350

    private static bool Has(string[] lines, string name, string token) =>
        ValueOf(lines, name)?.Split(',').Any(value => value.Trim().Equals(token, StringComparison.OrdinalIgnoreCase)) == true;

    private static string? ValueOf(string[] lines, string name)
    {
        var values = lines.Skip(1).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).ToList();
        return values.Count == 0 ? null : string.Join(", ", values);
    }

    private static string Harmless(string text) => string.Concat(text.Take(100).Where(c => c is >= ' ' and <= '~'));

    private static WebSocketException Refused(string message) => new(WebSocketError.NotAWebSocket, message);
}
