using System.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Protocol;

public sealed class FrameAddressTests
{
    [TestCase("""{"type":"create","project":"p","n":7,"kind":"card","data":{"a":1,"a":2}}""", "bad_json")]
    [TestCase("""{"type":"create","project":"p","n":7,"kind":"card","data":{"constructor":2}}""", "bad_event")]
    [TestCase("""{"type":"create","project":"p","n":7,"kind":"card","data":{"a":""", "bad_json")]
    public void A_sender_gets_its_number_back_even_where_the_rest_cannot_be_read(string frame, string detail)
    {
        new WireCodec(WireLimits.Default).TryDecode(Encoding.UTF8.GetBytes(frame), out ClientMessage? _, out var fault).Should().BeFalse();

        fault!.Detail.Should().Be(detail);
        (fault.Project, fault.N).Should().Be(("p", 7));
    }

    [Test]
    public void A_number_inside_the_data_is_not_the_commands_number()
    {
        var frame = """{"type":"create","project":"p","data":{"n":9,"n":9}}"""u8;

        new WireCodec(WireLimits.Default).TryDecode(frame, out ClientMessage? _, out var fault).Should().BeFalse();

        fault!.N.Should().BeNull();
    }
}
