using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>A repair keeps as much of the present as anything that is left holds, and of what is left as much of the past.</summary>
internal sealed class RepairKeepingTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    private static Repair RepairOf(SegmentsBench bench) => new(bench.Disk, SegmentsBench.Folder, JournalBench.Project);

    /// <summary>Repairs, and fails where what comes of it is not a good project of the plan's events and states.</summary>
    private static async Task<RepairPlan> RepairAsync(SegmentsBench bench)
    {
        var plan = RepairPlan.Of(await bench.VerifyAsync())!;
        var before = bench.Segments.Concat(bench.Snapshots).ToDictionary(path => path, path => bench.Disk[path]);

        var number = RepairOf(bench).Run(plan, "repaired-epoch");

        foreach (var (path, bytes) in before)
            bench.Disk[path + $".damaged-{number}"].Should().Equal(bytes);
        await ShouldBeRepairedAsync(bench, plan);
        return plan;
    }

    private static async Task ShouldBeRepairedAsync(SegmentsBench bench, RepairPlan plan)
    {
        var found = await bench.VerifyAsync(folds: true);
        (found.Bad, found.Epoch, found.Floor, found.Head, found.IsContradicted).Should().Be((null, "repaired-epoch", plan.Floor, plan.Head, false));
        found.Snapshots.Select(snapshot => snapshot.Fault).OfType<string>().Should().BeEmpty();
        found.Snapshots.Select(snapshot => snapshot.Header!.Seq).Should().Equal(plan.Snapshots.Select(snapshot => snapshot.Seq));

        using var journal = new JournalBench(bench.Disk);
        (await journal.HeadAsync()).Should().Be(new JournalHead("repaired-epoch", plan.Head, plan.Floor));
        (await journal.StateAsync()).ShouldBeWhole(plan.Head);
        for (var seq = plan.Floor; seq <= plan.Head; seq += 7)
            (await journal.StateAsync(seq)).ShouldBeWhole(seq);
        await journal.WriteAsync(plan.Head + 3);
        await journal.KeepAsync(plan.Head + 3);
        journal.Close();
        (await journal.StateAsync()).ShouldBeWhole(plan.Head + 3);
        journal.Log.Entries.Should().BeEmpty("nothing is left that does not fit");
    }

    [TestCase(false, new[] { 65L }, 0, 64, Description = "all snapshots stand before it")]
    [TestCase(false, new[] { 50L }, 60, 70, Description = "the present is behind it")]
    [TestCase(false, new[] { 10L }, 20, 70, Description = "the oldest state that leads to the present")]
    [TestCase(false, new[] { 10L, 65L }, 20, 64)]
    [TestCase(false, new[] { 30L, 50L, 65L }, 60, 64)]
    [TestCase(true, new[] { 65L }, 20, 64)]
    [TestCase(true, new[] { 30L }, 40, 70)]
    [TestCase(true, new[] { 30L, 61L }, 40, 60)]
    [TestCase(true, new[] { 21L, 41L, 61L }, 60, 60)]
    public async Task What_reaches_furthest_is_kept_and_of_that_what_goes_back_furthest(bool isDropped, long[] bad, long floor, long head)
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped);
        foreach (var seq in bad)
            bench = bench.WithBadEvent(seq);

        var plan = await RepairAsync(bench);

        (plan.Floor, plan.Head).Should().Be((floor, head));
    }

    [Test]
    public async Task A_state_that_is_not_whole_is_not_built_upon()
    {
        var bench = (await SegmentsBench.MakeKeptAsync(isDropped: true)).WithBadEvent(30).WithBadSnapshot(40);

        var plan = await RepairAsync(bench);

        (plan.Floor, plan.Head).Should().Be((60, 70));
    }

    [Test]
    public async Task A_state_without_any_events_is_kept()
    {
        var bench = await SegmentsBench.MakeKeptAsync(isDropped: false);
        bench = bench.With([.. bench.Segments.Select(path => (path, (byte[]?)null))]);

        var plan = await RepairAsync(bench);

        (plan.Floor, plan.Head).Should().Be((60, 60));
    }

    [Test]
    public async Task Where_nothing_is_left_that_a_server_could_open_there_is_no_plan()
    {
        var bench = (await SegmentsBench.MakeKeptAsync(isDropped: true)).WithBadSnapshot(20).WithBadSnapshot(40).WithBadSnapshot(60);

        RepairPlan.Of(await bench.VerifyAsync()).Should().BeNull();
    }

    [Test]
    public async Task What_is_lost_before_and_behind_what_is_kept_can_be_read()
    {
        var bench = (await SegmentsBench.MakeKeptAsync(isDropped: false)).WithBadEvent(10).WithBadEvent(65);
        var found = await bench.VerifyAsync();

        var loss = RepairOf(bench).Weigh(found, RepairPlan.Of(found)!);
        await RepairAsync(bench);

        loss.Should().Be(new RepairLoss(1, 70, loss.Lines));
        loss.Lines.Should().BeInRange(23, 25, "the bad ones may still be JSON");
        var lost = bench.Lines(SegmentsBench.Folder + "/damaged-1.lost.jsonl").ConvertAll(line => Given.Text(line));
        lost.Should().HaveCount(loss.Lines).And.Contain(line => line.Contains("\"seq\":1,")).And.Contain(line => line.Contains("\"seq\":70,")).And.NotContain(line => line.Contains("\"seq\":21,"));
    }

    [Test]
    public async Task Whatever_has_happened_a_repaired_project_opens_with_all_that_a_server_would_have_opened([Values] bool isDropped, [Values(1, 2, 4)] int accidents)
    {
        var whole = await SegmentsBench.MakeKeptAsync(isDropped);
        var chance = Given.Chance(7 + accidents);
        var (repaired, refused) = (0, 0);
        for (var i = 0; i < (s_long ? 500 : 50); i++)
        {
            var bench = whole;
            for (var accident = 0; accident < accidents; accident++)
                bench = bench.WithAccident(chance);
            var found = await bench.VerifyAsync();
            if (!found.IsDamaged)
                continue;
            if (RepairPlan.Of(found) is null)
            {
                (found.Floor == 0 && found.Kept.Length > 0).Should().BeFalse();
                found.Snapshots.Should().NotContain(snapshot => snapshot.IsWhole);
                refused++;
                continue;
            }
            var opened = found.OpensFrom is null ? 0 : (await new JournalBench(bench.With().Disk).HeadAsync()).Seq;

            var plan = await RepairAsync(bench);

            plan.Head.Should().BeGreaterThanOrEqualTo(opened).And.BeGreaterThanOrEqualTo(found.Floor == 0 ? found.Head : 0);
            repaired++;
        }
        repaired.Should().BePositive();
        TestContext.Out.WriteLine($"{repaired} repaired, {refused} refused");
    }

    [Test]
    public async Task Whichever_call_to_the_disk_fails_the_project_is_damaged_or_repaired_and_a_second_attempt_repairs_it([Values] DiskFault fault)
    {
        var model = (await SegmentsBench.MakeKeptAsync(isDropped: true)).WithBadEvent(30).WithBadEvent(65);
        var plan = RepairPlan.Of(await model.VerifyAsync())!;
        (plan.Floor, plan.Head, plan.Snapshots.Length).Should().Be((40, 64, 2));
        var start = model.With();
        var first = model.Disk.Calls;
        RepairOf(model).Run(plan, "repaired-epoch");
        var calls = model.Disk.Calls - first;
        var (damaged, repaired) = (0, 0);
        for (var call = 1; call <= calls; call++)
        {
            for (var seed = 1; seed <= (fault == DiskFault.PowerLoss ? 6 : 1); seed++)
            {
                var bench = start.On(new(Given.Chance(seed)));
                bench.Disk.Faults[bench.Disk.Calls + call] = fault;
                try
                {
                    RepairOf(bench).Run(plan, "repaired-epoch");
                }
                catch (IOException)
                {
                    // The point of it.
                }
                if (fault == DiskFault.PowerLoss)
                    bench.Disk.PowerOn();
                bench.Disk.Faults.Clear();

                var between = await bench.VerifyAsync();
                var shown = $"{fault} at call {call}, seed {seed}";
                if (between.IsDamaged)
                {
                    using (var journal = new JournalBench(bench.With().Disk)) // a look, which may set aside what does not fit
                        await journal.Invoking(j => j.StateAsync()).Should().ThrowAsync<JournalUnavailableException>(shown);
                    if (between.Bad!.File == Repair.Marker)
                        RepairOf(bench).End();
                    else
                        RepairOf(bench).Run(RepairPlan.Of(between)!, "repaired-epoch");
                    damaged++;
                }
                else
                    repaired++;
                foreach (var path in start.Segments.Concat(start.Snapshots))
                    bench.Disk[path + ".damaged-1"].Should().Equal(start.Disk[path], shown);
                await ShouldBeRepairedAsync(bench, plan);
            }
        }
        (damaged > 0).Should().Be(fault != DiskFault.Short, "a write that is done in part is gone on with");
        repaired.Should().BePositive();
    }
}
