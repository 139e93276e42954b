using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>Snapshots beside the segments are a shortcut: whatever becomes of them, the state served is what the events come to.</summary>
internal sealed class SnapshotTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    private const string Snapshot20 = "/data/apollo/00000000000000000020.snapshot";
    private const string Snapshot30 = "/data/apollo/00000000000000000030.snapshot";

    private static async Task<JournalBench> ABenchAsync(JournalOptions? options = null)
    {
        var bench = new JournalBench(new(Given.Chance(1)), options);
        await bench.WriteAsync(40);
        await bench.KeepAsync(20);
        await bench.KeepAsync(30);
        return bench;
    }

    [Test]
    public async Task A_snapshot_is_JSON_lines_that_name_its_place()
    {
        using var bench = await ABenchAsync();
        var lines = Given.Text(bench.Disk[Snapshot30]).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();

        var header = lines[0];
        header.GetProperty("type").GetString().Should().Be("snapshot");
        header.GetProperty("seq").GetInt64().Should().Be(30);
        header.GetProperty("hash").GetString().Should().Be(StateBench.StateAt(30).Hash.ToString());
        var segment = bench.Disk[JournalBench.FirstSegment].AsSpan(0, header.GetProperty("offset").GetInt32());
        Given.Text(segment).Should().EndWith($"\"crc\":\"{header.GetProperty("chain").GetString()}\"}}\n");
        segment.Count((byte)'\n').Should().Be(31);
        lines.Skip(1).Take(5).Select(line => line.GetProperty("entity").GetString()).Should().Equal("card-1", "card-2", "card-3", "card-4", "card-5");
        lines.Skip(6).Select(line => line.GetProperty("session").GetString()).Should().Equal("session-0", "session-1", "session-2");
        lines[6].GetProperty("mask").GetString().Should().MatchRegex("^[0-9a-f]{16}$");
    }

    [Test]
    public async Task A_journal_opens_from_the_newest_snapshot_and_reads_no_event_before_it()
    {
        using var bench = await ABenchAsync();
        bench.Close();
        var segment = bench.Disk[JournalBench.FirstSegment].ToArray();
        segment[600] ^= 1; // an event that nobody needs; reading it would tell

        bench.Disk[JournalBench.FirstSegment] = segment;

        (await bench.StateAsync()).ShouldBeWhole(40);
        await bench.Invoking(b => b.ReadAsync()).Should().ThrowAsync<JournalUnavailableException>("what lies before is checked when it is read");
        bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 302);
    }

    [Test]
    public async Task Reading_begins_anywhere_before_and_behind_a_snapshot([Values(1024, 64 * 1024 * 1024)] int segmentBytesMax)
    {
        using var bench = await ABenchAsync(new() { SegmentBytesMax = segmentBytesMax });
        var whole = await bench.ReadAsync();
        bench.Close();

        for (var from = 1; from <= 41; from++)
            (await bench.ReadAsync(from)).Should().Equal(whole.Skip(from - 1), $"read from {from}");
        for (var at = 0; at <= 40; at++)
            (await bench.StateAsync(at)).ShouldBeWhole(at);
        bench.Log.Entries.Should().BeEmpty();
    }

    [Test]
    public async Task A_tail_torn_at_any_byte_is_cut_and_a_snapshot_beyond_it_is_not_believed()
    {
        using var first = await ABenchAsync();
        var (whole, at20, at30) = (first.Disk[JournalBench.FirstSegment], first.Disk[Snapshot20], first.Disk[Snapshot30]);
        for (var length = 0; length <= whole.Length; length += s_long ? 1 : 7) // lines differ in length, so it comes to every place in a line
        {
            using var bench = new JournalBench(new(Given.Chance(length)));
            (bench.Disk[JournalBench.FirstSegment], bench.Disk[Snapshot20], bench.Disk[Snapshot30]) = (whole[..length], at20, at30);
            var events = Math.Max(0, whole.AsSpan(0, length).Count((byte)'\n') - 1);

            (await bench.StateAsync()).ShouldBeWhole(events, $"cut at {length}");
            (await bench.StateAsync(events / 2)).ShouldBeWhole(events / 2);
            bench.Log.Entries.Count(entry => entry.Id == 311).Should().Be(events < 20 ? 2 : events < 30 ? 1 : 0);

            await bench.WriteAsync(40);
            bench.Close();
            var told = bench.Log.Entries.Count();
            (await bench.StateAsync()).ShouldBeWhole(40);
            bench.Log.Entries.Count().Should().Be(told, "what was set aside is not told again");
        }
    }

    [Test]
    public async Task A_flipped_bit_anywhere_in_a_snapshot_is_found_and_never_served()
    {
        using var first = await ABenchAsync();
        first.Close();
        var (segment, at20, at30) = (first.Disk[JournalBench.FirstSegment], first.Disk[Snapshot20], first.Disk[Snapshot30]);
        var chance = Given.Chance(3);
        for (var at = 0; at < at30.Length; at++)
        {
            using var bench = new JournalBench(new(Given.Chance(1)));
            var flipped = at30.ToArray();
            flipped[at] ^= (byte)(1 << chance.Next(8));
            (bench.Disk[JournalBench.FirstSegment], bench.Disk[Snapshot20], bench.Disk[Snapshot30]) = (segment.ToArray(), at20.ToArray(), flipped);

            (await bench.StateAsync()).ShouldBeWhole(40, $"bit flipped at {at}");

            bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 311, $"bit flipped at {at}").Which.Message.Should().Contain(Snapshot30);
            bench.Disk[Snapshot30 + ".unfit"].Should().Equal(flipped);
            bench.Disk.Paths.Should().NotContain(Snapshot30);
            await bench.KeepAsync(30);
            (await bench.StateAsync(30)).ShouldBeWhole(30);
        }
    }

    [TestCase("another epoch")]
    [TestCase("another project")]
    [TestCase("another hash")]
    [TestCase("a session less")]
    [TestCase("another place")]
    [TestCase("an entity twice")]
    [TestCase("cut short")]
    [TestCase("more than there is")]
    public async Task What_has_good_checksums_and_does_not_fit_is_passed_over(string fault)
    {
        using var bench = await ABenchAsync();
        bench.Close();
        var header = SnapshotFile.ReadHeader(bench.Disk.OpenToRead(Snapshot30))!;
        var state = StateBench.StateAt(30);
        (header, state) = fault switch
        {
            "another epoch" => (header with { Epoch = "ffffffffffffffff" }, state),
            "another project" => (header with { Project = "borealis" }, state),
            "another hash" => (header with { Hash = StateHash.Empty }, state),
            "a session less" => (header with { Sessions = header.Sessions + 1 }, state),
            "another place" => (header with { Place = header.Place with { Offset = header.Place.Offset - 1 } }, state),
            "an entity twice" => (header with { Entities = header.Entities + 1 }, state),
            _ => (header, state),
        };
        bench.Disk[Snapshot30] = [];
        using (var file = bench.Disk.Open(Snapshot30))
            SnapshotFile.Write(file, header, state);
        var bytes = bench.Disk[Snapshot30];
        bench.Disk[Snapshot30] = fault switch { "cut short" => bytes[..^1], "more than there is" => [.. bytes, .. "{}\n"u8], _ => bytes };

        (await bench.StateAsync()).ShouldBeWhole(40);

        bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 311);
    }

    [Test]
    public async Task Without_its_first_segment_a_journal_needs_a_snapshot([Values] bool hasSnapshot)
    {
        using var bench = new JournalBench(new(Given.Chance(1)), new() { KeepEvents = 1 });
        await bench.WriteAsync(40);
        await bench.KeepAsync(40);
        await bench.WriteAsync(50);
        await bench.KeepAsync(50);
        await bench.WriteAsync(60);
        bench.Close();
        var paths = bench.Disk.Paths.ToArray();
        bench.Disk.Delete(JournalBench.FirstSegment);
        foreach (var snapshot in paths.Where(path => !hasSnapshot && path.EndsWith(".snapshot", StringComparison.Ordinal)))
            bench.Disk.Delete(snapshot);

        if (hasSnapshot)
        {
            (await bench.StateAsync()).ShouldBeWhole(60);
            (await bench.HeadAsync()).Floor.Should().Be(40);
        }
        else
        {
            await bench.Invoking(b => b.StateAsync()).Should().ThrowAsync<JournalUnavailableException>();
            bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 302);
        }
    }

    [Test]
    public async Task Without_any_segment_snapshots_are_no_new_journal()
    {
        using var bench = await ABenchAsync();
        bench.Close();
        bench.Disk.Delete(JournalBench.FirstSegment);

        await bench.Invoking(b => b.StateAsync()).Should().ThrowAsync<JournalUnavailableException>();

        bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 302);
    }
}
