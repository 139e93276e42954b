using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class MaskingTests
{
    [Test]
    public void In_any_two_pieces_of_any_length_every_byte_meets_its_part_of_the_key([Values(0, 1, 2, 3, 4, 7, 31, 32, 33, 63, 64, 65, 130)] int length)
    {
        byte[] key = [0xA1, 0x02, 0xFC, 0x37];
        var bytes = new byte[length];
        Given.Chance(length).NextBytes(bytes);
        var expected = bytes.Select((b, i) => (byte)(b ^ key[i % 4])).ToArray();

        for (var cut = 0; cut <= length; cut++)
        {
            var masked = new byte[length];
            var next = Masking.Copy(bytes.AsSpan(0, cut), masked, BitConverter.ToUInt32(key));
            Masking.Copy(bytes.AsSpan(cut), masked.AsSpan(cut), next);

            masked.Should().Equal(expected, $"cut at {cut}");
        }
    }

    [Test]
    public void Done_twice_in_place_it_is_undone()
    {
        var bytes = Given.Utf8("some text that is longer than a vector of any machine, so that vectors and rest are both met");
        var before = bytes.ToArray();

        Masking.Copy(bytes, bytes, 0x12345678);
        bytes.Should().NotEqual(before);
        Masking.Copy(bytes, bytes, 0x12345678);

        bytes.Should().Equal(before);
    }
}
