using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>The file journal on a disk that fails.</summary>
internal sealed class FileJournalFaultTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    [Test]
    public async Task Nothing_acknowledged_is_lost_when_the_power_goes_at_any_time()
    {
        var cut = 0;
        for (var seed = 1; seed <= (s_long ? 10_000 : 1000); seed++)
        {
            var chance = Given.Chance(seed);
            using var bench = new JournalBench(new(chance), new() { SegmentBytesMax = 4096 });
            var story = new JournalStory(bench, chance);
            try
            {
                for (var round = 0; round < 4; round++)
                {
                    bench.Disk.Faults[bench.Disk.Calls + chance.Next(1, 40)] = DiskFault.PowerLoss;
                    for (var i = 0; i < 20 && await story.TryAppendAsync(); i++)
                    {
                    }
                    await story.ReopenAsync(powerLoss: true);
                }
                await story.AppendAsync();
            }
            catch (Exception broken) when (broken is not OutOfMemoryException)
            {
                throw new AssertionException($"Seed {seed}: {broken.Message}", broken);
            }
            cut += bench.Log.Entries.Any(entry => entry.Id == 301) ? 1 : 0;
            bench.Log.Entries.Should().NotContain(entry => entry.Id == 302, $"a loss of power is no damage (seed {seed})");
        }
        cut.Should().BeGreaterThan(100, "else the disk is too kind");
    }

    [Test]
    public Task Every_call_to_the_disk_may_fail_once([Values] DiskFault fault) => SweepAsync(fault);

    [Test]
    public Task Every_look_at_the_disk_may_fail_once() => SweepAsync(null);

    /// <param name="fault">Null: a call fails that only looks.</param>
    private static async Task SweepAsync(DiskFault? fault)
    {
        var calls = await PlayAsync(0, fault);
        calls.Should().BeGreaterThan(30);
        for (var call = 1; call <= calls; call++)
        {
            try
            {
                await PlayAsync(call, fault);
            }
            catch (Exception broken) when (broken is not OutOfMemoryException)
            {
                throw new AssertionException($"{fault} at call {call}: {broken.Message}", broken);
            }
        }
    }

    private static async Task<int> PlayAsync(int failing, DiskFault? fault)
    {
        var chance = Given.Chance(1);
        using var bench = new JournalBench(new(chance), new() { SegmentBytesMax = 2048, FilesOpenMax = 1 });
        var story = new JournalStory(bench, chance);
        if (fault is { } meant)
            bench.Disk.Faults[failing] = meant;
        else
            bench.Disk.FailingLooks.Add(failing);
        for (var life = 0; life < 2; life++)
        {
            for (var i = 0; i < 6; i++)
            {
                if (fault == DiskFault.PowerLoss && failing > 0)
                {
                    if (!await story.TryAppendAsync())
                        await story.ReopenAsync(powerLoss: true);
                }
                else
                {
                    await story.AppendAsync();
                }
            }
            await story.ReopenAsync(powerLoss: fault == DiskFault.PowerLoss);
        }
        await story.AppendAsync();
        bench.Log.Entries.Should().NotContain(entry => entry.Id == 302);
        bench.Disk.WasUsedAfterFailedSync.Should().BeFalse();
        return fault is null ? bench.Disk.Looks : bench.Disk.Calls;
    }

    [Test]
    public async Task A_full_disk_refuses_writes_serves_reads_and_resumes_by_itself()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.FillAsync(3);
        var before = bench.Disk[JournalBench.FirstSegment];
        bench.Disk.IsFull = true;

        for (var i = 0; i < 3; i++)
        {
            var refused = await bench.AppendAsync(3, "{}", "{}", "{}", "{}");
            refused.Outcome.Should().Be(AppendOutcome.Unavailable);
            refused.RetryAfterMs.Should().BePositive();
            bench.Disk[JournalBench.FirstSegment].Should().Equal(before, "what was refused must not come back");
        }
        (await bench.ReadAsync()).Should().HaveCount(3);

        bench.Disk.IsFull = false;
        (await bench.AppendAsync(3, "{}")).Outcome.Should().Be(AppendOutcome.Committed);
        bench.Close();
        (await bench.ReadAsync()).Should().HaveCount(4);
        bench.Log.Entries.Where(entry => entry.Id is 303 or 304).Select(entry => entry.Id).Should().Equal(303, 304);
    }

    [Test]
    public async Task What_waits_behind_an_append_that_the_disk_refused_is_refused_too([Values(DiskFault.Error, DiskFault.Full, DiskFault.Short)] DiskFault fault)
    {
        for (var call = 1; call <= 40; call++)
        {
            using var bench = new JournalBench(new(Given.Chance(call)), new() { SegmentBytesMax = 1024 });
            await bench.FillAsync(2);
            bench.Disk.Faults[bench.Disk.Calls + call] = fault;
            var there = new List<string> { JournalBench.Text(1), JournalBench.Text(2) };
            for (var round = 0; round < 8; round++)
            {
                var (head, succession) = (there.Count, new Succession());
                var texts = Enumerable.Range(1, 5).Select(i => JournalBench.Text(head + i, 100 + round)).ToArray();
                var results = await Task.WhenAll(texts.Select((text, i) => bench.Journal.AppendAsync(
                    JournalBench.Project, head + i, [Given.Line(head + i + 1, text)], succession, default).AsTask()));

                var committed = results.TakeWhile(result => result.Outcome == AppendOutcome.Committed).Count();
                results.Skip(committed).Should().NotContain(result => result.Outcome == AppendOutcome.Committed, $"{fault} at call {call}");
                there.AddRange(texts.Take(committed));
                while ((await bench.AppendAsync(there.Count, "{}")).Outcome != AppendOutcome.Committed)
                    await Task.Yield();
                there.Add("{}");
            }
            (await bench.ReadAsync()).Should().Equal(there, $"{fault} at call {call}");
            bench.Close();
            (await bench.ReadAsync()).Should().Equal(there, $"{fault} at call {call}");
        }
    }

    [Test]
    public async Task After_a_failed_sync_nothing_is_acknowledged_before_the_disk_was_read_again()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.FillAsync(3);
        bench.Disk.FailsToSync = true;
        for (var i = 0; i < 50; i++)
            (await bench.AppendAsync(3, """{"lost":true}""")).Outcome.Should().Be(AppendOutcome.Unavailable);
        (await bench.ReadAsync()).Should().HaveCount(3);

        bench.Disk.FailsToSync = false;
        while ((await bench.AppendAsync(3, """{"kept":true}""")).Outcome != AppendOutcome.Committed)
            await Task.Yield();
        bench.Disk.WasUsedAfterFailedSync.Should().BeFalse();
        bench.Close();
        bench.Disk.PowerOn();

        (await bench.ReadAsync()).Should().HaveCount(4).And.HaveElementAt(3, """{"kept":true}""");
    }

    [Test]
    public async Task What_an_opening_has_shown_is_durable_though_the_process_before_never_synced_it()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(Given.Chance(seed));
            using (var killed = new JournalBench(disk, new() { Durability = Durability.Os }))
                await killed.FillAsync(3);
            using var bench = new JournalBench(disk);

            var shown = await bench.ReadAsync();
            bench.Close();
            disk.PowerOn();

            shown.Should().HaveCount(3);
            (await bench.ReadAsync()).Should().Equal(shown);
        }
    }

    [Test]
    public async Task What_an_opening_has_shown_is_durable_though_a_sync_before_had_failed()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(Given.Chance(seed));
            using (var killed = new JournalBench(disk))
            {
                await killed.FillAsync(3);
                disk.FailsToSync = true;
                (await killed.AppendAsync(3, JournalBench.Text(4, 2000))).Outcome.Should().Be(AppendOutcome.Unavailable);
            }
            disk.FailsToSync = false;
            using var bench = new JournalBench(disk);

            var shown = await bench.ReadAsync(); // with the fourth event, whose fate nobody was told
            bench.Close();
            disk.PowerOn();

            (await bench.ReadAsync()).Should().Equal(shown);
        }
    }

    [Test]
    public async Task One_project_whose_file_fails_does_not_keep_others_from_writing()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.FillAsync(1);
        await bench.Journal.OpenAsync("other", default);
        bench.Disk.Faults[bench.Disk.Calls + 1] = DiskFault.Full;

        (await bench.AppendAsync(1, "{}")).Outcome.Should().Be(AppendOutcome.Unavailable);
        (await bench.Journal.AppendAsync("other", 0, [Given.Line(1)], default)).Outcome.Should().Be(AppendOutcome.Committed);
    }

    [Test]
    public async Task Durability_os_does_not_sync_what_it_appends()
    {
        using var bench = new JournalBench(new(Given.Chance(1)), new() { Durability = Durability.Os });
        await bench.Journal.OpenAsync(JournalBench.Project, default);
        var syncs = bench.Disk.Syncs;
        await bench.FillAsync(5);
        bench.Disk.Syncs.Should().Be(syncs);
        bench.Close();
        (await bench.ReadAsync()).Should().HaveCount(5);
    }
}
