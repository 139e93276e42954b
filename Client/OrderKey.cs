using System.Text;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>
/// Fractional order keys: strings in base 62 that compare ordinally like fractions, so that something moves by one write to one field, and two
/// people who move different things never touch the same data. Every key ends in two random digits: two who put something into the same gap at
/// the same moment get different keys (and if not, the id decides).
/// </summary>
public static class OrderKey
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Digits that stepping at an end counts in: keys stay short for 62^4 / 2 appends.</summary>
    private const int Head = 4;

    private static int Base => Digits.Length;

    /// <summary>A key after <paramref name="left"/> and before <paramref name="right"/>; null stands for the end of the list.</summary>
    /// <remarks>Keys that are out of order (someone else's mistake) give a key after <paramref name="left"/>.</remarks>
    public static string Between(string? left, string? right, Random random) => Between(left, right, random.NextDouble);

    internal static string Between(string? left, string? right, Func<double> chance)
    {
        if (left is not null && right is not null && string.CompareOrdinal(left, right) >= 0)
            right = null;
        var head = (left, right) switch
        {
            (null, null) => Digits[Base / 2] + new string('0', Head - 1),
            ({ } last, null) => Stepped(last, 1) ?? Middle(last, null),
            (null, { } first) => Stepped(first, -1) ?? Middle("", first),
            _ => Middle(left, right),
        };
        // The last digit is never 0: nothing would fit between x and x0.
        return head + Digits[(int)(chance() * Base)] + Digits[1 + (int)(chance() * (Base - 1))];
    }

    /// <summary>The order key of an entity: its field <c>order</c>, empty where it has none.</summary>
    public static string Of(Entity entity) => entity.Data["order"]?.AsString() ?? "";

    /// <summary>Sorts by order key; equal keys by id, so that everybody shows the same.</summary>
    public static int Compare(Entity one, Entity other) =>
        string.CompareOrdinal(Of(one), Of(other)) is not 0 and var order ? order : string.CompareOrdinal(one.Id, other.Id);

    /// <summary>The head of a key plus a step; null where the count would leave its range.</summary>
    private static string? Stepped(string key, int step)
    {
        var count = 0L;
        for (var place = 0; place < Head; place++)
            count = count * Base + Digit(key, place);
        count += step;
        if (count < 0 || count >= (long)Math.Pow(Base, Head))
            return null;
        var head = new char[Head];
        for (var place = Head - 1; place >= 0; place--, count /= Base)
            head[place] = Digits[(int)(count % Base)];
        return new(head);
    }

    /// <summary>The shortest prefix whose last digit lies strictly between both keys: whatever follows it stays between them.</summary>
    private static string Middle(string left, string? right)
    {
        var prefix = new StringBuilder();
        for (var place = 0; ; place++)
        {
            if (place >= right?.Length)
                right = null; // only a key that ends in 0 comes here: nothing fits, stay near
            var low = Digit(left, place);
            var high = right is null ? Base : Digit(right, place);
            if (high - low > 1)
                return prefix.Append(Digits[(low + high) / 2]).ToString();
            if (high > low)
                right = null; // the prefix is below it already
            prefix.Append(Digits[low]);
        }
    }

    /// <summary>A digit that is missing counts as 0, and so does one that is none.</summary>
    private static int Digit(string key, int place) => place < key.Length ? Math.Max(0, Digits.IndexOf(key[place], StringComparison.Ordinal)) : 0;
}
