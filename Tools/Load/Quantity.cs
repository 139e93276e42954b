using System.Globalization;

namespace EventOnly.Tools.Load;

/// <summary>Quantities as people write them on the command line.</summary>
internal static class Quantity
{
    /// <summary>Reads <c>30s</c>, <c>500ms</c>, <c>2m</c>, or seconds without a unit.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var (digits, secondsOfUnit) = text switch
        {
            [.. var rest, 'm', 's'] => (rest, 0.001),
            [.. var rest, 's'] => (rest, 1),
            [.. var rest, 'm'] => (rest, 60),
            _ => (text, 1.0),
        };
        if (!TryNumber(digits, out var number) || number * secondsOfUnit > TimeSpan.FromDays(1).TotalSeconds)
            return false;
        duration = TimeSpan.FromSeconds(number * secondsOfUnit);
        return true;
    }

    /// <summary>Reads <c>5%</c> or <c>0.05</c> as a share from 0 to 1.</summary>
    public static bool TryShare(string text, out double share)
    {
        var isPercent = text.EndsWith('%');
        if (!TryNumber(isPercent ? text[..^1] : text, out share))
            return false;
        share /= isPercent ? 100 : 1;
        return share <= 1;
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
