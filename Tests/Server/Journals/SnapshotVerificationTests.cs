using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>A check of a folder knows its snapshots: which fit, and whether what is there is enough to open the project.</summary>
internal sealed class SnapshotVerificationTests
{
    [Test]
    public async Task A_journal_with_snapshots_is_good_and_folds_to_what_was_written_also_from_the_oldest_of_them([Values] bool isDropped)
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped);

        var found = await bench.VerifyAsync(folds: true);

        (found.Bad, found.OpensFrom, found.IsContradicted).Should().Be((null, null, false));
        found.Notes.Should().BeEmpty();
        found.Snapshots.Select(snapshot => (snapshot.Header!.Seq, snapshot.Fault)).Should().Equal((20, null), (40, null), (60, null));
        (found.Floor, found.Head).Should().Be((isDropped ? 20 : 0, SegmentsBench.KeptHead));
        found.Bytes.Should().Be(bench.Segments.Concat(bench.Snapshots).Sum(path => bench.Disk[path].LongLength));
        found.State.ShouldBeWhole(SegmentsBench.KeptHead);
    }

    [Test]
    public async Task A_flipped_bit_anywhere_in_a_snapshot_is_told_of_it_and_harms_nothing_else()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);
        var chance = Given.Chance(4);
        for (var at = 0; at < bench.Disk[SegmentsBench.SnapshotOf(40)].Length; at++)
        {
            byte[] bytes = [.. bench.Disk[SegmentsBench.SnapshotOf(40)]];
            bytes[at] ^= (byte)(1 << chance.Next(8));

            var found = await bench.With((SegmentsBench.SnapshotOf(40), bytes)).VerifyAsync();

            found.Bad.Should().BeNull();
            found.Snapshots.Where(snapshot => snapshot.Fault is not null).Should().ContainSingle($"bit flipped at {at}").Which.File.Should().Be(SnapshotFile.NameOf(40));
        }
    }

    [Test]
    public async Task One_that_cannot_be_read_is_told_of_and_keeps_nothing_else_from_being_checked()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);
        bench.Disk.Unreadable.Add(SegmentsBench.SnapshotOf(40));

        var found = await bench.VerifyAsync();

        found.Bad.Should().BeNull();
        found.Head.Should().Be(SegmentsBench.KeptHead);
        found.Snapshots.Where(snapshot => snapshot.Fault is not null).Should().ContainSingle().Which.File.Should().Be(SnapshotFile.NameOf(40));
    }

    [TestCase("its epoch", "belongs to epoch")]
    [TestCase("its place", "of other events")]
    [TestCase("beyond the end", "beyond the journal's end")]
    [TestCase("its seq", "place is that of seq 40")]
    [TestCase("its hash", "its counts or its hash")]
    [TestCase("its name", "its name")]
    public async Task What_has_good_checksums_and_does_not_fit_is_told(string what, string told)
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);
        using var old = bench.Disk.OpenToRead(SegmentsBench.SnapshotOf(40));
        var header = SnapshotFile.ReadHeader(old)!;
        var (seq, state) = (what == "its seq" ? 41 : 40, StateBench.StateAt(what == "its seq" ? 41 : 40));
        header = what switch
        {
            "its epoch" => header with { Epoch = "another" },
            "its place" => header with { Place = header.Place with { Offset = header.Place.Offset - 1 } },
            "beyond the end" => header with { Place = header.Place with { Offset = 1_000_000 } },
            "its seq" => header with { Place = header.Place with { Seq = 41 }, AtMs = state.AtMs, Hash = state.Hash, Entities = state.Entities.Count },
            "its hash" => header with { Hash = StateHash.Empty },
            _ => header,
        };
        var path = SegmentsBench.SnapshotOf(what == "its name" ? 50 : seq);
        var changed = bench.With((path, []));
        using (var file = changed.Disk.Open(path))
            SnapshotFile.Write(file, header, state);

        var found = await changed.VerifyAsync();

        found.Bad.Should().BeNull();
        found.Snapshots.Should().ContainSingle(snapshot => snapshot.Fault != null).Which.Fault.Should().Contain(told);
    }

    [Test]
    public async Task A_snapshot_of_another_state_than_its_events_come_to_is_told_when_they_are_folded([Values] bool isDropped)
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped);
        using var old = bench.Disk.OpenToRead(SegmentsBench.SnapshotOf(60));
        var state = StateBench.StateAt(59);
        var header = SnapshotFile.ReadHeader(old)! with { Hash = state.Hash, Entities = state.Entities.Count };
        var changed = bench.With((SegmentsBench.SnapshotOf(60), []));
        using (var file = changed.Disk.Open(SegmentsBench.SnapshotOf(60)))
            SnapshotFile.Write(file, header, state);

        (await changed.VerifyAsync()).IsContradicted.Should().BeFalse("nobody asked what the events come to");
        var found = await changed.VerifyAsync(folds: true);

        found.IsContradicted.Should().BeTrue();
        found.Snapshots.Where(snapshot => snapshot.Contradiction is not null).Should().ContainSingle().Which.Header!.Seq.Should().Be(60);
        found.State.ShouldBeWhole(SegmentsBench.KeptHead);
    }

    [Test]
    public async Task Where_the_first_events_are_gone_a_whole_snapshot_is_needed()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: true);

        (await bench.WithBadSnapshot(20).WithBadSnapshot(40).VerifyAsync()).Bad.Should().BeNull();
        foreach (var changed in new[] { bench.WithBadSnapshot(20).WithBadSnapshot(40).WithBadSnapshot(60), bench.With([.. bench.Snapshots.Select(path => (path, (byte[]?)null))]) })
        {
            var found = await changed.VerifyAsync();
            found.IsDamaged.Should().BeTrue();
            (found.Bad!.Seq, found.Bad.What).Should().Be((20, "the events before it are gone, and no snapshot holds what they came to"));
            found.OpensFrom.Should().BeNull();
        }
    }

    [Test]
    public async Task Snapshots_without_segments_are_damage()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);

        var found = await bench.With([.. bench.Segments.Select(path => (path, (byte[]?)null))]).VerifyAsync();

        found.IsDamaged.Should().BeTrue();
        found.Bad!.What.Should().Contain("gone, though there are snapshots");
    }

    [Test]
    public async Task What_an_opening_passes_over_is_damage_and_it_is_told_that_a_server_opens_it()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);

        var found = await bench.WithBadEvent(50).WithBadEvent(10).VerifyAsync();
        (found.IsDamaged, found.Head, found.OpensFrom).Should().Be((true, 9, 60));

        found = await bench.WithBadEvent(65).WithBadEvent(10).VerifyAsync();
        (found.IsDamaged, found.Head, found.OpensFrom).Should().Be((true, 9, null));
    }

    [Test]
    public async Task A_bad_last_line_is_no_torn_tail_where_a_snapshot_shows_that_it_was_on_the_disk()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);
        using var snapshot = bench.Disk.OpenToRead(SegmentsBench.SnapshotOf(60));
        var header = SnapshotFile.ReadHeader(snapshot)!;
        var last = SegmentsBench.Folder + "/" + Segment.NameOf(header.After);
        bench = bench.With([(last, bench.Disk[last][..(int)header.Place.Offset]), .. bench.Segments.Where(path => string.CompareOrdinal(path, last) > 0).Select(path => (path, (byte[]?)null))]);

        var found = await bench.WithBadEvent(60).VerifyAsync();

        (found.IsDamaged, found.Head, found.OpensFrom).Should().Be((true, 59, 60));
    }

    [Test]
    public async Task What_a_check_says_an_opening_says_too([Values] bool isDropped, [Values(1, 2, 3)] int accidents)
    {
        var whole = await SegmentsBench.MakeKeptAsync(isDropped);
        var chance = Given.Chance(accidents);
        var (good, opened, closed) = (0, 0, 0);
        for (var i = 0; i < 100; i++)
        {
            var bench = whole;
            for (var accident = 0; accident < accidents; accident++)
                bench = bench.WithAccident(chance);

            var found = await bench.VerifyAsync(folds: true);
            using var journal = new JournalBench(bench.Disk);
            var opening = async () => await journal.StateAsync();

            if (!found.IsDamaged)
            {
                (await opening()).ShouldBeWhole(found.Head, found.Bad?.ToString() ?? "");
                found.State.ShouldBeWhole(found.Head);
                good++;
            }
            else if (found.OpensFrom is { } from)
            {
                var state = await opening();
                state.ShouldBeWhole(state!.Seq, found.Bad!.ToString());
                (await journal.Journal.LoadAsync(JournalBench.Project, Moment.AfterSeq(state.Seq), default))!.Seq.Should().Be(from, found.Bad.ToString());
                opened++;
            }
            else
            {
                await opening.Should().ThrowAsync<JournalUnavailableException>(found.Bad!.ToString());
                closed++;
            }
        }
        new[] { good, opened, closed }.Should().AllSatisfy(count => count.Should().BePositive());
    }

    [Test]
    public async Task What_else_lies_beside_snapshots_is_noted_for_what_it_is()
    {
        var bench = (await SegmentsBench.MakeKeptAsync(isDropped: true)).With(
            (SegmentsBench.SnapshotOf(30) + ".unfit", [1]), (SegmentsBench.SnapshotOf(70) + ".new", [1]), (SegmentsBench.SnapshotOf(10), [1]));

        var found = await bench.VerifyAsync();

        found.Bad.Should().BeNull();
        found.Snapshots.Should().HaveCount(3);
        found.Notes.Should().HaveCount(3).And.NotContain(note => note.Contains("no file of a journal")).And.Contain(note => note.Contains("of events that were dropped"));
    }
}
