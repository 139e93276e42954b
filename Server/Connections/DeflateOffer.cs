using System.Text;
using Microsoft.Extensions.Primitives;

namespace EventOnly.Server.Connections;

/// <summary>
/// What a client offers as <c>Sec-WebSocket-Extensions</c> (RFC 6455 section 9.1), and what is agreed on: permessage-deflate (RFC 7692) where both sides forget
/// every message, or nothing. An offer that is unknown, malformed or asks for what cannot be kept is passed over; no handshake fails for it. By hand: no
/// expression runs over hostile headers.
/// <code>
///   extension *( "," extension )      extension = token *( ";" token [ "=" ( token / quoted-string ) ] )
/// </code>
/// </summary>
internal ref struct DeflateOffer
{
    private const string Agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    private const string WindowBits = "15"; // what the framework's deflate uses, and the most that can be

    private ReadOnlySpan<char> _rest;

    /// <summary>The header to answer with; null where nothing is agreed on.</summary>
    public static string? Answer(StringValues offers)
    {
        foreach (var line in offers)
        {
            var reading = new DeflateOffer { _rest = line };
            do
            {
                if (!reading.TryExtension(out var answer))
                    break; // malformed: where the next offer would begin cannot be told
                if (answer is not null)
                    return answer;
            }
            while (reading.TryTake(','));
        }
        return null;
    }

    /// <summary>Reads one offer; false where it is malformed.</summary>
    private bool TryExtension(out string? answer)
    {
        answer = null;
        if (!TryToken(out var name))
            return IsAtEnd || _rest[0] == ','; // lists may have empty places
        var known = name is "permessage-deflate";
        var given = Parameter.None;
        while (TryTake(';'))
        {
            string? value = null;
            if (!TryToken(out var parameter) || (TryTake('=') && !TryValue(out value)))
                return false;
            var which = Judge(parameter, value);
            known &= which != Parameter.None && (given & which) == Parameter.None;
            given |= which;
        }
        if (!IsAtEnd && _rest[0] != ',')
            return false;
        if (known)
            answer = (given & Parameter.ServerWindow) == Parameter.None ? Agreed : $"{Agreed}; server_max_window_bits={WindowBits}";
        return true;
    }

    [Flags]
    private enum Parameter { None = 0, ServerForgets = 1, ClientForgets = 2, ServerWindow = 4, ClientWindow = 8 }

    /// <summary>Which parameter it is; none where it is unknown, has a value that it cannot have, or one that cannot be kept.</summary>
    private static Parameter Judge(ReadOnlySpan<char> name, string? value) => name switch
    {
        "server_no_context_takeover" when value is null => Parameter.ServerForgets,
        "client_no_context_takeover" when value is null => Parameter.ClientForgets,
        "server_max_window_bits" when value is WindowBits => Parameter.ServerWindow,
        "client_max_window_bits" when value is null or "8" or "9" or "10" or "11" or "12" or "13" or "14" or "15" => Parameter.ClientWindow,
        _ => Parameter.None,
    };

    private bool IsAtEnd
    {
        get
        {
            _rest = _rest.TrimStart(" \t");
            return _rest.IsEmpty;
        }
    }

    private bool TryTake(char wanted)
    {
        if (IsAtEnd || _rest[0] != wanted)
            return false;
        _rest = _rest[1..];
        return true;
    }

    private bool TryToken(out ReadOnlySpan<char> token)
    {
        token = default;
        if (IsAtEnd)
            return false;
        var length = 0;
        while (length < _rest.Length && IsTokenChar(_rest[length]))
            length++;
        token = _rest[..length];
        _rest = _rest[length..];
        return length > 0;
    }

    /// <summary>A token, or a quoted string that is one without its quotes.</summary>
    private bool TryValue(out string? value)
    {
        value = null;
        if (!TryTake('"'))
        {
            if (!TryToken(out var token))
                return false;
            value = token.ToString();
            return true;
        }
        var text = new StringBuilder();
        for (var i = 0; i < _rest.Length; i++)
        {
            if (_rest[i] == '"')
            {
                _rest = _rest[(i + 1)..];
                value = text.ToString();
                return value.Length > 0;
            }
            if (_rest[i] == '\\' && ++i == _rest.Length)
                return false;
            if (!IsTokenChar(_rest[i]))
                return false;
            text.Append(_rest[i]);
        }
        return false;
    }

    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static bool IsTokenChar(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
