using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace EventOnly.Server.Connections;

/// <summary>
/// A handshake as nearly all clients send it, read without HTTP. Pure, and never in doubt: what is not exactly of this form is not refused but left
/// to the web server, which knows the whole of RFC 9112 and how to answer. So it may be stricter than that, and must never be laxer.
/// <code>
/// head   = "GET " path " HTTP/1.1" CRLF 1*( name ":" OWS value OWS CRLF ) CRLF        all in one piece
/// name   = 1*tchar                                                                    RFC 9110 section 5.6.2
/// value  = *( VCHAR / SP / HTAB )                                                     no bytes beyond ASCII
/// </code>
/// </summary>
internal static class RequestHead
{
    private const int HeadersMax = 50;

    private static readonly SearchValues<byte> s_tokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> s_hostBytes = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-"u8);

    /// <summary>Reads a head that begins with <c>GET</c> for a path. False where it is another request, or is left to others.</summary>
    /// <param name="length">Bytes of the head; what follows is the connection's.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, string path, out Handshake.Request request, out int length)
    {
        (request, length) = (default, 0);
        if (!Skip(ref bytes, "GET "u8, ref length) || !SkipPath(ref bytes, path, ref length) || !Skip(ref bytes, " HTTP/1.1\r\n"u8, ref length))
            return false;
        (request.IsGet, request.IsHttp11) = (true, true);
        for (var headers = 0; headers <= HeadersMax; headers++)
        {
            if (Skip(ref bytes, "\r\n"u8, ref length))
                return request.Host is not null;
            var end = bytes.IndexOf("\r\n"u8);
            if (end < 0 || !TryTake(bytes[..end], ref request))
                return false;
            bytes = bytes[(end + 2)..];
            length += end + 2;
        }
        return false;
    }

    private static bool Skip(ref ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> text, ref int length)
    {
        if (!bytes.StartsWith(text))
            return false;
        bytes = bytes[text.Length..];
        length += text.Length;
        return true;
    }

    private static bool SkipPath(ref ReadOnlySpan<byte> bytes, string path, ref int length)
    {
        if (bytes.Length < path.Length || !Ascii.Equals(bytes[..path.Length], path))
            return false;
        bytes = bytes[path.Length..];
        length += path.Length;
        return true;
    }

    private static bool TryTake(ReadOnlySpan<byte> line, ref Handshake.Request request)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(s_tokenBytes))
            return false;
        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        foreach (var octet in value)
        {
            if (octet is < 0x20 and not (byte)'\t' or > 0x7E)
                return false;
        }
        if (Is(name, "host"u8))
            return IsHost(value) && TrySet(ref request.Host, value);
        if (Is(name, "upgrade"u8))
            return TrySet(ref request.Upgrade, value);
        if (Is(name, "connection"u8))
            return TrySet(ref request.Connection, value);
        if (Is(name, "origin"u8))
            return TrySet(ref request.Origin, value);
        if (Is(name, "sec-websocket-key"u8))
            return TrySet(ref request.Key, value);
        if (Is(name, "sec-websocket-version"u8))
            return TrySet(ref request.Version, value);
        if (Is(name, "sec-websocket-protocol"u8))
            return TrySet(ref request.Protocols, value);
        if (Is(name, "sec-websocket-extensions"u8))
            return TrySet(ref request.Extensions, value);
        // A body, or the word of a proxy about where this comes from: not for this door.
        return !Is(name, "content-length"u8) && !Is(name, "transfer-encoding"u8) && !Is(name, "expect"u8) && !Is(name, "forwarded"u8)
            && !(name.Length > 12 && Is(name[..12], "x-forwarded-"u8));
    }

    /// <summary>A name, or this machine's own IPv6 address, and perhaps a port. Other addresses are left to those who can read them.</summary>
    private static bool IsHost(ReadOnlySpan<byte> value)
    {
        var isAddress = value.StartsWith("["u8);
        var end = isAddress ? value.IndexOf((byte)']') + 1 : value.IndexOf((byte)':');
        var length = end < 0 ? value.Length : end;
        var host = value[..length];
        if (host.IsEmpty || (isAddress ? !host.SequenceEqual("[::1]"u8) : host.ContainsAnyExcept(s_hostBytes)))
            return false;
        var port = value[length..];
        return port.IsEmpty || (port[0] == ':' && Utf8Parser.TryParse(port[1..], out ushort _, out var digits) && digits == port.Length - 1);
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCase) => Ascii.EqualsIgnoreCase(name, lowerCase);

    /// <summary>A header that counts stands once; what it means twice is for others to say.</summary>
    private static bool TrySet(ref string? place, ReadOnlySpan<byte> value)
    {
        if (place is not null)
            return false;
        place = Encoding.ASCII.GetString(value);
        return true;
    }
}
