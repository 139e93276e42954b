using System.Globalization;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class CanonicalNumberTests
{
    // RFC 8785 appendix B, as far as it lies within 2^53 - 1.
    [TestCase(0x0000000000000000UL, "0")]
    [TestCase(0x8000000000000000, "0")]
    [TestCase(0x0000000000000001UL, "5e-324")]
    [TestCase(0x8000000000000001, "-5e-324")]
    [TestCase(0x3eb0c6f7a0b5ed8cUL, "9.999999999999997e-7")]
    [TestCase(0x3eb0c6f7a0b5ed8dUL, "0.000001")]
    [TestCase(0x41b3de4355555553UL, "333333333.3333332")]
    [TestCase(0x41b3de4355555554UL, "333333333.33333325")]
    [TestCase(0x41b3de4355555555UL, "333333333.3333333")]
    [TestCase(0x41b3de4355555556UL, "333333333.3333334")]
    [TestCase(0x41b3de4355555557UL, "333333333.33333343")]
    [TestCase(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [TestCase(0x43143ff3c1cb0959UL, "1424953923781206.2")]
    public void A_double_is_written_as_the_standard_does(ulong bits, string expected) =>
        Written(BitConverter.UInt64BitsToDouble(bits)).Should().Be(expected);

    [Test]
    public void Any_double_in_bounds_is_written_with_the_fewest_digits_that_read_back_as_it([Range(1, 5)] int seed)
    {
        var chance = Given.Chance(seed);
        for (var i = 0; i < 10_000; i++)
        {
            var value = AnyDouble(chance);

            var text = Written(value);

            double.Parse(text, CultureInfo.InvariantCulture).Should().Be(value);
            SignificantDigits(text).Should().Be(FewestDigits(value), text);
            text.Contains('e', StringComparison.Ordinal).Should().Be(value != 0 && Math.Abs(value) < 1e-6, text);
        }
    }

    [Test]
    public void A_number_written_at_any_length_is_read_as_the_nearest_double([Range(1, 5)] int seed)
    {
        var chance = Given.Chance(seed);
        for (var i = 0; i < 10_000; i++)
        {
            var text = Math.Round(AnyDouble(chance) % 1_000_000).ToString("F0", CultureInfo.InvariantCulture)
                + "." + string.Concat(Enumerable.Range(0, chance.Next(1, 40)).Select(_ => chance.Next(10)));

            Given.Value(text).ToString().Should().Be(Written(double.Parse(text, CultureInfo.InvariantCulture)), text);
        }
    }

    [TestCase("1.0", "1")]
    [TestCase("-0", "0")]
    [TestCase("-0.0", "0")]
    [TestCase("1E3", "1000")]
    [TestCase("1e-7", "1e-7")]
    [TestCase("0.1e-6", "1e-7")]
    [TestCase("100000000000000", "100000000000000")]
    [TestCase("1000000000000000", "1000000000000000")]
    [TestCase("9007199254740991", "9007199254740991")]
    [TestCase("-9007199254740991", "-9007199254740991")]
    [TestCase("9007199254740991.4", "9007199254740991")]
    [TestCase("0.30000000000000004", "0.30000000000000004")]
    [TestCase("1e-400", "0")]
    public void A_number_has_one_form_however_it_was_written(string written, string canonical) =>
        Given.Value(written).ToString().Should().Be(canonical);

    [TestCase("9007199254740992")]
    [TestCase("-9007199254740992")]
    [TestCase("9007199254740991.5")]
    [TestCase("1e16")]
    [TestCase("1e999")]
    [TestCase("1e99999999999999999999")]
    [TestCase("99999999999999999999999999999999999999")]
    public void A_number_that_scripts_could_not_tell_from_its_neighbours_is_refused(string written) =>
        CanonicalJson.TryNormalize(Given.Utf8(written)).Should().BeNull();

    private static string Written(double value)
    {
        var output = new Utf8Buffer();
        CanonicalNumber.Write(output, value);
        return Given.Text(output.Written);
    }

    private static double AnyDouble(Random chance)
    {
        while (true)
        {
            var value = chance.Next(3) switch
            {
                0 => BitConverter.Int64BitsToDouble(chance.NextInt64(long.MinValue, long.MaxValue)),
                1 => chance.NextInt64(-CanonicalNumber.SafeInteger, CanonicalNumber.SafeInteger) / Math.Pow(10, chance.Next(20)),
                _ => chance.Next(-1000, 1000) * Math.Pow(10, chance.Next(-12, 12)),
            };
            if (Math.Abs(value) <= CanonicalNumber.SafeInteger)
                return value;
        }
    }

    /// <summary>By trying: how many digits does it take?</summary>
    private static int FewestDigits(double value)
    {
        for (var digits = 1; ; digits++)
        {
            var text = value.ToString("E" + (digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
                return digits;
        }
    }

    private static int SignificantDigits(string text)
    {
        var mantissa = text.Split('e')[0].Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        return Math.Max(1, mantissa.TrimEnd('0').Length);
    }
}
