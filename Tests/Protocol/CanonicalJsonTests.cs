using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class CanonicalJsonTests
{
    [TestCase(""" { "b" : 1 , "a" : [ true , null , false ] } """, """{"a":[true,null,false],"b":1}""")]
    [TestCase("""{"b":{"d":1,"c":2},"a":{}}""", """{"a":{},"b":{"c":2,"d":1}}""")]
    [TestCase("""{"10":1,"9":1,"1":1}""", """{"1":1,"10":1,"9":1}""")]
    [TestCase("""{"":1}""", """{"":1}""")]
    [TestCase("[]", "[]")]
    public void Keys_are_sorted_and_white_space_is_dropped(string written, string canonical) =>
        Given.Value(written).ToString().Should().Be(canonical);

    [Test]
    public void Keys_are_sorted_by_UTF_16_and_not_by_code_point()
    {
        // The example of RFC 8785 section 3.2.3: U+1F600 is written as D83D DE00 and so stands before U+FB33.
        const string written = """{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""";

        Given.Fields(written).Select(field => field.Name).Should().Equal("\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001F600", "\ufb33");
    }

    [TestCase("""
        "\u0041\/\u00e9\u20ac\ud83d\ude00"
        """, "\"A/é€😀\"")]
    [TestCase("""
        "\u0008\u0009\u000a\u000c\u000d\u0022\u005c"
        """, """
        "\b\t\n\f\r\"\\"
        """)]
    [TestCase("""
        "\u0001\u001F\u007f"
        """, "\"\\u0001\\u001f\u007f\"")]
    public void A_string_is_escaped_where_it_must_be_and_nowhere_else(string written, string canonical) =>
        Given.Value(written).ToString().Should().Be(canonical);

    [TestCase("""{"a":1,"a":1}""", TestName = "a duplicate key")]
    [TestCase("""{"b":1,"a":2,"b":1}""", TestName = "a duplicate key with another between")]
    [TestCase("""[{"x":{"a":1,"\u0061":2}}]""", TestName = "a duplicate key, once escaped, deep inside")]
    [TestCase("""{"__proto__":1}""", TestName = "the key __proto__")]
    [TestCase("""[{"constructor":1}]""", TestName = "the key constructor")]
    [TestCase("""{"a":{"proto\u0074ype":1}}""", TestName = "the key prototype, escaped")]
    [TestCase("""["\ud800"]""", TestName = "a lone high surrogate")]
    [TestCase("""["\udc00\ud800"]""", TestName = "surrogates the wrong way round")]
    [TestCase("""{"\ud800":1}""", TestName = "a lone surrogate in a key")]
    [TestCase("""["\u0000"]""", TestName = "U+0000")]
    [TestCase("""{"a\u0000":1}""", TestName = "U+0000 in a key")]
    [TestCase("", TestName = "nothing")]
    [TestCase("{", TestName = "half an object")]
    [TestCase("1 2", TestName = "two values")]
    [TestCase("[1,]", TestName = "a trailing comma")]
    [TestCase("// 1\n1", TestName = "a comment")]
    [TestCase("01", TestName = "a leading zero")]
    [TestCase("NaN", TestName = "no number")]
    public void What_replicas_could_read_differently_is_refused(string written) =>
        CanonicalJson.TryNormalize(Given.Utf8(written)).Should().BeNull();

    [Test]
    public void What_is_not_UTF_8_is_refused() => CanonicalJson.TryNormalize([(byte)'"', 0xC3, 0x28, (byte)'"']).Should().BeNull();

    [Test]
    public void Depth_beyond_what_is_ever_allowed_is_refused_and_not_a_crash() =>
        CanonicalJson.TryNormalize(Given.Utf8(new string('[', 100_000) + new string(']', 100_000))).Should().BeNull();

    [Test]
    public void What_is_canonical_stays_as_it_is([Range(1, 20)] int seed)
    {
        var canonical = Given.Value(AnyJson.Value(Given.Chance(seed), depth: 5));

        Given.Value(canonical.ToString()).Should().Be(canonical);
    }

    [TestCase("5", 5L)]
    [TestCase("-0", 0L)]
    [TestCase("1.0", 1L)]
    [TestCase("1.5", null)]
    [TestCase("\"5\"", null)]
    [TestCase("null", null)]
    [TestCase("9007199254740991", 9007199254740991L)]
    public void A_value_is_a_whole_number_or_it_is_not(string json, long? number) => Given.Value(json).AsInteger().Should().Be(number);
}
