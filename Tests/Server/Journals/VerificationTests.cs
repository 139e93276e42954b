using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>A check of the files finds what is wrong, names its place, and finds nothing where nothing is.</summary>
internal sealed class VerificationTests
{
    [Test]
    public async Task A_journal_of_several_segments_is_good_and_folds_to_what_was_written()
    {
        var bench = await SegmentsBench.MakeAsync();
        bench.Segments.Length.Should().BeGreaterThan(3);

        var found = await bench.VerifyAsync(folds: true);

        found.Bad.Should().BeNull();
        found.Notes.Should().BeEmpty();
        (found.Floor, found.Head, found.Kept.Length).Should().Be((0, 30, bench.Segments.Length));
        found.Bytes.Should().Be(bench.Segments.Sum(path => bench.Disk[path].LongLength));
        found.State!.Hash.Should().Be(bench.State.Hash);
        found.State.Sessions.Count.Should().Be(bench.State.Sessions.Count);
    }

    [Test]
    public async Task A_flipped_byte_is_found_in_its_file_and_line_wherever_it_is()
    {
        var bench = await SegmentsBench.MakeAsync();
        var chance = Given.Chance(3);
        var isLong = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";
        foreach (var path in bench.Segments[..^1])
        {
            for (var at = 0; at < bench.Disk[path].Length; at += isLong ? 1 : chance.Next(1, 8))
            {
                var bytes = bench.Disk[path].ToArray();
                bytes[at] ^= (byte)(1 << chance.Next(8));

                var found = await bench.With((path, bytes)).VerifyAsync();

                var line = bench.Disk[path].AsSpan(0, at).Count((byte)'\n') + 1;
                found.IsDamaged.Should().BeTrue($"byte {at} of {path} is another");
                (found.Bad!.File, found.Bad.Line).Should().Be((Path.GetFileName(path), line));
                found.Bad.Offset.Should().Be(bench.Disk[path].AsSpan(0, at).LastIndexOf((byte)'\n') + 1);
                found.Head.Should().Be(found.Bad.Line == 1 ? found.Bad.Seq : found.Bad.Seq - 1);
            }
        }
    }

    [Test]
    public async Task What_happened_to_lines_is_found()
    {
        var bench = await SegmentsBench.MakeAsync();
        var path = bench.Segments[1];
        var after = Segment.AfterOf(Path.GetFileName(path))!.Value;
        var foreign = bench.Lines(bench.Segments[0])[1];

        foreach (var (what, changed, line) in new[]
        {
            ("swapped", bench.WithLines(path, lines => [lines[0], lines[1], lines[3], lines[2], .. lines[4..]]), 3),
            ("duplicated", bench.WithLines(path, lines => [lines[0], lines[1], lines[1], .. lines[2..]]), 3),
            ("missing", bench.WithLines(path, lines => [lines[0], .. lines[2..]]), 2),
            ("foreign", bench.WithLines(path, lines => [lines[0], lines[1], foreign, .. lines[2..]]), 3),
            ("not JSON", bench.WithLines(path, lines => [lines[0], lines[1], "hello\n"u8.ToArray(), .. lines[2..]]), 3),
            ("an empty line", bench.WithLines(path, lines => [lines[0], lines[1], "\n"u8.ToArray(), .. lines[2..]]), 3),
            ("no header", bench.WithLines(path, lines => lines[1..]), 1),
        })
        {
            var found = await changed.VerifyAsync();
            found.IsDamaged.Should().BeTrue(what);
            (found.Bad!.Line, found.Bad.Seq).Should().Be((line, after + Math.Max(0, line - 1)), what);
        }
    }

    [Test]
    public async Task What_happened_to_segments_is_found()
    {
        var bench = await SegmentsBench.MakeAsync();
        var (second, third) = (bench.Segments[1], bench.Segments[2]);
        var other = await SegmentsBench.MakeAsync(events: 40, segmentBytes: 4096);

        foreach (var (what, changed, file) in new[]
        {
            ("missing", bench.With((second, null)), third),
            ("cut at a line", bench.WithLines(second, lines => lines[..^1]), third),
            ("empty", bench.With((second, [])), second),
            ("of another journal", bench.With((second, other.Disk[other.Segments[1]])), second),
            ("extra", bench.With((SegmentsBench.Folder + "/00000000000000000002.jsonl", bench.Disk[second])), SegmentsBench.Folder + "/00000000000000000002.jsonl"),
        })
        {
            var found = await changed.VerifyAsync();
            found.IsDamaged.Should().BeTrue(what);
            found.Bad!.File.Should().Be(Path.GetFileName(file), what);
        }
    }

    /// <summary>All checksums are right, and yet it is not one journal: only what passes from a segment to the next tells.</summary>
    [TestCase("00000000", "does not continue")]
    [TestCase(null, "another journal")]
    public async Task A_segment_that_is_good_by_itself_but_continues_another_one_is_found(string? chain, string told)
    {
        var bench = await SegmentsBench.MakeAsync();
        var path = bench.Segments[^1];
        var lines = bench.Lines(path);
        JournalLine.TryReadHeader(lines[0].AsSpan()[..^1], out var header, out _).Should().BeTrue();
        var output = new Utf8Buffer();
        var previous = JournalLine.Write(output, chain is null ? header with { Epoch = "another" } : header with { Chain = 0 });
        foreach (var line in lines[1..])
        {
            JournalLine.TryRead(line.AsSpan()[..^1], 0, out _, out var synced, out var members);
            previous = JournalLine.Write(output, [.. line[..members], (byte)'}'], synced, previous);
        }

        var found = await bench.With((path, output.Written.ToArray())).VerifyAsync();

        found.IsDamaged.Should().BeTrue();
        (found.Bad!.File, found.Bad.Line).Should().Be((Path.GetFileName(path), 1L));
        found.Bad.What.Should().Contain(told);
    }

