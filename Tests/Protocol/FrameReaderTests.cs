using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>However the bytes are cut, the same frames are read; and every rule of RFC 6455 section 5 that a peer breaks is noticed, as soon as it can be.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FrameReaderTests
{
    private static readonly byte[] s_key = [0x12, 0x34, 0x56, 0x78];

    [Test]
    public void Cut_at_any_byte_the_same_frames_are_read([Range(1, 12)] int seed, [Values] bool masked)
    {
        var any = new AnyFrames(Given.Chance(seed));
        var frames = any.Some(6);
        var bytes = any.OnTheLine(frames, masked);
        var step = Math.Max(1, bytes.Length / 3000); // of a large frame not every byte is of interest

        for (var cut = 0; cut <= bytes.Length; cut += step)
            new FrameLog(new(masked, false)).Take(bytes.AsSpan(0, cut)).Take(bytes.AsSpan(cut)).ShouldHaveRead(frames, $"seed {seed}, cut {cut}");
    }

    [Test]
    public void Byte_by_byte_the_same_frames_are_read([Range(1, 12)] int seed, [Values] bool masked)
    {
        var any = new AnyFrames(Given.Chance(seed));
        var frames = any.Some(20);

        var log = new FrameLog(new(masked, false)).Dribble(any.OnTheLine(frames, masked));

        log.ShouldHaveRead(frames, $"seed {seed}");
    }

    [Test]
    public void In_pieces_of_any_size_and_with_any_room_the_same_frames_are_read([Range(1, 60)] int seed)
    {
        var chance = Given.Chance(seed);
        var any = new AnyFrames(chance);
        var frames = any.Some(30);
        var bytes = any.OnTheLine(frames, masked: true);
        var reader = new FrameReader(true, false);
        var log = new FrameLog(reader, roomBytes: chance.Next(1, 200));

        for (var at = 0; at < bytes.Length;)
        {
            var piece = Math.Min(chance.Next(1, 400), bytes.Length - at);
            log.Take(bytes.AsSpan(at, piece));
            at += piece;
        }

        log.ShouldHaveRead(frames, $"seed {seed}");
        reader.IsBetweenMessages.Should().BeTrue();
    }

    [Test]
    public void Between_messages_is_nowhere_inside_a_frame_or_a_fragmented_message()
    {
        byte[] bytes = [.. AnyFrames.Encode(0x01, "ab"u8.ToArray(), s_key), .. AnyFrames.Encode(0x89, "x"u8.ToArray(), s_key), .. AnyFrames.Encode(0x80, [], s_key)];
        var reader = new FrameReader(true, false);
        var log = new FrameLog(reader);

        for (var i = 0; i < bytes.Length; i++)
        {
            reader.IsBetweenMessages.Should().Be(i == 0, $"after {i} bytes");
            log.Take(bytes.AsSpan(i, 1));
        }

        reader.IsBetweenMessages.Should().BeTrue();
    }

    [Test]
    public void A_skipped_pong_in_the_middle_of_a_character_leaves_the_text_as_it_was()
    {
        var reader = new FrameReader(true, false);
        var text = Given.Utf8("\u20ac");
        new FrameLog(reader).Take(AnyFrames.Encode(0x01, text[..1], s_key));

        ReadOnlySpan<byte> pong = AnyFrames.Encode(0x8A, "xyz"u8.ToArray(), s_key);
        reader.Skip(ref pong).Should().Be(FrameStep.Began);
        reader.Skip(ref pong).Should().Be(FrameStep.Ended);
        var log = new FrameLog(reader).Take(AnyFrames.Encode(0x80, text[1..], s_key));

        log.Fault.Should().BeNull();
        log.Frames.Should().ContainSingle();
    }

    private static IEnumerable<TestCaseData> Broken()
    {
        yield return Row("reserved bit 1 where nothing was agreed on", [0xC1, 0x80], 2);
        yield return Row("reserved bit 2", [0xA1, 0x80], 2);
        yield return Row("reserved bit 3", [0x91, 0x80], 2);
        foreach (var opcode in new byte[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 })
            yield return Row($"opcode {opcode}", [(byte)(0x80 | opcode), 0x80], 2);
        yield return Row("no mask", [0x81, 0x00], 2);
        yield return Row("a control frame of 126 bytes", [0x89, 0xFE], 2);
        yield return Row("a control frame of 127", [0x88, 0xFF], 2);
        foreach (var opcode in new byte[] { 8, 9, 10 })
            yield return Row($"a fragmented control frame {opcode}", [opcode, 0x80], 2);
        yield return Row("a continuation of nothing", [0x80, 0x80, 1, 2, 3, 4], 6);
        yield return Row("a text in a fragmented text", [0x01, 0x80, 1, 2, 3, 4, 0x81, 0x80, 1, 2, 3, 4], 12);
        yield return Row("a binary in a fragmented text", [0x01, 0x80, 1, 2, 3, 4, 0x82, 0x80, 1, 2, 3, 4], 12);
        yield return Row("a continuation after the last", [0x81, 0x80, 1, 2, 3, 4, 0x80, 0x80, 1, 2, 3, 4], 12);
        yield return Row("125 in two bytes", [0x81, 0xFE, 0, 125, 1, 2, 3, 4], 8);
        yield return Row("65,535 in eight bytes", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4], 14);
        yield return Row("a length of 64 bits", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 14);

        static TestCaseData Row(string name, byte[] bytes, int noticedAfter) => new TestCaseData(bytes, noticedAfter).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Broken))]
    public void What_breaks_a_rule_is_noticed_with_the_byte_that_breaks_it(byte[] bytes, int noticedAfter)
    {
        var whole = new FrameLog(new(true, false)).Take([.. bytes, 1, 2, 3]);
        var dribbled = new FrameLog(new(true, false)).Dribble(bytes);

        (whole.Fault, dribbled.Fault).Should().Be((CloseCode.ProtocolError, CloseCode.ProtocolError));
        dribbled.ReadBytes.Should().Be(noticedAfter);
    }

    [Test]
    public void After_a_broken_rule_nothing_is_read_any_more()
    {
        var log = new FrameLog(new(true, false)).Take([0x83, 0x80]);

        log.Take(AnyFrames.Encode(0x81, "fine"u8.ToArray(), s_key));

        log.Frames.Should().BeEmpty();
        log.Fault.Should().Be(CloseCode.ProtocolError);
    }

    [TestCase(0x81, true, true, null)]
    [TestCase(0xC1, true, true, null)]
    [TestCase(0xC2, true, true, null)]
    [TestCase(0xC1, false, true, CloseCode.ProtocolError)]
    [TestCase(0xC9, true, true, CloseCode.ProtocolError, Description = "no control frame is compressed")]
    [TestCase(0x81, false, false, CloseCode.ProtocolError, Description = "a server masks nothing")]
    public void What_is_lawful_depends_on_who_speaks_and_on_what_was_agreed(int first, bool mayCompress, bool byClient, CloseCode? fault) =>
        new FrameLog(new(byClient, mayCompress)).Take(AnyFrames.Encode((byte)first, [], s_key)).Fault.Should().Be(fault);

    [Test]
    public void Only_the_first_frame_of_a_message_says_that_it_is_compressed()
    {
        var reader = new FrameReader(true, true);
        var log = new FrameLog(reader).Take(AnyFrames.Encode(0x41, [0xFF], s_key)).Take(AnyFrames.Encode(0x80, [0xFE], s_key));

        log.Fault.Should().BeNull("what is compressed is not text yet");
        reader.IsMessageCompressed.Should().BeTrue();
        log.Take(AnyFrames.Encode(0x01, [], s_key)).Take(AnyFrames.Encode(0xC0, [], s_key)).Fault.Should().Be(CloseCode.ProtocolError);
    }

    [Test]
    public void A_large_length_costs_nothing_but_is_told()
    {
        var reader = new FrameReader(true, false);
        new FrameLog(reader).Take([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]).Fault.Should().BeNull();

        reader.Head.Length.Should().Be(long.MaxValue);
    }

    [Test]
    public void Bad_text_fails_with_its_first_bad_byte_though_frame_and_message_go_on()
    {
        byte[] begin = AnyFrames.Encode(0x01, Given.Utf8("fine \u20ac"), s_key);
        byte[] frame = AnyFrames.Encode(0x00, [0x61, 0xF4, 0x90, 0x80, 0x80, 0x62], s_key);

        var log = new FrameLog(new(true, false)).Dribble([.. begin, .. frame]);

        log.Fault.Should().Be(CloseCode.NotUtf8);
        log.ReadBytes.Should().Be(begin.Length + 6 + 3, "F4 90 is beyond U+10FFFF, whatever follows");
    }

    [Test]
    public void Half_a_character_at_the_end_of_a_message_fails_and_at_the_end_of_a_fragment_does_not()
    {
        new FrameLog(new(true, false)).Take(AnyFrames.Encode(0x81, [0xE2, 0x82], s_key)).Fault.Should().Be(CloseCode.NotUtf8);
        new FrameLog(new(true, false)).Take(AnyFrames.Encode(0x01, [0xE2, 0x82], s_key)).Take(AnyFrames.Encode(0x80, [0xAC], s_key)).Fault.Should().BeNull();
        new FrameLog(new(true, false)).Take(AnyFrames.Encode(0x01, [0xE2, 0x82], s_key)).Take(AnyFrames.Encode(0x80, [], s_key)).Fault.Should().Be(CloseCode.NotUtf8);
    }

    [Test]
    public void Binary_and_control_frames_may_carry_any_bytes()
    {
        byte[] bytes = [.. AnyFrames.Encode(0x82, [0xFF, 0xC0], s_key), .. AnyFrames.Encode(0x01, [0xE2], s_key), .. AnyFrames.Encode(0x89, [0xFF], s_key), .. AnyFrames.Encode(0x80, [0x82, 0xAC], s_key)];

        new FrameLog(new(true, false)).Take(bytes).Frames.Should().HaveCount(4);
    }

    [Test]
    public void Reading_a_frame_allocates_nothing()
    {
        var reader = new FrameReader(true, false);
        var frame = AnyFrames.Encode(0x81, Given.Utf8(new string('x', 300)), s_key);
        var room = new byte[300];
        ReadMany(100);
        var before = GC.GetAllocatedBytesForCurrentThread();

        ReadMany(10_000);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000);

        void ReadMany(int count)
        {
            for (var i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> input = frame;
                reader.Read(ref input, room, out _);
                reader.Read(ref input, room, out _);
            }
        }
    }
}
