using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>What a repair keeps, what it sets aside, and what a loss of power in its middle leaves.</summary>
internal sealed class RepairTests
{
    private const int Events = 30;

    /// <summary>A journal with a byte of a segment changed, and where.</summary>
    private static async Task<(SegmentsBench Bench, VerifiedProject Found)> ADamagedOneAsync(int segment = 1, int line = 2)
    {
        var whole = await SegmentsBench.MakeAsync(Events);
        var bench = whole.WithLines(whole.Segments[segment], lines =>
        {
            lines[line][20] ^= 1;
            return lines;
        });
        var found = await bench.VerifyAsync();
        found.IsDamaged.Should().BeTrue();
        return (bench, found);
    }

    private static Repair RepairOf(SegmentsBench bench) => new(bench.Disk, SegmentsBench.Folder, JournalBench.Project);

    private static int Run(SegmentsBench bench, VerifiedProject found, string epoch = "repaired-epoch") => RepairOf(bench).Run(RepairPlan.Of(found)!, epoch);

    private static void Again(SegmentsBench bench, VerifiedProject found)
    {
        if (found.Bad!.File == Repair.Marker)
            RepairOf(bench).End();
        else
            Run(bench, found);
    }

    [Test]
    public async Task A_repaired_project_opens_with_the_events_before_the_damage_under_a_new_epoch([Values(0, 1, 2)] int segment, [Values(0, 1, 2)] int line)
    {
        var (bench, found) = await ADamagedOneAsync(segment, line);
        var before = (await (await SegmentsBench.MakeAsync(Events)).VerifyAsync()).Epoch;

        Run(bench, found);

        var after = await bench.VerifyAsync();
        after.Bad.Should().BeNull();
        (after.Head, after.Epoch).Should().Be((found.Head, "repaired-epoch"));
        after.Epoch.Should().NotBe(before);
        using var journal = new JournalBench(bench.Disk);
        var head = await journal.Journal.OpenAsync(JournalBench.Project, default);
        (head.Seq, head.Epoch).Should().Be((found.Head, "repaired-epoch"));
        var whole = await SegmentsBench.MakeAsync(Events);
        using var good = new JournalBench(whole.Disk);
        (await journal.ReadAsync()).Should().Equal((await good.ReadAsync()).Take((int)found.Head));
        (await journal.AppendAsync(found.Head, JournalBench.Text(found.Head + 1))).Outcome.Should().Be(AppendOutcome.Committed);
    }

    [Test]
    public async Task Nothing_that_was_there_is_gone_and_what_can_still_be_read_of_the_lost_is_written_out()
    {
        var (bench, found) = await ADamagedOneAsync();
        var before = bench.Segments.ToDictionary(path => path, path => bench.Disk[path]);
        var loss = RepairOf(bench).Weigh(found, RepairPlan.Of(found)!);

        Run(bench, found).Should().Be(1);

        foreach (var (path, bytes) in before)
            bench.Disk[path + ".damaged-1"].Should().Equal(bytes);
        var lost = bench.Lines(SegmentsBench.Folder + "/damaged-1.lost.jsonl");
        lost.Should().HaveCount(loss.Lines).And.HaveCountGreaterThanOrEqualTo(Events - (int)found.Head - 1);
        Given.Text(lost[^1]).Should().Contain($"\"seq\":{Events},");
        loss.To.Should().Be(Events);
        (await bench.VerifyAsync()).Notes.Should().Contain(note => note.StartsWith("damaged-1.lost.jsonl")).And.HaveCount(before.Count + 1);
    }

    [Test]
    public async Task Damage_to_what_was_repaired_is_damage_and_no_torn_tail_to_the_last_line_but_one()
    {
        var (bench, found) = await ADamagedOneAsync();
        Run(bench, found);
        var last = bench.Segments[^1];

        var again = await bench.WithLines(last, lines =>
        {
            lines[^2][20] ^= 1;
            return lines;
        }).VerifyAsync();

        again.IsDamaged.Should().BeTrue();
    }