    [TestCase("""{"type":"create","project":"apollo","seq":9,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":1,"entity":"x","kind":"k","version":9,"data":{}}""", "the event of seq 9")]
    [TestCase("""{"type":"create","project":"other","seq":2,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":1,"entity":"x","kind":"k","version":2,"data":{}}""", "project 'other'")]
    [TestCase("""{"type":"create","project":"apollo","seq":2}""", "no event")]
    [TestCase("""{"type":"ping","t":2}""", "no event")]
    [TestCase("""{"type":"create","project":"apollo","seq":2,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":1,"entity":"x","kind":"k","version":2,"data":[]}""", "data is missing or wrong")]
    [TestCase("""{"type":"update","project":"apollo","seq":2,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":1,"entity":"x","version":2}""", "change is missing or wrong")]
    [TestCase("""{"type":"delete","project":"apollo","seq":2,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":0,"entity":"x"}""", "n is missing or wrong")]
    [TestCase("""{"type":"delete","project":"apollo","seq":2,"at":"2026-11-21T08:00:00.123Z","by":"a","session":"s","n":1,"entity":x}""", "not JSON")]
    public async Task A_line_with_a_right_checksum_that_is_not_the_event_of_its_place_is_found(string json, string told)
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        var first = Given.Text(Given.Line(Given.Event(1, new EventOnly.Protocol.State.Change.Deleted("a"))).Json.Span);
        await bench.AppendAsync(0, first, json, first.Replace("\"seq\":1", "\"seq\":3", StringComparison.Ordinal));

        var found = await new Verification(bench.Disk, SegmentsBench.Folder, JournalBench.Project).RunAsync();

        found.IsDamaged.Should().BeTrue();
        (found.Bad!.Line, found.Bad.Seq, found.Head).Should().Be((3, 2, 1));
        found.Bad.What.Should().Contain(told);
    }

    [Test]
    public async Task A_folder_under_a_wrong_name_is_found()
    {
        var bench = await SegmentsBench.MakeAsync();

        var found = await bench.VerifyAsync(project: "other");

        found.IsDamaged.Should().BeTrue();
        found.Bad!.What.Should().Contain("'apollo'");
    }

    [Test]
    public async Task A_tail_torn_at_any_byte_is_no_damage()
    {
        var bench = await SegmentsBench.MakeAsync();
        var path = bench.Segments[^1];
        for (var length = 0; length < bench.Disk[path].Length; length++)
        {
            var bytes = bench.Disk[path][..length];

            var found = await bench.With((path, bytes)).VerifyAsync();

            found.IsDamaged.Should().BeFalse($"it is cut at {length}");
            (found.Bad is not null).Should().Be(length == 0 || bytes[^1] != '\n', $"it is cut at {length}");
            found.Head.Should().Be(Segment.AfterOf(Path.GetFileName(path)) + Math.Max(0, bytes.Count(b => b == '\n') - 1));
        }
    }

    [Test]
    public async Task What_a_check_says_an_opening_says_too()
    {
        var bench = await SegmentsBench.MakeAsync(events: 12);
        var chance = Given.Chance(5);
        var (torn, damaged) = (0, 0);
        for (var i = 0; i < 300; i++)
        {
            var path = bench.Segments[chance.Next(bench.Segments.Length)];
            var bytes = bench.Disk[path].ToArray();
            bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
            var changed = bench.With((path, chance.Next(3) == 0 ? bytes[..chance.Next(bytes.Length)] : bytes));

            var found = await changed.VerifyAsync();
            using var journal = new JournalBench(changed.Disk);
            var opening = async () => (await journal.Journal.OpenAsync(JournalBench.Project, default)).Seq;

            if (found.IsDamaged)
                await opening.Should().ThrowAsync<JournalUnavailableException>(found.Bad!.ToString());
            else
                (await opening()).Should().Be(found.Head);
            (torn, damaged) = (torn + (found.Bad is { IsTorn: true } ? 1 : 0), damaged + (found.IsDamaged ? 1 : 0));
        }
        torn.Should().BePositive();
        damaged.Should().BePositive();
    }

    [Test]
    public async Task What_else_lies_in_the_folder_is_noted()
    {
        var bench = (await SegmentsBench.MakeAsync()).With((SegmentsBench.Folder + "/00000000000000000001.jsonl.torn-1", [1]), (SegmentsBench.Folder + "/notes.txt", [1]));

        var found = await bench.VerifyAsync();

        found.Bad.Should().BeNull();
        found.Notes.Should().HaveCount(2).And.Contain(note => note.StartsWith("00000000000000000001.jsonl.torn-1: ")).And.Contain(note => note.StartsWith("notes.txt: "));
    }

    [Test]
    public async Task Lines_longer_than_a_block_and_blocks_of_many_lines_are_cut_alike([Values(1, 7, 100, 5000)] int blockBytes)
    {
        var bench = await SegmentsBench.MakeAsync(segmentBytes: 100_000);
        using var file = bench.Disk.OpenToRead(bench.Segments[0]);
        var blocks = new LineBlocks(file, file.Length - 3, blockBytes);
        var whole = new List<byte>();
        while (blocks.TryNext(out var block))
        {
            block.Offset.Should().Be(whole.Count);
            whole.AddRange(block.Bytes.ToArray());
            (block.Bytes.Span[^1] == '\n' || whole.Count == file.Length - 3).Should().BeTrue();
        }
        whole.Should().Equal(bench.Disk[bench.Segments[0]][..^3]);
    }
}
