using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>Groups of many projects, made durable by one sync.</summary>
internal sealed class DaybookTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";
    private static readonly string[] s_projects = ["apollo", "gemini", "mercury", "vostok"];

    private static JournalOptions Small(int filesSyncedMax = 0) => new() { SegmentBytesMax = 4096, DaybookBytesMax = 4096, FilesSyncedMax = filesSyncedMax };

    [Test]
    public async Task Nothing_acknowledged_is_lost_when_the_power_goes_at_any_time_whatever_failed_before()
    {
        var left = 0;
        for (var seed = 1; seed <= (s_long ? 10_000 : 300); seed++)
        {
            var chance = Given.Chance(seed);
            using var bench = new JournalBench(new(chance), Small(filesSyncedMax: chance.Next(3)));
            try
            {
                left += await PlayAsync(bench, chance);
            }
            catch (Exception broken) when (broken is not OutOfMemoryException)
            {
                throw new AssertionException($"Seed {seed}: {broken.Message}", broken);
            }
            bench.Log.Entries.Should().NotContain(entry => entry.Id == 302 || entry.Id == 307, $"a loss of power is no damage (seed {seed})");
            bench.Disk.WasUsedAfterFailedSync.Should().BeFalse($"seed {seed}");
        }
        left.Should().BeGreaterThan(200, "else the daybooks are never read");
    }

    /// <summary>How often a loss of power left a daybook behind.</summary>
    private static async Task<int> PlayAsync(JournalBench bench, Random chance)
    {
        JournalStory[] stories = [.. s_projects.Select((project, i) => new JournalStory(bench, Given.Chance(chance.Next() + i), project))];
        var left = 0;
        for (var round = 0; round < 3; round++)
        {
            for (var faults = chance.Next(3); faults > 0; faults--)
            {
                var (first, fault) = (bench.Disk.Calls + chance.Next(1, 100), chance.Next(2) == 0 ? DiskFault.Error : DiskFault.Full);
                for (var call = chance.Next(1, 12); call > 0; call--)
                    bench.Disk.Faults[first + call] = fault; // for as long as a disk may fail: the daybook and the segments behind it
            }
            bench.Disk.Faults[bench.Disk.Calls + chance.Next(20, 140)] = DiskFault.PowerLoss;
            for (var i = 0; i < 20; i++)
                await Task.WhenAll(stories.Select(story => story.TryAppendAsync()));
            bench.Close();
            bench.Disk.PowerOn();
            left += bench.Disk.Paths.Any(path => path.Contains("daybook", StringComparison.Ordinal)) ? 1 : 0;
            foreach (var story in stories)
                await story.CompareAsync();
        }
        foreach (var story in stories)
            await story.AppendAsync();
        return left;
    }

    [Test]
    public async Task Every_call_to_the_disk_may_fail_once([Values] DiskFault fault)
    {
        var calls = await PlayAsync(0, fault);
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

    private static async Task<int> PlayAsync(int failing, DiskFault fault)
    {
        var chance = Given.Chance(1);
        using var bench = new JournalBench(new(chance), Small());
        JournalStory[] stories = [new(bench, chance, "apollo"), new(bench, chance, "gemini")];
        bench.Disk.Faults[failing] = fault;
        for (var life = 0; life < 2; life++)
        {
            for (var i = 0; i < 5; i++)
            {
                foreach (var story in stories)
                {
                    for (var tries = 0; !await story.TryAppendAsync() && tries < 2000 && fault != DiskFault.PowerLoss; tries++)
                        await Task.Yield();
                }
            }
            bench.Disk.Off(); // killed, so that the daybook stays
            bench.Close();
            bench.Disk.On();
            if (fault == DiskFault.PowerLoss)
                bench.Disk.PowerOn();
            foreach (var story in stories)
                await story.CompareAsync();
        }
        foreach (var story in stories)
            await story.AppendAsync();
        bench.Log.Entries.Should().NotContain(entry => entry.Id == 302 || entry.Id == 307);
        bench.Disk.WasUsedAfterFailedSync.Should().BeFalse();
        return bench.Disk.Calls;
    }

    [Test]
    public async Task What_a_killed_process_left_is_durable_once_it_was_shown()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var bench = new JournalBench(new(Given.Chance(seed)), Small());
            await bench.FillAsync(5, bytes: 300);
            bench.Disk.Off();
            bench.Close();
            bench.Disk.On();

            var shown = await bench.ReadAsync();
            bench.Disk.Off();
            bench.Close();
            bench.Disk.PowerOn();

            shown.Should().HaveCount(5);
            (await bench.ReadAsync()).Should().Equal(shown);
        }
    }

    [Test]
    public async Task A_group_of_many_projects_costs_one_sync_and_one_of_few_costs_no_second_writing()
    {
        var disk = new SimulatedDisk(Given.Chance(1));
        using (var bench = new JournalBench(disk, new()))
        {
            await bench.FillAsync(3);
            disk.Paths.Should().NotContain(path => path.Contains("daybook", StringComparison.Ordinal));
        }
        using var shared = new JournalBench(disk, new() { FilesSyncedMax = 0 });
        await shared.AppendAsync(3, "{}");
        var syncs = disk.Syncs;
        for (var seq = 4; seq < 10; seq++)
            await shared.AppendAsync(seq, "{}");

        disk.Syncs.Should().Be(syncs + 6);
        disk.Paths.Should().Contain("/data/daybook-1.jsonl");
    }

    [Test]
    public async Task A_graceful_end_leaves_no_daybook_and_a_full_one_goes_by_itself()
    {
        var disk = new SimulatedDisk(Given.Chance(1));
        using (var bench = new JournalBench(disk, Small()))
        {
            await bench.FillAsync(30, bytes: 500);
            disk.Paths.Count(path => path.Contains("daybook", StringComparison.Ordinal)).Should().BeLessThan(4);
        }
        disk.Paths.Should().NotContain(path => path.Contains("daybook", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_byte_changed_in_a_daybook_never_changes_what_is_served()
    {
        var (disk, expected) = await KilledAsync();
        var daybook = disk["/data/daybook-1.jsonl"];
        var files = disk.Paths.ToDictionary(path => path, path => disk[path]);
        var whole = 0;
        for (var at = 0; at < daybook.Length; at++)
        {
            foreach (var (path, bytes) in files)
                disk[path] = [.. bytes];
            disk[JournalBench.FirstSegment] = files[JournalBench.FirstSegment][..FirstLine(files[JournalBench.FirstSegment])]; // the power took the events
            disk["/data/daybook-1.jsonl"][at] ^= (byte)(1 << at % 8);
            using var bench = new JournalBench(disk);

            var read = await bench.ReadAsync();
            read.Should().Equal(expected.Take(read.Count), $"with byte {at} changed");
            whole += read.Count == expected.Count ? 1 : 0;
        }
        whole.Should().BeLessThan(daybook.Length / 2, "else the daybook was not what the events came from");
    }

    [Test]
    public async Task Damage_before_the_last_group_of_a_daybook_is_told()
    {
        var (disk, _) = await KilledAsync();
        disk["/data/daybook-1.jsonl"][FirstLine(disk["/data/daybook-1.jsonl"]) + 10] ^= 1;
        using var bench = new JournalBench(disk);
        await bench.ReadAsync();

        bench.Log.Entries.Should().Contain(entry => entry.Id == 307);
    }

    [Test]
    public async Task A_post_that_does_not_continue_its_project_is_left_out()
    {
        var (disk, expected) = await KilledAsync();
        var other = JournalBench.Text(1, 40).Replace('x', 'y');
        using (var replaced = new JournalBench(new(Given.Chance(2))))
        {
            await replaced.AppendAsync(0, other);
            disk[JournalBench.FirstSegment] = replaced.Disk[JournalBench.FirstSegment];
        }
        using var bench = new JournalBench(disk);

        (await bench.ReadAsync()).Should().Equal(other);
        expected.Should().HaveCount(4);
        bench.Log.Entries.Should().Contain(entry => entry.Id == 308);
    }

    [Test]
    public async Task A_project_that_was_removed_does_not_come_back()
    {
        var (disk, _) = await KilledAsync();
        disk.Delete(JournalBench.FirstSegment);
        using var bench = new JournalBench(disk);

        (await bench.ReadAsync()).Should().BeEmpty();
    }

    private static int FirstLine(byte[] file) => file.AsSpan().IndexOf((byte)'\n') + 1;

    /// <summary>A disk whose daybook holds four events of a killed process.</summary>
    private static async Task<(SimulatedDisk Disk, List<string> Events)> KilledAsync()
    {
        var disk = new SimulatedDisk(Given.Chance(1));
        using var bench = new JournalBench(disk, new() { FilesSyncedMax = 0 });
        await bench.FillAsync(4, bytes: 40);
        var events = await bench.ReadAsync();
        disk.Off();
        bench.Close();
        disk.On();
        return (disk, events);
    }

    [Test]
    public async Task A_disk_that_stays_full_gets_no_daybook_for_every_attempt()
    {
        using var bench = new JournalBench(new(Given.Chance(1)), Small());
        await bench.FillAsync(2);
        bench.Close();
        await bench.Journal.OpenAsync(JournalBench.Project, default);

        bench.Disk.IsFull = true;
        for (var i = 0; i < 20; i++)
            (await bench.AppendAsync(2, "{}")).Outcome.Should().Be(AppendOutcome.Unavailable);

        bench.Disk.Paths.Should().NotContain(path => path.Contains("daybook", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_start_after_a_crash_has_no_more_files_open_than_it_may()
    {
        var options = new JournalOptions { FilesSyncedMax = 0, FilesOpenMax = 8 };
        using var bench = new JournalBench(new(Given.Chance(1)), options);
        for (var i = 0; i < 50; i++)
            await bench.AppendAsync($"p{i}", 0, "{}");
        bench.Disk.Off();
        bench.Close();
        bench.Disk.On();

        bench.Disk.OpenMost = bench.Disk.OpenNow;
        (await bench.ReadAsync(project: "p49")).Should().Equal("{}");

        (bench.Disk.OpenMost - bench.Disk.OpenNow).Should().BeLessThanOrEqualTo(8 + 2, "and the daybook, and a project's own");
    }

    [Test]
    public async Task An_end_on_a_slow_disk_leaves_what_would_take_too_long_to_the_next_start()
    {
        var time = new ManualTime();
        using var bench = new JournalBench(new(Given.Chance(1)), new() { FilesSyncedMax = 0 }, time);
        for (var i = 0; i < 10; i++)
            await bench.AppendAsync($"p{i}", 0, "{}");
        var before = bench.Disk.Syncs;
        bench.Disk.OnSync = () => time.Advance(TimeSpan.FromSeconds(1));

        bench.Close();

        (bench.Disk.Syncs - before).Should().Be(2);
        bench.Disk.Paths.Should().Contain(path => path.Contains("daybook", StringComparison.Ordinal));
        bench.Disk.PowerOn();
        for (var i = 0; i < 10; i++)
            (await bench.ReadAsync(project: $"p{i}")).Should().Equal(["{}"], $"p{i} was acknowledged");
    }
}
