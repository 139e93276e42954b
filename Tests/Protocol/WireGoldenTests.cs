using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

public sealed class WireGoldenTests
{
    private static IEnumerable<string> ClientFrames => GoldenFrames.Client;

    private static IEnumerable<string> ServerFrames => GoldenFrames.Server;

    [TestCaseSource(nameof(ClientFrames))]
    public void What_a_client_says_in_the_documentation_is_read_and_written_byte_by_byte(string frame)
    {
        var understood = new WireCodec(WireLimits.Default).TryDecode(Encoding.UTF8.GetBytes(frame), out ClientMessage? message, out var fault);

        understood.Should().BeTrue(fault?.Message);
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message!);
        Encoding.UTF8.GetString(output.Written).Should().Be(frame);
    }

    [TestCaseSource(nameof(ServerFrames))]
    public void What_the_server_says_in_the_documentation_is_read_and_written_byte_by_byte(string frame)
    {
        var understood = new WireCodec(WireLimits.Trusted).TryDecode(Encoding.UTF8.GetBytes(frame), out ServerMessage? message, out var fault);

        understood.Should().BeTrue(fault?.Message);
        var output = new Utf8Buffer();
        WireCodec.Encode(output, message!);
        Encoding.UTF8.GetString(output.Written).Should().Be(frame);
    }

    [Test]
    public void Every_message_type_of_both_directions_has_an_example()
    {
        TypesIn(GoldenFrames.Client).Should().BeEquivalentTo(
            "connect", "join", "leave", "create", "update", "delete", "batch", "broadcast", "presence", "query", "validate", "history", "cancel", "ping", "pong",
            "diverged");
        TypesIn(GoldenFrames.Server).Should().BeEquivalentTo(
            "connected", "joined", "snapshot", "create", "update", "delete", "batch", "reject", "ack", "broadcast", "presence", "result", "verdict", "error",
            "ping", "pong", "disconnect", "state");

        static IEnumerable<string> TypesIn(IEnumerable<string> frames) =>
            frames.Select(frame => System.Text.Json.JsonDocument.Parse(frame).RootElement.GetProperty("type").GetString()!).Distinct();
    }
}
