using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>Keeping states and dropping events, on a disk that fails at any moment.</summary>
internal sealed class RetentionTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    [Test]
    public Task Every_call_to_the_disk_may_fail_once_while_states_are_kept_and_events_dropped([Values] DiskFault fault) => SweepAsync(fault);

    [Test]
    public Task Every_look_at_the_disk_may_fail_once_while_states_are_kept_and_events_dropped() => SweepAsync(null);

    /// <param name="fault">Null: a call fails that only looks.</param>
    private static async Task SweepAsync(DiskFault? fault)
    {
        var calls = await PlayAsync(0, fault, seed: 1);
        calls.Should().BeGreaterThan(60);
        for (var call = 1; call <= calls; call++)
        {
            for (var seed = 1; seed <= (fault == DiskFault.PowerLoss ? s_long ? 30 : 3 : 1); seed++)
            {
                try
                {
                    await PlayAsync(call, fault, seed);
                }
                catch (Exception broken) when (broken is not OutOfMemoryException)
                {
                    throw new AssertionException($"{fault} at call {call}, seed {seed}: {broken.Message}", broken);
                }
            }
        }
    }

    private static async Task<int> PlayAsync(int failing, DiskFault? fault, int seed)
    {
        using var bench = new JournalBench(new(Given.Chance(seed)), new() { KeepEvents = 10 });
        if (fault is { } meant)
            bench.Disk.Faults[failing] = meant;
        else
            bench.Disk.FailingLooks.Add(failing);
        var (acked, kept, floor) = (0L, 0L, 0L);
        for (var round = 1; round <= 4; round++)
        {
            while (acked < round * 10)
            {
                try
                {
                    var result = await bench.Journal.AppendAsync(JournalBench.Project, acked, [Given.Line(StateBench.Event(acked + 1))], default);
                    acked += result.Outcome == AppendOutcome.Committed ? 1 : 0;
                    if (result.Outcome == AppendOutcome.Conflict)
                        acked.Should().Be(result.Head - 1, "an append whose fate nobody knew may be there, and nothing else");
                    acked = Math.Max(acked, result.Outcome == AppendOutcome.Conflict ? result.Head : 0);
                    if (result.Outcome == AppendOutcome.Unavailable)
                        await RestAsync();
                }
                catch (IOException)
                {
                    await RestAsync();
                }
            }
            await CheckAsync();
            try
            {
                await bench.KeepAsync(acked);
                kept = acked;
                floor = Math.Max(floor, await bench.ForgetAsync(acked - 10));
            }
            catch (IOException)
            {
                await RestAsync();
            }
            await CheckAsync();
            bench.Close();
            if (fault == DiskFault.PowerLoss)
                bench.Disk.PowerOn();
            await CheckAsync();
        }
        bench.Log.Entries.Should().NotContain(entry => entry.Id == 302 || entry.Id == 311, "a crash leaves no damage, and no snapshot that does not fit");
        bench.Disk.WasUsedAfterFailedSync.Should().BeFalse();
        if (failing == 0)
        {
            floor.Should().Be(30, "else nothing was dropped");
            bench.Disk.Paths.Should().NotContain(path => path.EndsWith(".new", StringComparison.Ordinal));
        }
        return fault is null ? bench.Disk.Looks : bench.Disk.Calls;

        Task RestAsync()
        {
            if (fault == DiskFault.PowerLoss)
            {
                bench.Close();
                bench.Disk.PowerOn();
            }
            return Task.CompletedTask;
        }

        async Task CheckAsync()
        {
            for (var tries = 0; ; tries++)
            {
                try
                {
                    var head = await bench.HeadAsync();
                    head.Seq.Should().BeInRange(acked, acked + 1);
                    head.Floor.Should().BeInRange(0, Math.Max(floor, kept));
                    (await bench.StateAsync()).ShouldBeWhole(head.Seq);
                    (await bench.StateAsync(head.Floor)).ShouldBeWhole(head.Floor);
                    (await bench.ReadAsync()).Should().HaveCount((int)(head.Seq - head.Floor));
                    return;
                }
                catch (IOException) when (tries < 3)
                {
                    await RestAsync();
                }
            }
        }
    }

    [Test]
    public async Task What_a_crash_left_of_an_unfinished_snapshot_is_removed_at_the_next_opening()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.WriteAsync(5);
        bench.Close();
        bench.Disk["/data/apollo/00000000000000000005.snapshot.new"] = [1, 2, 3];

        (await bench.StateAsync()).ShouldBeWhole(5);

        bench.Disk.Paths.Should().NotContain(path => path.EndsWith(".new", StringComparison.Ordinal));
        bench.Log.Entries.Should().BeEmpty();
    }

    [Test]
    public async Task A_snapshot_under_durability_os_is_of_events_that_are_on_the_disk()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var bench = new JournalBench(new(Given.Chance(seed)), new() { Durability = Durability.Os });
            await bench.WriteAsync(20);
            await bench.KeepAsync(20);
            bench.Close();
            bench.Disk.PowerOn();

            (await bench.StateAsync()).ShouldBeWhole(20);
            (await bench.ReadAsync()).Should().HaveCount(20);
            bench.Log.Entries.Should().BeEmpty();
        }
    }

    [Test]
    public async Task A_snapshot_that_cannot_be_written_leaves_what_was_there()
    {
        using var bench = new JournalBench(new(Given.Chance(1)));
        await bench.WriteAsync(10);
        await bench.KeepAsync(5);
        bench.Disk.IsFull = true;

        await bench.Invoking(b => b.KeepAsync(10)).Should().ThrowAsync<IOException>();

        bench.Disk.Paths.Should().NotContain(path => path.EndsWith(".new", StringComparison.Ordinal), "half a snapshot takes space that events need");
        bench.Disk.IsFull = false;
        await bench.WriteAsync(11);
        (await bench.StateAsync()).ShouldBeWhole(11);
    }

    [Test]
    public void What_is_written_besides_entities_counts_as_well()
    {
        var options = new JournalOptions { SnapshotEvents = 100 };
        var state = ProjectState.Restore(500, 0, [], [.. Enumerable.Range(100, 500).Select(i => KeyValuePair.Create($"s{i}", new SessionMark(1, 1, i)))]);

        Retention.IsDue(options, Retention.LinesOf(state), tail: 499, tailMs: 0).Should().BeFalse();
        Retention.IsDue(options, Retention.LinesOf(state), tail: 500, tailMs: 0).Should().BeTrue();
    }

    [Test]
    public async Task Events_are_dropped_only_where_a_whole_snapshot_holds_what_they_came_to([Values] bool isDamaged)
    {
        using var bench = new JournalBench(new(Given.Chance(1)), new() { SegmentBytesMax = 1024 });
        await bench.WriteAsync(40);
        if (isDamaged)
        {
            await bench.KeepAsync(30);
            bench.Disk["/data/apollo/00000000000000000030.snapshot"][^20] ^= 1;
        }

        (await bench.ForgetAsync(30)).Should().Be(0);

        (await bench.ReadAsync()).Should().HaveCount(40);
        bench.Close();
        (await bench.StateAsync()).ShouldBeWhole(40);
    }

    [TestCase(0, 0, 10, 5, false)] // fewer events than it has to be
    [TestCase(0, 0, 100, 5, true)]
    [TestCase(0, 0, 100, 150, false)] // a large project is not written again and again
    [TestCase(0, 0, 150, 150, true)]
    [TestCase(20, 0, 20, 5, true)] // what is kept for a short time goes in small pieces
    [TestCase(0, 7, 1, 5, true)] // a day has passed
    public void A_state_is_kept_after_enough_events(long keepEvents, int keepDays, long tail, int entities, bool isDue)
    {
        var options = new JournalOptions { SnapshotEvents = 100, KeepEvents = keepEvents, KeepDays = keepDays };
        var state = Given.State([.. Enumerable.Range(0, entities).Select(i => Given.Entity($"e{i}"))]);

        Retention.IsDue(options, Retention.LinesOf(state), tail, tailMs: 86_400_000).Should().Be(isDue);
    }

    [TestCase(100, 0, 900)]
    [TestCase(5000, 0, 0)]
    [TestCase(0, 7, 300)]
    [TestCase(100, 7, 300)]
    [TestCase(900, 7, 100)]
    public void Events_go_that_all_settings_let_go(long keepEvents, int keepDays, long expected)
    {
        var options = new JournalOptions { KeepEvents = keepEvents, KeepDays = keepDays };

        Retention.IsOn(options).Should().BeTrue();
        Retention.Expendable(options, head: 1000, oldSeq: 300).Should().Be(expected);
    }
}
