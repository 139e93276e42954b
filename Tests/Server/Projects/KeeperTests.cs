using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Tests.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>States are kept and events dropped beside the loop, which never waits for it.</summary>
[Parallelizable]
public sealed class KeeperTests
{
    private static async Task<long> NewestKeptAsync(IJournal journal) =>
        (await journal.LoadAsync(Given.ProjectId, Moment.AfterSeq(long.MaxValue), default))!.Seq;

    [Test]
    public async Task A_state_is_kept_after_as_many_events_as_are_set()
    {
        var kept = new List<long>();
        var journal = new ScriptedJournal(Given.AJournal()) { OnKeep = state => { kept.Add(state.Seq); return default; } };
        await using (var bench = await LoopBench.RunAsync(journal, keeping: new() { SnapshotEvents = 10 }))
        {
            var ann = await bench.EnterAsync("ann");
            for (var n = 1; n <= 35; n++)
            {
                await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
                await bench.LookAsync(ann);
                await bench.LookAsync(ann); // the turn after, so that the one before has looked what is due
                if (n % 10 == 0)
                    await Eventually.IsAsync(() => kept.Count == n / 10, "the state was kept");
            }
        }
        kept.Should().HaveCount(3).And.BeInAscendingOrder().And.OnlyContain(seq => seq % 10 <= 3);
    }

    [Test]
    public async Task The_loop_does_not_wait_for_a_state_to_be_kept_and_its_end_does()
    {
        var (keeping, mayKeep) = (new TaskCompletionSource(), new TaskCompletionSource());
        var journal = new ScriptedJournal(Given.AJournal()) { OnKeep = async _ => { keeping.TrySetResult(); await mayKeep.Task; } };
        var bench = await LoopBench.RunAsync(journal, keeping: new() { SnapshotEvents = 1 });
        var ann = await bench.EnterAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        await bench.SubmitAsync(ann, 2, Given.Delete("a"));
        await keeping.Task.WaitAsync(RawClient.Patience);

        await bench.SubmitAsync(ann, 3, Given.Create("b"));
        (await bench.LookAsync(ann)).Seq.Should().Be(3);

        var stopping = bench.StopAsync();
        stopping.IsCompleted.Should().BeFalse();
        mayKeep.SetResult();
        await stopping;
        (await NewestKeptAsync(journal)).Should().Be(2);
        await bench.DisposeAsync();
    }

    [Test]
    public async Task A_state_that_cannot_be_kept_is_told_tried_again_later_and_no_command_suffers()
    {
        var (fails, tries) = (true, 0);
        var journal = new ScriptedJournal(Given.AJournal()) { OnKeep = _ => { tries++; return fails ? throw new IOException("No space left.") : default; } };
        var log = new LogCapture();
        await using (var bench = await LoopBench.RunAsync(journal, keeping: new() { SnapshotEvents = 8 }, logger: log.CreateLogger("loop")))
        {
            var ann = await bench.EnterAsync("ann");
            for (var n = 1; n <= 9; n++)
            {
                await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
                await bench.LookAsync(ann);
            }
            await Eventually.IsAsync(() => log.Entries.Any(entry => entry.Id == 313), "the failure was told");
            ann.Events().Should().HaveCount(9);
            tries.Should().Be(1, "not again at once");
            fails = false;
            for (var n = 10; n <= 16; n++)
            {
                await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
                await bench.LookAsync(ann);
            }
            await Eventually.IsAsync(() => tries == 2, "it was tried again");
        }
        (await NewestKeptAsync(journal)).Should().BeInRange(10, 16);
        log.Entries.Should().ContainSingle(entry => entry.Id == 313);
    }

    [Test]
    public async Task A_project_that_opens_from_a_kept_state_knows_which_commands_it_has_done()
    {
        using var files = new JournalBench(new(Given.Chance(1)));
        await using (var bench = await LoopBench.RunAsync(files.Journal))
        {
            var ann = await bench.EnterAsync("ann");
            await bench.SubmitAsync(ann, 1, Given.Create("a", """{"votes":0}"""));
            await bench.SubmitAsync(ann, 2, Given.Increment("a", "votes", 1));
            await files.Journal.KeepAsync(Given.ProjectId, await bench.LookAsync(ann), default);
        }
        files.Close();

        await using var again = await LoopBench.RunAsync(files.Journal);
        var annAgain = await again.EnterAsync("ann", Given.Join(pending: [2]));
        await again.SubmitAsync(annAgain, 2, Given.Increment("a", "votes", 1));
        await again.SubmitAsync(annAgain, 3, Given.Increment("a", "votes", 1));

        (await again.LookAsync(annAgain)).Entities["a"].Data["votes"]!.Value.ToString().Should().Be("2");
        annAgain.Heard<ServerMessage.Joined>().Outcomes.Should().Equal(new Outcome(2, Fate.Done));
        annAgain.Heard<ServerMessage.Ack>().Duplicate.Should().BeTrue();
    }

