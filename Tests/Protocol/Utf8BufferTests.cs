using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class Utf8BufferTests
{
    [Test]
    public void It_grows_as_it_is_written()
    {
        var output = new Utf8Buffer(1);

        for (var i = 0; i < 1000; i++)
            output.Raw((byte)'x').Raw("yz"u8);

        Given.Text(output.Written).Should().Be(string.Concat(Enumerable.Repeat("xyz", 1000)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    public void A_number_is_written_whole_wherever_the_buffer_ends(long number)
    {
        for (var capacity = 0; capacity < 25; capacity++)
            Given.Text(new Utf8Buffer(capacity).Raw((byte)':').Number(number).Written).Should().Be($":{number}");
    }

    [Test]
    public void Text_is_written_as_a_JSON_string()
    {
        var output = new Utf8Buffer(2).String("a\"\\\b\f\n\r\t\u0001\u001f/é€😀");

        Given.Text(output.Written).Should().Be("\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/é€😀\"");
    }

    [Test]
    public void Cleared_it_begins_anew()
    {
        var output = new Utf8Buffer().Raw("old"u8);

        output.Clear();

        Given.Text(output.Boolean(true).Boolean(false).Written).Should().Be("truefalse");
    }

    [Test]
    public void Room_is_made_in_the_middle_without_losing_what_stands_behind()
    {
        var output = new Utf8Buffer(6).Raw("headtail"u8);

        "--"u8.CopyTo(output.InsertAt(4, 2));

        Given.Text(output.Written).Should().Be("head--tail");
    }
}
