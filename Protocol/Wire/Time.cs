using System.Globalization;

namespace EventOnly.Protocol.Wire;

/// <summary>Moments as the wire writes them: RFC 3339, UTC, milliseconds (<c>2026-11-21T08:00:00.123Z</c>).</summary>
public static class Time
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static Utf8Buffer Moment(this Utf8Buffer output, long ms)
    {
        output.Raw((byte)'"');
        DateTimeOffset.FromUnixTimeMilliseconds(ms).TryFormat(output.Take(24), out _, Format, CultureInfo.InvariantCulture);
        return output.Raw((byte)'"');
    }

    internal static bool TryParse(string text, out long ms)
    {
        var good = DateTimeOffset.TryParseExact(
            text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment);
        ms = good ? moment.ToUnixTimeMilliseconds() : 0;
        return good;
    }
}