    [Test]
    public async Task A_second_repair_keeps_what_the_first_had_set_aside()
    {
        var (bench, found) = await ADamagedOneAsync();
        Run(bench, found);
        var aside = bench.Disk[SegmentsBench.Folder + "/00000000000000000001.jsonl.damaged-1"];
        bench = bench.WithLines(bench.Segments[0], lines =>
        {
            lines[1][20] ^= 1;
            return lines;
        });

        Run(bench, await bench.VerifyAsync(), "third-epoch").Should().Be(2);

        bench.Disk[SegmentsBench.Folder + "/00000000000000000001.jsonl.damaged-1"].Should().Equal(aside);
        var after = await bench.VerifyAsync();
        (after.Bad, after.Epoch, after.Head).Should().Be((null, "third-epoch", 0));
    }

    [Test]
    public async Task A_good_project_and_one_with_a_torn_tail_are_left_alone()
    {
        var whole = await SegmentsBench.MakeAsync(Events);
        var torn = whole.With((whole.Segments[^1], whole.Disk[whole.Segments[^1]][..^5]));

        (await whole.VerifyAsync()).IsDamaged.Should().BeFalse();
        (await torn.VerifyAsync()).IsDamaged.Should().BeFalse();
    }

    [Test]
    public async Task Looking_at_what_would_be_done_changes_nothing()
    {
        var (bench, found) = await ADamagedOneAsync();
        var calls = bench.Disk.Calls;
        RepairOf(bench).Weigh(found, RepairPlan.Of(found)!).Lines.Should().BePositive();
        bench.Disk.Calls.Should().Be(calls);
    }

    [Test]
    public async Task Whichever_call_to_the_disk_fails_the_project_is_damaged_or_repaired_and_a_second_attempt_repairs_it([Values] DiskFault fault)
    {
        var (model, modelFound) = await ADamagedOneAsync();
        var first = model.Disk.Calls;
        Run(model, modelFound);
        var calls = model.Disk.Calls - first;
        calls.Should().BeGreaterThan(15);
        var (damaged, repaired) = (0, 0);
        for (var call = 1; call <= calls; call++)
        {
            for (var seed = 1; seed <= (fault == DiskFault.PowerLoss ? 24 : 1); seed++) // what is lost then is a matter of chance
            {
                var (bench, found) = await ADamagedOneAsync();
                bench = bench.On(new(Given.Chance(seed)));
                bench.Disk.Faults[bench.Disk.Calls + call] = fault;
                try
                {
                    Run(bench, found);
                }
                catch (IOException)
                {
                    // The point of it.
                }
                if (fault == DiskFault.PowerLoss)
                    bench.Disk.PowerOn();
                bench.Disk.Faults.Clear();

                var between = await bench.VerifyAsync();
                using (var journal = new JournalBench(bench.Disk))
                {
                    var opening = async () => await journal.Journal.OpenAsync(JournalBench.Project, default);
                    if (between.IsDamaged)
                        await opening.Should().ThrowAsync<JournalUnavailableException>($"{fault} at call {call}");
                    else
                        (await opening()).Should().Be(new JournalHead("repaired-epoch", found.Head, 0), $"{fault} at call {call}");
                }
                (damaged, repaired) = between.IsDamaged ? (damaged + 1, repaired) : (damaged, repaired + 1);

                if (between.IsDamaged)
                    Again(bench, between);
                var after = await bench.VerifyAsync();
                (after.Bad, after.Epoch, after.Head).Should().Be((null, "repaired-epoch", found.Head), $"{fault} at call {call}");
                foreach (var path in model.Segments)
                    bench.Disk.Paths.Should().Contain(path + ".damaged-1");
            }
        }
        (damaged > 0).Should().Be(fault != DiskFault.Short, "a write that is done in part is gone on with");
        repaired.Should().BePositive();
    }
}
