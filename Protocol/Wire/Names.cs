using System.Buffers;

namespace EventOnly.Protocol.Wire;

/// <summary>Which strings may name something (docs/wire.md section 1). No regular expressions: these see hostile input.</summary>
public static class Names
{
    private static readonly SearchValues<char> s_name =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    private static readonly SearchValues<char> s_secret =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private static readonly SearchValues<char> s_project = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Entity ids, kinds, topics, fields and request ids: 1 to 64 of <c>[A-Za-z0-9._:-]</c>, and no key that scripts treat as magic.</summary>
    public static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= 64 && !text.ContainsAnyExcept(s_name) && !IsMagicKey(text);

    /// <summary><c>[a-z0-9][a-z0-9._-]{0,63}</c> without <c>..</c>, so that it is safe as a folder's name everywhere.</summary>
    public static bool IsProjectId(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= 64 && !text.ContainsAnyExcept(s_project) && char.IsAsciiLetterOrDigit(text[0])
        && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>A session's secret: 16 to 64 of <c>[A-Za-z0-9_-]</c>.</summary>
    public static bool IsSessionSecret(ReadOnlySpan<char> text) => text.Length is >= 16 and <= 64 && !text.ContainsAnyExcept(s_secret);

    /// <summary>A user's name: 1 to 64 characters, none of them a control character.</summary>
    public static bool IsUserName(ReadOnlySpan<char> text)
    {
        if (text.Length is < 1 or > 64)
            return false;
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return false;
        }
        return true;
    }

    /// <summary>Keys that reach an object's prototype when a script copies objects carelessly.</summary>
    public static bool IsMagicKey(ReadOnlySpan<char> key) => key is "__proto__" or "constructor" or "prototype";
}