    [Test]
    public async Task What_is_older_than_has_to_be_kept_goes_and_the_floor_says_so()
    {
        using var files = new JournalBench(new(Given.Chance(1)), new() { KeepEvents = 10 });
        await using var bench = await LoopBench.RunAsync(files.Journal, keeping: new() { KeepEvents = 10 });
        var ann = await bench.EnterAsync("ann");
        ann.Heard<ServerMessage.Joined>().Floor.Should().Be(0);
        var n = 0;
        while (bench.Loop.Floor == 0)
        {
            n++.Should().BeLessThan(5000, "old events are dropped");
            await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
            await bench.LookAsync(ann);
        }

        var floor = bench.Loop.Floor;
        var bob = await bench.EnterAsync("bob", Given.Join(since: new(ann.Heard<ServerMessage.Joined>().Head.Epoch, floor - 1)));
        var joined = bob.Heard<ServerMessage.Joined>();
        joined.Floor.Should().BeGreaterThanOrEqualTo(floor);
        joined.Recovered.Should().BeFalse("what lies before the floor is gone, though it may still be on the tape");
        var cid = await bench.EnterAsync("cid", Given.Join(since: new(joined.Head.Epoch, joined.Head.Seq)));
        cid.Heard<ServerMessage.Joined>().Recovered.Should().BeTrue();
        (await files.HeadAsync()).Floor.Should().BeGreaterThanOrEqualTo(floor);
    }

    [Test]
    public async Task What_is_older_than_the_days_to_keep_goes()
    {
        var time = new ManualTime();
        using var files = new JournalBench(new(Given.Chance(1)), new() { KeepDays = 3 });
        await using var bench = await LoopBench.RunAsync(files.Journal, keeping: new() { KeepDays = 3 }, time: time);
        var ann = await bench.EnterAsync("ann");
        for (var day = 1; day <= 9; day++)
        {
            await bench.SubmitAsync(ann, 2 * day - 1, Given.Create($"{day}"));
            await bench.SubmitAsync(ann, 2 * day, Given.Increment($"{day}", "n", 1));
            await bench.LookAsync(ann);
            time.Advance(TimeSpan.FromHours(25));
            while (await NewestKeptAsync(files.Journal) < 2 * day)
                await bench.LookAsync(ann); // each turn looks what is due
        }
        await bench.StopAsync();

        var floor = (await files.HeadAsync()).Floor;
        floor.Should().BeInRange(6, 14, "the last three days are there, and not many more");
        (await files.Journal.LoadAsync(Given.ProjectId, Moment.AtTime(time.GetUtcNow().AddDays(-8).ToUnixTimeMilliseconds()), default)).Should().BeNull();
    }

    [TestCase(999, 0)]
    [TestCase(1000, 1000)]
    public async Task A_project_that_closes_keeps_its_state_where_that_spares_the_next_opening_much(int events, int expected)
    {
        var journal = Given.AJournal();
        await using (var bench = await LoopBench.RunAsync(journal))
        {
            var ann = await bench.EnterAsync("ann");
            for (var n = 1; n <= events; n++)
                await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
            await bench.LookAsync(ann);
        }

        (await NewestKeptAsync(journal)).Should().Be(expected);
    }

    [Test]
    public async Task A_project_that_closes_does_not_wait_long_for_others_to_keep_their_states()
    {
        var (time, asked) = (new ManualTime(), new TaskCompletionSource());
        var journal = new ScriptedJournal(Given.AJournal()) { OnKeep = async _ => { asked.TrySetResult(); await new TaskCompletionSource().Task; } };
        await using var bench = await LoopBench.RunAsync(journal, time: time);
        var ann = await bench.EnterAsync("ann");
        for (var n = 1; n <= 1000; n++)
            await bench.SubmitAsync(ann, n, n % 2 == 1 ? Given.Create("a") : Given.Delete("a"));
        await bench.LookAsync(ann);

        var stopping = bench.StopAsync();
        await asked.Task.WaitAsync(RawClient.Patience);
        stopping.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(1));

        await stopping;
        (await NewestKeptAsync(journal)).Should().Be(0);
    }
}
