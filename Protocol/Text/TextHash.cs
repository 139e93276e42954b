namespace EventOnly.Protocol.Text;

/// <summary>
/// The hash of a text: a polynomial over its UTF-16 units, each plus one, modulo the prime 2^31 - 1, for two bases. The hash of two texts, one after
/// the other, follows from theirs, so a tree of pieces keeps it up to date.
/// </summary>
/// <remarks>
/// Modulo 2^32 would cost as much and be blind: with any odd base, texts of two letters that swap them in the order of Thue and Morse are equal from
/// 1,024 units on. The bases are small enough for JavaScript: a step stays below 2^53, so it is exact there.
/// </remarks>
/// <param name="First">With base 1,580,030.</param>
/// <param name="Second">With base 1,834,163.</param>
public readonly record struct TextHash(uint First, uint Second)
{
    internal const uint Prime = int.MaxValue;
    internal const uint FirstBase = 1_580_030;
    internal const uint SecondBase = 1_834_163;

    /// <summary>The hash of a whole text.</summary>
    public static TextHash Of(ReadOnlySpan<char> text)
    {
        ulong first = 0, second = 0;
        foreach (var unit in text)
        {
            first = Fold((first * FirstBase) + unit + 1);
            second = Fold((second * SecondBase) + unit + 1);
        }
        return new(Reduce(first), Reduce(second));
    }

    /// <summary>The hash of this text with another one after it.</summary>
    public TextHash Append(TextHash other, int otherLength) => Append(other, PowerOf(otherLength));

    /// <summary>Both bases, raised to a length.</summary>
    internal static TextHash PowerOf(int length)
    {
        var (power, square) = (new TextHash(1, 1), new TextHash(FirstBase, SecondBase));
        for (; length > 0; length >>= 1, square = square.Times(square))
        {
            if ((length & 1) != 0)
                power = power.Times(square);
        }
        return power;
    }

    internal TextHash Append(TextHash other, TextHash otherPower) =>
        new(Reduce(((ulong)First * otherPower.First) + other.First), Reduce(((ulong)Second * otherPower.Second) + other.Second));

    internal TextHash Times(TextHash other) => new(Reduce((ulong)First * other.First), Reduce((ulong)Second * other.Second));

    /// <summary>The same modulo the prime, below 2^33 for what is below 2^63.</summary>
    internal static ulong Fold(ulong value) => (value & Prime) + (value >> 31);

    internal static uint Reduce(ulong value)
    {
        value = Fold(Fold(value));
        return (uint)(value >= Prime ? value - Prime : value);
    }
}
