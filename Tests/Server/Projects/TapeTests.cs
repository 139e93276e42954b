using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class TapeTests
{
    [Test]
    public void An_empty_tape_has_nothing_to_read_and_loses_nobody()
    {
        var tape = new Tape(1000);

        tape.TryRead(0, out var bytes).Should().BeTrue();

        bytes.IsEmpty.Should().BeTrue();
        tape.Head.Should().Be(0);
    }

    [Test]
    public void What_was_published_is_read_back_to_back()
    {
        var tape = new Tape(1000);
        tape.Publish("one"u8);
        tape.Publish("two"u8);

        tape.TryRead(0, out var bytes);

        Given.Text(bytes.Span).Should().Be("onetwo");
    }

    [Test]
    public void At_the_head_there_is_nothing_yet_and_then_the_next_frame()
    {
        var tape = new Tape(1000);
        tape.Publish("one"u8);
        var head = tape.Head;
        tape.TryRead(head, out var before);

        tape.Publish("two"u8);

        tape.TryRead(head, out var after);
        (Given.Text(before.Span), Given.Text(after.Span)).Should().Be(("", "two"));
    }

    [Test]
    public void A_reader_follows_across_chunks_and_gets_whole_frames_only([Values(1, 700, 3000, 4096, 5000, 100_000)] int frameBytes)
    {
        var tape = new Tape(10_000_000);
        var published = Enumerable.Range(1, 50).Select(seq => Frame(seq, frameBytes)).ToArray();
        foreach (var frame in published)
            tape.Publish(frame);

        var read = new List<byte>();
        for (var position = 0L; tape.TryRead(position, out var bytes) && !bytes.IsEmpty; position += bytes.Length)
        {
            (bytes.Length % frameBytes).Should().Be(0);
            read.AddRange(bytes.ToArray());
        }

        read.Should().Equal(published.SelectMany(frame => frame));
    }

    [Test]
    public void As_much_is_kept_as_promised_and_not_much_more()
    {
        const int bytesMax = 100_000;
        var tape = new Tape(bytesMax);
        for (var i = 0; i < 5000; i++)
        {
            tape.Publish(new byte[300]);

            tape.TryRead(Math.Max(0, tape.Head - bytesMax), out _).Should().BeTrue($"after {i + 1} frames");
        }

        tape.TryRead(tape.Head - bytesMax - 2 * 64 * 1024, out _).Should().BeFalse();
    }

    [Test]
    public void A_reader_that_held_bytes_keeps_them_when_the_tape_goes_on()
    {
        var tape = new Tape(1);
        tape.Publish("mine"u8);
        tape.TryRead(0, out var held);

        for (var i = 0; i < 1000; i++)
            tape.Publish(new byte[1000]);

        Given.Text(held.Span).Should().Be("mine");
        tape.TryRead(0, out _).Should().BeFalse();
    }

    [Test]
    public void The_place_after_every_seq_is_found_while_it_is_kept([Values(0, 41)] int startAfter)
    {
        var tape = new Tape(10_000_000);
        tape.StartAfter(startAfter);
        var (ends, chance) = (new List<long> { 0 }, Given.Chance(1));
        for (var i = 0; i < 300; i++)
        {
            tape.Publish(new byte[chance.Next(1, 2000)]);
            ends.Add(tape.Head);
        }

        for (var i = 0; i < ends.Count; i++)
        {
            tape.TryFindAfter(startAfter + i, out var position).Should().BeTrue();
            position.Should().Be(ends[i]);
        }
    }

    [TestCase(-1)]
    [TestCase(3)]
    [TestCase(1000)]
    public void The_place_after_a_seq_that_is_not_there_is_not_found(int seq)
    {
        var tape = new Tape(1000);
        tape.Publish("one"u8);
        tape.Publish("two"u8);

        tape.TryFindAfter(seq, out _).Should().BeFalse();
    }

    [Test]
    public void An_empty_tape_finds_only_where_it_stands()
    {
        var tape = new Tape(1000);
        tape.StartAfter(7);

        (tape.TryFindAfter(6, out _), tape.TryFindAfter(7, out var position), tape.TryFindAfter(8, out _)).Should().Be((false, true, false));
        position.Should().Be(0);
    }

    [Test]
    public void Every_seq_that_is_found_can_be_read_and_the_dropped_ones_are_not_found()
    {
        var tape = new Tape(20_000);
        for (var seq = 1; seq <= 500; seq++)
            tape.Publish(Frame(seq, 250));

        var found = Enumerable.Range(0, 501).Where(seq => tape.TryFindAfter(seq, out _)).ToArray();

        found.Should().Equal(Enumerable.Range(found[0], 501 - found[0]), "a gapless end of the journal");
        found[0].Should().BeInRange(1, 500 - 20_000 / 250);
        foreach (var seq in found[..^1])
        {
            tape.TryFindAfter(seq, out var position);
            tape.TryRead(position, out var bytes).Should().BeTrue();
            bytes.Span[..250].ToArray().Should().Equal(Frame(seq + 1, 250));
        }
    }

    [Test]
    public async Task A_reader_beside_the_writer_sees_whole_bytes_in_order_and_never_what_is_not_there_yet()
    {
        const int frames = 200_000;
        var tape = new Tape(int.MaxValue);
        var reading = Task.Run(() =>
        {
            var (position, expected) = (0L, 0);
            while (expected < frames)
            {
                tape.TryRead(position, out var bytes).Should().BeTrue();
                if (bytes.Length % 5 != 0)
                    return $"half a frame at {position}";
                for (var i = 0; i < bytes.Length; i += 5)
                {
                    if (BitConverter.ToInt32(bytes.Span[i..]) != expected++ || bytes.Span[i + 4] != 0xAA)
                        return $"wrong bytes at {position + i}";
                }
                position += bytes.Length;
            }
            return "all";
        });

        var frame = new byte[5];
        for (var i = 0; i < frames; i++)
        {
            BitConverter.TryWriteBytes(frame, i);
            frame[4] = 0xAA;
            tape.Publish(frame);
        }

        (await reading.WaitAsync(TimeSpan.FromSeconds(60))).Should().Be("all");
    }

    [Test]
    public void What_was_let_go_is_gone_for_who_had_not_read_it_and_for_nobody_else()
    {
        var tape = new Tape(1 << 20);
        tape.Publish(new byte[100]);
        var (begin, end) = (0L, tape.Head);

        tape.Release();
        tape.Release();

        (tape.Bytes, tape.Head).Should().Be((0, end));
        tape.TryRead(begin, out _).Should().BeFalse();
        tape.TryRead(end, out var nothing).Should().BeTrue();
        nothing.Length.Should().Be(0);
        tape.TryFindAfter(1, out var position).Should().BeTrue();
        position.Should().Be(end);
        tape.TryFindAfter(0, out _).Should().BeFalse();

        tape.Publish([1, 2, 3]);

        tape.TryRead(end, out var read).Should().BeTrue();
        read.ToArray().Should().Equal(1, 2, 3);
        tape.TryFindAfter(1, out position).Should().BeTrue();
        position.Should().Be(end);
    }

    private static byte[] Frame(int seq, int bytes)
    {
        var frame = new byte[bytes];
        Array.Fill(frame, (byte)seq);
        return frame;
    }
}
