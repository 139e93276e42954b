using System.Buffers.Text;
using System.Globalization;

namespace EventOnly.Protocol.Wire;

/// <summary>Numbers as ECMAScript writes them (RFC 8785 section 3.2.2.3): the shortest digits that read back as the same double.</summary>
internal static class CanonicalNumber
{
    /// <summary>2^53 - 1: beyond it a script could not tell neighbours apart.</summary>
    public const long SafeInteger = 9007199254740991;

    public static void Write(Utf8Buffer output, ReadOnlySpan<byte> token)
    {
        if (IsPlainInteger(token))
        {
            output.Raw(token);
            return;
        }
        if (!Utf8Parser.TryParse(token, out double value, out var used) || used != token.Length || !double.IsFinite(value))
            throw BadFrameException.Shape("A number is not a finite double.");
        if (Math.Abs(value) > SafeInteger)
            throw BadFrameException.Shape("A number is beyond 2^53 - 1.");
        Write(output, value);
    }

    /// <summary>Up to 15 digits without a point or exponent are canonical as they stand, but for minus zero.</summary>
    private static bool IsPlainInteger(ReadOnlySpan<byte> token)
    {
        var digits = token[0] == '-' ? token[1..] : token;
        if (digits.Length is 0 or > 15 || (digits.Length != token.Length && digits[0] == '0'))
            return false;
        foreach (var c in digits)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return false;
        }
        return true;
    }

    public static void Write(Utf8Buffer output, double value)
    {
        if (value == 0)
        {
            output.Raw((byte)'0'); // minus zero as well
            return;
        }

        // "R" gives the shortest digits; only their layout differs from ECMAScript's.
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[32];
        var (count, point, negative) = Digits(text[..length], digits);
        if (negative)
            output.Raw((byte)'-');
        Layout(output, digits[..count], point);
    }

    /// <summary>Splits "12.5E-7" into its significant digits and the place of the point counted from their start.</summary>
    private static (int Count, int Point, bool Negative) Digits(ReadOnlySpan<char> text, Span<byte> digits)
    {
        var negative = text[0] == '-';
        if (negative)
            text = text[1..];
        var exponent = 0;
        if (text.IndexOf('E') is >= 0 and var e)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var whole = text.IndexOf('.') is >= 0 and var dot ? dot : text.Length;
        var count = 0;
        var leadingZeros = 0;
        foreach (var c in text)
        {
            if (c == '.')
                continue;
            if (count == 0 && c == '0')
                leadingZeros++;
            else
                digits[count++] = (byte)c;
        }
        while (digits[count - 1] == '0')
            count--;
        return (count, whole - leadingZeros + exponent, negative);
    }

    /// <summary>Number::toString of ECMA-262: <paramref name="point"/> is its n, the count of digits its k.</summary>
    private static void Layout(Utf8Buffer output, ReadOnlySpan<byte> digits, int point)
    {
        if (point is > 0 and <= 21)
        {
            if (digits.Length <= point)
            {
                output.Raw(digits);
                output.Take(point - digits.Length).Fill((byte)'0');
            }
            else
            {
                output.Raw(digits[..point]).Raw((byte)'.').Raw(digits[point..]);
            }
        }
        else if (point is > -6 and <= 0)
        {
            output.Raw("0."u8);
            output.Take(-point).Fill((byte)'0');
            output.Raw(digits);
        }
        else
        {
            output.Raw(digits[0]);
            if (digits.Length > 1)
                output.Raw((byte)'.').Raw(digits[1..]);
            output.Raw((byte)'e').Raw((byte)(point > 0 ? '+' : '-')).Number(Math.Abs(point - 1));
        }
    }
}
