using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class DeltaJsonTests
{
    private static (Delta? Delta, string? Detail) Read(string json, int componentsMax = 10_000, bool mayBeEmpty = false)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        try
        {
            var delta = Delta.Read(ref reader, componentsMax, mayBeEmpty);
            reader.TokenType.Should().Be(JsonTokenType.EndArray, "the reader stands on the last token");
            reader.Read().Should().BeFalse();
            return (delta, null);
        }
        catch (BadFrameException fault)
        {
            fault.Code.Should().Be(ErrorCode.Invalid);
            return (null, fault.Detail);
        }
    }

    [TestCase("""[{"retain":1,"retain":1},{"insert":"x"}]""")]
    [TestCase("""[{"retain":1.0},{"insert":"x"}]""")]
    [TestCase("""[{"retain":1e0},{"insert":"x"}]""")]
    [TestCase("""[{"retain":99999999999999999999},{"insert":"x"}]""")]
    public void What_scripts_would_take_for_a_good_delta_is_refused_where_it_is_not_written_as_one(string json) =>
        Read(json).Detail.Should().Be("bad_delta");

    [Test]
    public void A_delta_may_have_so_many_parts_and_no_more()
    {
        Read("""[{"retain":1},{"insert":"x"}]""", componentsMax: 2).Detail.Should().BeNull();
        Read("""[{"retain":1},{"insert":"x"},{"delete":1}]""", componentsMax: 2).Detail.Should().Be("bad_delta");
    }

    [Test]
    public void Only_an_event_may_change_nothing()
    {
        Read("[]").Detail.Should().Be("not_normal");
        Read("[]", mayBeEmpty: true).Delta.Should().BeSameAs(Delta.Empty);
    }

    [Test]
    public void What_is_escaped_is_read_as_what_it_means_and_written_in_its_one_form() =>
        Read("""[ {"\u0069nsert" : "\ud83d\ude00\u0041\"\/\u000a\u00e9" } , {"delete":2} ]""").Delta!.ToString()
            .Should().Be("""[{"insert":"😀A\"/\né"},{"delete":2}]""");

    [Test]
    public void A_delta_after_one_that_was_refused_has_nothing_of_it()
    {
        Read("""[{"retain":3},{"insert":"x"},{"oops":1}]""").Detail.Should().Be("bad_delta");
        Read("""[{"insert":"y"}]""").Delta!.ToString().Should().Be("""[{"insert":"y"}]""");
    }

    [TestCase("""[{"insert":"x"}]]""")]
    [TestCase("""[{"retain":1}]""")]
    [TestCase("nonsense")]
    public void Text_that_is_no_delta_is_not_parsed(string json) =>
        FluentActions.Invoking(() => Delta.Parse(json)).Should().Throw<JsonException>();
}
