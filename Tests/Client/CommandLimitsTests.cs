using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class CommandLimitsTests
{
    private static readonly WireLimits s_server = WireLimits.Default;

    private static readonly AnnouncedLimits s_announced = new(
        s_server.MessageBytes, s_server.Depth, s_server.ObjectKeys, s_server.MessageKeys, WireLimits.InFlight, s_server.BatchOps, 4, 500, 1000, 32, 1024 * 1024);

    private static IEnumerable<TestCaseData> Cases()
    {
        yield return Case("a small command", Said.Vote(), null);
        yield return Case("a batch that just fits", Votes(100), null);
        yield return Case("a batch of one operation too many", Votes(101), "too_large");
        yield return Case("as deep as allowed", Nested(30), null);
        yield return Case("one level too deep", Nested(31), "invalid");
        yield return Case("deep in a batch", new Command.Batch([Nested(29)]), "invalid");
        yield return Case("brackets in strings", Said.Create("a", $$"""{"x":"\"\\{{new string('[', 50)}}"}"""), null);
        yield return Case("a quote behind a backslash in a string", Said.Create("a", $$"""{"x":"\\","y":"\\\"{{new string('{', 50)}}"}"""), null);

        static TestCaseData Case(string name, Command command, string? code) => new TestCaseData(command, code).SetArgDisplayNames(name);
        static Command.Batch Votes(int count) => new([.. Enumerable.Repeat(Said.Vote(), count)]);
        static Command Nested(int levels) => Said.Create("a", $$"""{"x":{{new string('[', levels)}}{{new string(']', levels)}}}""");
    }

    [TestCaseSource(nameof(Cases))]
    public void What_is_refused_here_is_what_the_server_would_not_read(Command command, string? code)
    {
        Judge(command)?.Code.Word().Should().Be(code);
        Judge(command).Should().Match<Refusal?>(refusal => (refusal == null) == (code == null));

        new WireCodec(s_server).TryDecode(Frame(command), out ClientMessage? _, out var fault).Should().Be(code is null);
        fault?.Code.Word().Should().Be(code);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void The_last_byte_counts(int over)
    {
        var rest = Frame(Said.Create("a", """{"x":""}""")).Length;
        var command = Said.Create("a", $$"""{"x":"{{new string('x', s_server.MessageBytes - rest + over)}}"}""");

        (Judge(command)?.Code == ErrorCode.TooLarge).Should().Be(over > 0);
    }

    private static Refusal? Judge(Command command) => CommandLimits.Judge(command, Frame(command), s_announced);

    private static ReadOnlySpan<byte> Frame(Command command)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, new ClientMessage.Submit("p", 1, command));
        return output.Written;
    }
}
