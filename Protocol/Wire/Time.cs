using System.Globalization;

namespace EventOnly.Protocol.Wire;

/// <summary>Moments as the wire writes them: RFC 3339, UTC, milliseconds (<c>2026-11-21T08:00:00.123Z</c>).</summary>
public static class Time
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private const int Length = 24;

    [ThreadStatic]
    private static byte[]? t_last; // as it is written: events that are decided together have the same moment

    [ThreadStatic]
    private static long t_lastMs;

    public static Utf8Buffer Moment(this Utf8Buffer output, long ms)
    {
        var last = t_last;
        if (last is null || t_lastMs != ms)
        {
            last ??= t_last = new byte[Length + 2];
            (last[0], last[^1]) = ((byte)'"', (byte)'"');
            DateTimeOffset.FromUnixTimeMilliseconds(ms).TryFormat(last.AsSpan(1, Length), out _, Format, CultureInfo.InvariantCulture);
            t_lastMs = ms;
        }
        return output.Raw(last);
    }

    /// <summary>By hand, for it is done for every event that is read: the format's parser takes thirty times as long.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out long ms)
    {
        ms = 0;
        if (text.Length != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z'
            || !TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)
            || !TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second)
            || !TryDigits(text[20..23], out var fraction)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }
        ms = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond + fraction;
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            number = number * 10 + digit - '0';
        }
        return true;
    }
}
