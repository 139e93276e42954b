using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>Folders that a crash, a disk or somebody has changed: what is whole is served, what is damaged is named, nothing wrong is ever served.</summary>
internal sealed class FileJournalDamageTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    private static async Task<byte[]> AJournalAsync(int events, int bytes = 10)
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.FillAsync(events, bytes);
        return bench.Disk[JournalBench.FirstSegment];
    }

    private static JournalBench Over(byte[] segment)
    {
        var disk = new SimulatedDisk(Given.Chance(1));
        disk[JournalBench.FirstSegment] = segment;
        return new(disk);
    }

    /// <summary>How many lines are whole in the first bytes of a segment; the header is one.</summary>
    private static int LinesIn(ReadOnlySpan<byte> bytes) => bytes.Count((byte)'\n');

    [Test]
    public async Task A_tail_torn_at_any_byte_is_cut_and_kept_aside()
    {
        var whole = await AJournalAsync(s_long ? 200 : 40);
        var all = Enumerable.Range(1, 200).Select(seq => JournalBench.Text(seq)).ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            using var bench = Over(whole[..length]);
            var events = Math.Max(0, LinesIn(whole.AsSpan(0, length)) - 1);

            (await bench.ReadAsync()).Should().Equal(all.Take(events), $"cut at {length}");
            (await bench.AppendAsync(events, "{}")).Outcome.Should().Be(AppendOutcome.Committed);

            var kept = whole.AsSpan(0, length).LastIndexOf((byte)'\n') + 1;
            var aside = JournalBench.FirstSegment + ".torn-1";
            bench.Disk.Paths.Contains(aside).Should().Be(kept < length);
            if (kept < length)
                bench.Disk[aside].Should().Equal(whole[kept..length]);
        }
    }

    [Test]
    public async Task A_flipped_bit_is_never_served_wherever_it_is()
    {
        var whole = await AJournalAsync(s_long ? 40 : 8);
        var chance = Given.Chance(4);
        for (var at = 0; at < whole.Length; at++)
        {
            var flipped = whole.ToArray();
            flipped[at] ^= (byte)(1 << chance.Next(8));
            await RefusesOrCutsLastAsync(whole, 10, flipped, firstBad: at, $"bit flipped at {at}");
        }
    }

    [Test]
    public async Task A_zeroed_block_is_never_served([Values(512, 4096)] int block)
    {
        var whole = await AJournalAsync(60, bytes: 200);
        for (var start = 0; start < whole.Length; start += 512)
        {
            var zeroed = whole.ToArray();
            zeroed.AsSpan(start, Math.Min(block, whole.Length - start)).Clear();
            await RefusesOrCutsLastAsync(whole, 200, zeroed, firstBad: start, $"{block} bytes zeroed at {start}");
        }
    }

    /// <summary>Served may be what stands before the fault, and only where no line behind it is whole.</summary>
    private static async Task RefusesOrCutsLastAsync(byte[] whole, int bytes, byte[] damaged, int firstBad, string because)
    {
        using var bench = Over(damaged);
        var before = LinesIn(whole.AsSpan(0, firstBad)) - 1;
        var lastBad = damaged.Length - 1;
        while (damaged[lastBad] == whole[lastBad])
            lastBad--;
        var wholeAfter = LinesIn(whole.AsSpan(lastBad + 1)) - (whole[lastBad] == '\n' ? 0 : 1);
        try
        {
            var read = await bench.ReadAsync();
            read.SequenceEqual(Enumerable.Range(1, Math.Max(before, 0)).Select(seq => JournalBench.Text(seq, bytes))).Should().BeTrue(because);
            wholeAfter.Should().BeLessThanOrEqualTo(0, because + ": a whole line stands behind it");
        }
        catch (JournalUnavailableException)
        {
            bench.Log.Entries.Should().Contain(entry => entry.Id == 302);
            bench.Disk[JournalBench.FirstSegment].Should().Equal(damaged, "nothing is repaired without being asked");
            (await bench.AppendAsync(before, "{}")).Outcome.Should().Be(AppendOutcome.Unavailable);
        }
    }

    private static byte[] Lines(params string[] lines) => Given.Utf8(string.Concat(lines.Select(line => line + "\n")));

    private static async Task<string[]> LinesOfAsync(int events) => Given.Text(await AJournalAsync(events)).TrimEnd('\n').Split('\n');

    [Test]
    public async Task Two_swapped_lines_are_found_wherever_they_are()
    {
        var lines = await LinesOfAsync(6);
        for (var i = 0; i < lines.Length - 1; i++)
        {
            var swapped = lines.ToArray();
            (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
            await IsDamagedAsync(Lines(swapped), line: i + 1);
        }
    }

    [Test]
    public async Task A_line_that_stands_twice_or_not_at_all_is_found()
    {
        var lines = await LinesOfAsync(6);
        for (var i = 0; i < lines.Length - 1; i++)
        {
            await IsDamagedAsync(Lines([.. lines[..(i + 1)], lines[i], .. lines[(i + 1)..]]), line: i + 2);
            if (i < lines.Length - 2)
                await IsDamagedAsync(Lines([.. lines[..i], .. lines[(i + 1)..]]), line: i + 1);
        }
    }

    [Test]
    public async Task A_line_of_another_journal_is_found()
    {
        var lines = await LinesOfAsync(6);
        using var other = new JournalBench(new(Given.Chance(1)));
        _ = other.Journal; // its epoch differs
        for (var seq = 1; seq <= 6; seq++)
            await other.Journal.AppendAsync("other", seq - 1, [Given.Line(seq, JournalBench.Text(seq))], default);
        var foreign = Given.Text(other.Disk["/data/other/00000000000000000001.jsonl"]).Split('\n');

        for (var i = 0; i < lines.Length - 1; i++)
            await IsDamagedAsync(Lines([.. lines[..i], foreign[i], .. lines[(i + 1)..]]), line: i + 1);
        await IsDamagedAsync(other.Disk["/data/other/00000000000000000001.jsonl"], line: 1);
    }

    private static async Task IsDamagedAsync(byte[] segment, int line)
    {
        using var bench = Over(segment);
        await bench.Invoking(b => b.ReadAsync()).Should().ThrowAsync<JournalUnavailableException>();
        bench.Log.Entries.Single(entry => entry.Id == 302).Message.Should()
            .Contain($"{JournalBench.FirstSegment}, line {line},").And.Contain("./run.sh repair '/data' apollo");
    }

    [Test]
    public async Task A_missing_segment_and_a_torn_one_that_is_not_the_last_are_damage()
    {
        using var full = new JournalBench(new(Given.Chance(1)), new() { SegmentBytesMax = 1024 });
        await full.FillAsync(40);
        var segments = full.Disk.Paths.ToArray();
        segments.Length.Should().BeGreaterThan(3);
        foreach (var tear in new[] { false, true })
        {
            var disk = new SimulatedDisk(Given.Chance(1));
            foreach (var path in segments)
            {
                if (path != segments[1])
                    disk[path] = full.Disk[path];
                else if (tear)
                    disk[path] = full.Disk[path][..^5];
            }
            using var bench = new JournalBench(disk);
            await bench.Invoking(b => b.ReadAsync()).Should().ThrowAsync<JournalUnavailableException>();
        }
    }

    [Test]
    public async Task Damage_that_comes_while_the_journal_is_open_is_not_served_either()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.FillAsync(5);
        bench.Disk[JournalBench.FirstSegment][300] ^= 1;

        await bench.Invoking(b => b.ReadAsync()).Should().ThrowAsync<JournalUnavailableException>();
        (await bench.AppendAsync(5, "{}")).Outcome.Should().Be(AppendOutcome.Unavailable);
    }

    [Test]
    public async Task A_damaged_project_does_not_keep_others_from_opening()
    {
        var segment = await AJournalAsync(5);
        segment[100] ^= 1;
        using var bench = Over(segment);
        await bench.Invoking(b => b.ReadAsync()).Should().ThrowAsync<JournalUnavailableException>();
        (await bench.Journal.AppendAsync("other", 0, [Given.Line(1)], default)).Outcome.Should().Be(AppendOutcome.Committed);
    }
}
