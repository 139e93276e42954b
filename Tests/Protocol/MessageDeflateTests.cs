using System.Buffers;
using System.IO.Compression;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class MessageDeflateTests
{
    [TestCase("F248CDC9C90700", "Hello", Description = "RFC 7692 section 7.2.3.1")]
    [TestCase("000500FAFF48656C6C6F00", "Hello", Description = "7.2.3.3: a block that is not compressed")]
    [TestCase("F348CDC9C9070000", "Hello", Description = "7.2.3.4: a last block")]
    [TestCase("F24805000000FFFFCAC9C90700", "Hello", Description = "7.2.3.5: two blocks")]
    [TestCase("00", "", Description = "7.2.3.6: nothing")]
    public void The_examples_of_the_RFC_are_inflated(string hex, string text) => Inflated(hex).Should().Be(text);

    [TestCase("FF", Description = "a block of no kind")]
    [TestCase("F248CDC9", Description = "cut short")]
    [TestCase("000500FAFE48656C6C6F00", Description = "a length that its complement denies")]
    [TestCase("000500FAFF4865", Description = "less than is announced")]
    public void What_is_no_deflate_is_bad_data(string hex) => Inflated(hex).Should().Be("NotUtf8");

    [TestCase(99, "MessageTooLarge")]
    [TestCase(100, "fine")]
    public void Inflated_bytes_are_what_counts(int bytesMax, string came)
    {
        var frame = MessageDeflate.Compress(FrameHeader.Frame(0x81, Given.Utf8(new string('x', 100))), 0);

        Inflated(Convert.ToHexString(frame.Span[2..]), bytesMax).Should().Be(came == "fine" ? new string('x', 100) : came);
    }

    [Test]
    public void A_bomb_costs_no_more_than_what_may_come_of_it()
    {
        var (bytes, count) = Bomb(256 * 1024 * 1024);
        Array.Resize(ref bytes, bytes.Length + MessageDeflate.TailBytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var fault = MessageDeflate.Inflate(bytes, count, 1024 * 1024, out var rented, out var length);

        (fault, rented).Should().Be((CloseCode.MessageTooLarge, null));
        length.Should().Be(1024 * 1024 + 1, "it stops with the first byte too many");
        count.Should().BeInRange(200_000, 300_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(6 * 1024 * 1024);
    }

    [Test]
    public void Whatever_is_compressed_comes_back([Range(1, 20)] int seed)
    {
        var chance = Given.Chance(seed);
        var text = string.Concat(Enumerable.Range(0, chance.Next(1, 20_000)).Select(_ => "some words and \u20ac"[chance.Next(16)]));
        var frame = FrameHeader.Frame(0x81, Given.Utf8(text));

        var compressed = MessageDeflate.Compress(frame, 0);

        compressed.Length.Should().BeLessThanOrEqualTo(frame.Length);
        if (compressed.Length < frame.Length)
        {
            compressed.Span[0].Should().Be(0xC1);
            Inflated(Convert.ToHexString(compressed.Span[FrameHeader.BytesOf(compressed.Span)..])).Should().Be(text);
        }
    }

    [Test]
    public void What_is_small_or_grows_stays_as_it_is()
    {
        var random = new byte[2000];
        Given.Chance(1).NextBytes(random);
        ReadOnlyMemory<byte> noise = FrameHeader.Frame(0x82, random), text = FrameHeader.Frame(0x81, Given.Utf8(new string('x', 2000)));

        MessageDeflate.Compress(noise, 1024).Equals(noise).Should().BeTrue();
        MessageDeflate.Compress(text, 3000).Equals(text).Should().BeTrue();
        MessageDeflate.Compress(text, null).Equals(text).Should().BeTrue();
        MessageDeflate.Compress(text, 2004).Length.Should().BeLessThan(50);
    }

    private static string Inflated(string hex, int bytesMax = 1024 * 1024)
    {
        var message = Convert.FromHexString(hex);
        byte[] roomy = [.. message, .. new byte[MessageDeflate.TailBytes]];
        var fault = MessageDeflate.Inflate(roomy, message.Length, bytesMax, out var rented, out var length);
        if (fault is not null)
            return fault.ToString()!;
        var text = Given.Text(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented!);
        return text;
    }

    private static (byte[] Bytes, int Count) Bomb(int bytes)
    {
        using var output = new MemoryStream();
        using (var deflate = new DeflateStream(output, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < bytes / zeros.Length; i++)
                deflate.Write(zeros);
        }
        return (output.ToArray(), (int)output.Length);
    }
}
