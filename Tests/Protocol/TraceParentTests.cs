using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class TraceParentTests
{
    private const string Usual = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"b":1},"traceparent":"$"}""")]
    [TestCase("""{"type":"update","project":"apollo","n":7,"entity":"a","patch":{"b":1},"ifVersion":3,"traceparent":"$"}""")]
    [TestCase("""{"type":"create","project":"apollo","n":7,"entity":"a","kind":"card","data":{},"traceparent":"$"}""")]
    [TestCase("""{"type":"delete","project":"apollo","n":7,"entity":"a","traceparent":"$"}""")]
    [TestCase("""{"type":"batch","project":"apollo","n":7,"ops":[{"type":"delete","entity":"a"}],"traceparent":"$"}""")]
    public void Every_command_may_carry_it_and_it_is_written_as_it_was_read(string frame)
    {
        frame = frame.Replace("$", Usual, StringComparison.Ordinal);

        var submit = Read(frame);

        submit.TraceParent.Should().Be(Usual);
        var output = new Utf8Buffer();
        WireCodec.Encode(output, submit);
        Given.Text(output.Written).Should().Be(frame);
    }

    [TestCase(Usual, ExpectedResult = Usual)]
    [TestCase("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later", ExpectedResult = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [TestCase("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", ExpectedResult = null)]
    [TestCase("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", ExpectedResult = null)]
    [TestCase("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ExpectedResult = null)]
    [TestCase("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", ExpectedResult = null)]
    [TestCase("00-00000000000000000000000000000000-00f067aa0ba902b7-01", ExpectedResult = null)]
    [TestCase("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", ExpectedResult = null)]
    [TestCase("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", ExpectedResult = null)]
    [TestCase("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", ExpectedResult = null)]
    [TestCase("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    public string? What_is_malformed_makes_it_a_command_without(string text) => Read(Deleting($"\"{text}\"")).TraceParent;

    [TestCase("7")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("""{"a":1}""")]
    [TestCase("\"\\u0030" + "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"")]
    public void What_is_no_plain_string_is_no_reason_to_refuse_a_command(string json) => Read(Deleting(json)).TraceParent.Should().BeNull();

    private static string Deleting(string traceParent) => $$"""{"type":"delete","project":"apollo","n":7,"entity":"a","traceparent":{{traceParent}}}""";

    private static ClientMessage.Submit Read(string frame)
    {
        new WireCodec(WireLimits.Default).TryDecode(Given.Utf8(frame), out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
        return (ClientMessage.Submit)message!;
    }
}
