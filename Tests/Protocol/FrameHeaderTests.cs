using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class FrameHeaderTests
{
    // RFC 6455 section 5.2.
    [TestCase(0, new byte[] { 0x81, 0 })]
    [TestCase(1, new byte[] { 0x81, 1 })]
    [TestCase(125, new byte[] { 0x81, 125 })]
    [TestCase(126, new byte[] { 0x81, 126, 0, 126 })]
    [TestCase(65535, new byte[] { 0x81, 126, 0xFF, 0xFF })]
    [TestCase(65536, new byte[] { 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0 })]
    public void The_head_tells_the_length_in_the_fewest_bytes(int length, byte[] head)
    {
        var output = new Utf8Buffer(16);
        var message = Enumerable.Range(0, length).Select(i => (byte)('a' + i % 26)).ToArray();
        output.Raw("before"u8).Raw(message);

        FrameHeader.Frame(output, "before".Length);

        output.Written.ToArray().Should().Equal([.. "before"u8, .. head, .. message]);
    }

    [Test]
    public void A_close_frame_carries_code_and_word([Values] CloseCode code)
    {
        var frame = FrameHeader.Close(code);

        frame[0].Should().Be(0x88);
        frame[1].Should().Be((byte)(frame.Length - 2)).And.BeLessThanOrEqualTo(125);
        (frame[2] << 8 | frame[3]).Should().Be((int)code);
        Given.Text(frame.AsSpan(4)).Should().Be(code.Describe().Word);
    }
}
