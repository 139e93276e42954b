using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class Utf8CheckTests
{
    /// <summary>How many bytes can be taken before it is known that the text is bad; the kinds of Autobahn's cases 6.</summary>
    [TestCase("80", 0, Description = "a later byte without a first")]
    [TestCase("BF", 0)]
    [TestCase("4180", 1)]
    [TestCase("C0", 0, Description = "only overlong forms begin so")]
    [TestCase("C1BF", 0)]
    [TestCase("C220", 1, Description = "a first byte without its later ones")]
    [TestCase("E0809F", 1, Description = "overlong")]
    [TestCase("E09FBF", 1)]
    [TestCase("E28220", 2)]
    [TestCase("EDA080", 1, Description = "a surrogate")]
    [TestCase("EDBFBF", 1)]
    [TestCase("F0808080", 1, Description = "overlong")]
    [TestCase("F08FBFBF", 1)]
    [TestCase("F0908041", 3)]
    [TestCase("F4908080", 1, Description = "beyond U+10FFFF")]
    [TestCase("F5", 0)]
    [TestCase("F888808080", 0, Description = "five bytes")]
    [TestCase("FE", 0)]
    [TestCase("FF", 0)]
    [TestCase("CEBAE1BDB9CF83CEBCCEB5EDA08065646974656E", 12, Description = "Autobahn 6.4")]
    public void Bad_text_is_known_with_its_first_bad_byte(string hex, int good)
    {
        var check = new Utf8Check();
        var bytes = Convert.FromHexString(hex);

        bytes.TakeWhile(next => check.TryAdd([next])).Count().Should().Be(good);
    }

    [TestCase("")]
    [TestCase("00")]
    [TestCase("7F")]
    [TestCase("C280")]
    [TestCase("DFBF")]
    [TestCase("E0A080")]
    [TestCase("ED9FBF")]
    [TestCase("EE8080")]
    [TestCase("EFBFBF", Description = "a noncharacter is a character here")]
    [TestCase("EFBFBD")]
    [TestCase("F0908080")]
    [TestCase("F48FBFBF")]
    [TestCase("CEBAE1BDB9CF83CEBCCEB5")]
    public void Good_text_is_good_in_one_piece_and_in_any_two(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var check = new Utf8Check();
            (check.TryAdd(bytes.AsSpan(0, cut)) && check.TryAdd(bytes.AsSpan(cut)) && check.IsComplete).Should().BeTrue($"cut at {cut}");
        }
    }

    [TestCase("C2")]
    [TestCase("41E2")]
    [TestCase("E282")]
    [TestCase("F09F98")]
    public void Half_a_character_is_not_complete(string hex)
    {
        var check = new Utf8Check();

        check.TryAdd(Convert.FromHexString(hex)).Should().BeTrue();

        check.IsComplete.Should().BeFalse();
    }

    [Test]
    public void In_any_pieces_it_judges_as_the_framework_does_of_the_whole([Range(1, 20)] int seed)
    {
        var chance = Given.Chance(seed);
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        for (var round = 0; round < 500; round++)
        {
            var bytes = Given.Utf8(string.Concat(Enumerable.Range(0, chance.Next(20)).Select(_ => char.ConvertFromUtf32(chance.Next(3) switch { 0 => chance.Next(0x80), 1 => chance.Next(0x80, 0xD800), _ => chance.Next(0xE000, 0x110000) }))));
            if (bytes.Length > 0 && chance.Next(2) == 0)
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            var check = new Utf8Check();
            var isGood = true;
            for (var at = 0; at < bytes.Length && isGood;)
            {
                var piece = Math.Min(chance.Next(1, 9), bytes.Length - at);
                isGood = check.TryAdd(bytes.AsSpan(at, piece));
                at += piece;
            }

            (isGood && check.IsComplete).Should().Be(IsGood(bytes), Convert.ToHexString(bytes));
        }

        bool IsGood(byte[] bytes)
        {
            try
            {
                strict.GetCharCount(bytes);
                return true;
            }
            catch (DecoderFallbackException)
            {
                return false;
            }
        }
    }
}
