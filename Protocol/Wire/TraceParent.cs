namespace EventOnly.Protocol.Wire;

/// <summary>
/// Which trace a command belongs to (W3C Trace Context, section 3.2):
/// <code>
///   version 2 hex "-" trace-id 32 hex "-" parent-id 16 hex "-" flags 2 hex        more may follow a "-" in versions above 00
/// </code>
/// All in lower case; version ff and ids of zeros alone are none.
/// </summary>
internal static class TraceParent
{
    private const int Length = 55;

    /// <summary>The part that this version understands, or null where there is none: then the command is one without a trace.</summary>
    public static string? Read(ReadOnlySpan<byte> json)
    {
        if (json is not [(byte)'"', .. var text, (byte)'"'] || text.Length < Length)
            return null;
        var parent = text[..Length];
        var isVersion00 = parent.StartsWith("00"u8);
        return (isVersion00 ? text.Length == Length : !parent.StartsWith("ff"u8) && (text.Length == Length || text[Length] == '-'))
            && IsHex(parent[..2]) && parent[2] == '-' && IsId(parent[3..35]) && parent[35] == '-' && IsId(parent[36..52]) && parent[52] == '-' && IsHex(parent[53..])
            ? System.Text.Encoding.ASCII.GetString(parent)
            : null;
    }

    private static bool IsHex(ReadOnlySpan<byte> text)
    {
        foreach (var digit in text)
        {
            if (!char.IsAsciiHexDigitLower((char)digit))
                return false;
        }
        return true;
    }

    private static bool IsId(ReadOnlySpan<byte> text) => IsHex(text) && text.ContainsAnyExcept((byte)'0');
}
