using System.Buffers.Binary;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class ClosePayloadTests
{
    [TestCase("", true)]
    [TestCase("03", false)]
    [TestCase("03E8", true)]
    [TestCase("03E8E282AC", true)]
    [TestCase("03E8E282", false)]
    [TestCase("03E8FF", false)]
    public void A_close_carries_nothing_or_a_code_and_a_reason_in_UTF8(string hex, bool lawful) =>
        ClosePayload.TryRead(Convert.FromHexString(hex), out _).Should().Be(lawful);

    [Test]
    public void Only_codes_that_may_be_sent_are_taken()
    {
        var taken = Enumerable.Range(0, 65536).Where(code =>
        {
            var payload = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
            return ClosePayload.TryRead(payload, out var read) && read == code;
        });

        taken.Should().Equal([1000, 1001, 1002, 1003, .. Enumerable.Range(1007, 8), .. Enumerable.Range(3000, 2000)]);
    }
}
