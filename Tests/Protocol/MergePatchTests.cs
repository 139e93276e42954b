using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class MergePatchTests
{
    // RFC 7396 appendix A, line by line. The merge is over an object's fields, so each case stands in a field of its own.
    [TestCase("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [TestCase("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [TestCase("""{"a":"b"}""", """{"a":null}""", "{}")]
    [TestCase("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [TestCase("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [TestCase("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [TestCase("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [TestCase("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [TestCase("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [TestCase("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [TestCase("""{"a":"foo"}""", "null", null)]
    [TestCase("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [TestCase("""{"e":null}""", """{"a":1}""", """{"a":1,"e":null}""")]
    [TestCase("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [TestCase("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_patch_merges_as_in_the_standard(string target, string patch, string? result)
    {
        var merged = Given.Fields($$"""{"x":{{target}}}""").Merge(Given.Fields($$"""{"x":{{patch}}}"""));

        merged.ToString().Should().Be(result is null ? "{}" : $$"""{"x":{{result}}}""");
    }

    [Test]
    public void At_the_top_level_null_removes_a_field_and_an_absent_one_stays_absent() =>
        Given.Fields("""{"a":1,"b":2}""").Merge(Given.Fields("""{"a":null,"z":null}""")).ToString().Should().Be("""{"b":2}""");

    [Test]
    public void A_merge_leaves_both_sides_as_they_were()
    {
        var (data, patch) = (Given.Fields("""{"a":{"b":1}}"""), Given.Fields("""{"a":{"b":null,"c":2}}"""));

        data.Merge(patch);

        (data.ToString(), patch.ToString()).Should().Be(("""{"a":{"b":1}}""", """{"a":{"b":null,"c":2}}"""));
    }

    [Test]
    public void The_same_patch_twice_is_the_same_as_once([Range(1, 50)] int seed)
    {
        var chance = Given.Chance(seed);
        var (data, patch) = (Given.Fields(AnyJson.Object(chance, 3)), Given.Fields(AnyJson.Object(chance, 3)));

        var once = data.Merge(patch);

        once.Merge(patch).ToString().Should().Be(once.ToString());
    }

    [Test]
    public void The_size_in_bytes_is_that_of_the_canonical_text([Range(1, 50)] int seed)
    {
        var chance = Given.Chance(seed);
        var merged = Given.Fields(AnyJson.Fields(chance, 3)).Merge(Given.Fields(AnyJson.Fields(chance, 3)));

        merged.Bytes.Should().Be(Given.Utf8(merged.ToString()).Length);
    }

    [TestCase("a")]
    [TestCase("b")]
    [TestCase("m")]
    [TestCase("z")]
    public void A_field_is_set_where_it_belongs(string name)
    {
        var fields = Given.Fields("""{"b":1,"m":2}""").With(name, Given.Value("9"));

        fields[name].Should().Be(Given.Value("9"));
        fields.Select(field => field.Name).Should().BeInAscendingOrder(StringComparer.Ordinal);
    }
}
