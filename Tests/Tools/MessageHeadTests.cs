using System.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>What is read of a frame without decoding it is what decoding would give.</summary>
[Parallelizable]
public sealed class MessageHeadTests
{
    [TestCase("""{"type":"update","project":"p","seq":1042,"at":"x"}""", "Event 1042")]
    [TestCase("""{"type":"create","project":"p","seq":1,"at":"x"}""", "Event 1")]
    [TestCase("""{"type":"delete","project":"p","seq":7,"at":"x"}""", "Event 7")]
    [TestCase("""{"type":"batch","project":"p","seq":9007199254740991,"at":"x"}""", "Event 9007199254740991")]
    [TestCase("""{"type":"snapshot","project":"p","seq":5,"part":2,"parts":3,"entities":[]}""", "Snapshot 5 2/3")]
    [TestCase("""{"type":"broadcast","project":"p","topic":"load","data":12345,"by":"x"}""", "Broadcast 12345")]
    [TestCase("""{"type":"broadcast","project":"p","topic":"other","data":12345,"by":"x"}""", "Broadcast 0")]
    [TestCase("""{"type":"update","project":"q","seq":1042,"at":"x"}""", "Other 0")]
    [TestCase("""{"type":"update","project":"pp","seq":1042,"at":"x"}""", "Other 0")]
    [TestCase("""{"type":"update","seq":1042,"project":"p"}""", "Other 0")]
    [TestCase("""{"project":"p","type":"update","seq":1042}""", "Other 0")]
    [TestCase("""{"type":"ack","project":"p","n":1,"seq":2}""", "Other 0")]
    [TestCase("""{"type":"snapshot","id":"h","project":"p","seq":5,"part":1,"parts":1,"entities":[]}""", "Other 0")]
    [TestCase("""{"type":"update","project":"p","seq":10""", "Other 0")]
    [TestCase("", "Other 0")]
    public void The_head_says_what_it_is(string frame, string expected)
    {
        var head = MessageHead.Read(Encoding.UTF8.GetBytes(frame), "p"u8);
        $"{head.Kind} {head.Seq}{(head.Parts > 0 ? $" {head.Part}/{head.Parts}" : "")}".Should().Be(expected);
    }

    [Test]
    public void All_that_publishers_say_is_understood_by_a_server()
    {
        var (contents, codec) = (new Contents(2, "p", 100), new WireCodec(WireLimits.Default));
        var said = Enum.GetValues<Act>().Where(act => act != Act.Broadcast).Select((act, i) => contents.Write(act, i + 1))
            .Append(contents.Seed(9)).Append(contents.Broadcast(long.MaxValue >> 11)).ToList();

        said.Should().AllSatisfy(frame => codec.TryDecode(frame.Span, out ClientMessage? _, out var fault).Should().BeTrue(fault?.Message));
    }

    [Test]
    public void Only_what_was_made_and_acknowledged_is_deleted_and_only_once()
    {
        var contents = new Contents(2, "p", 10);
        Text(contents.Write(Act.Delete, 1)).Should().Contain("\"type\":\"create\"");
        contents.Acknowledged(new(5, Act.Create, default, 0));

        Text(contents.Write(Act.Delete, 6)).Should().Contain("\"type\":\"delete\"").And.Contain("c2-5");
        Text(contents.Write(Act.Delete, 7)).Should().Contain("\"type\":\"create\"");

        static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);
    }
}
