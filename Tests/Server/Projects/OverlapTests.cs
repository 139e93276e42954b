using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>While the journal records one turn the loop decides the next on it; each takes effect only by its own append.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OverlapTests
{
    private static readonly AppendResult s_full = new(AppendOutcome.Unavailable, 0, RetryAfterMs: 250);

    [Test]
    public async Task What_is_decided_on_a_draft_waits_for_it_and_both_are_told_in_order()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("a", """{"votes":0}"""));
        await journal.HeldAsync(1);

        await bench.SubmitAsync(ann, 2, Given.Increment("a", "votes", 1));

        (await journal.HeldAsync(2)).ExpectedHead.Should().Be(1, "it was decided before the first is there");
        ann.Events().Should().BeEmpty();
        await journal.LetAsync(1);
        await ann.HearAsync<ServerMessage.Happened>();
        ann.Events().Select(happened => happened.N).Should().Equal(1);
        await journal.LetAsync(2);
        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.N == 2);
    }

    [Test]
    public async Task A_later_turn_that_is_recorded_sooner_waits_for_the_one_it_was_decided_on()
    {
        var memory = Given.AJournal();
        var journal = new HeldJournal(memory);
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);
        await memory.AppendAsync(Given.ProjectId, 0, (await journal.HeldAsync(1)).Entries, CancellationToken.None); // there, but not yet told

        await journal.LetAsync(2);
        await bench.BringAsync(new Inbound.Broadcast(ann.Member, new(Given.ProjectId, "t", Given.Value("1"), null)));
        await ann.HearAsync<ServerMessage.Broadcast>();

        ann.Events().Should().BeEmpty();
        (await journal.HeldAsync(1)).Done.SetResult(new(AppendOutcome.Committed, 1));
        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.N == 2);
        ann.Events().Select(happened => happened.N).Should().Equal(1, 2);
    }

    [Test]
    public async Task When_the_journal_cannot_write_all_that_was_decided_on_it_is_told_to_try_again_once()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);

        await journal.RefuseAsync(1, s_full);
        await journal.LetAsync(2); // its succession is broken
        await ann.HearAsync<ServerMessage.Reject>(reject => reject.N == 2);
        await bench.SubmitAsync(ann, 1, Given.Create("a", """{"votes":0}"""));
        await journal.LetAsync(3);
        await ann.HearAsync<ServerMessage.Happened>();

        ann.Heard().OfType<ServerMessage.Reject>().Select(reject => (reject.N, reject.Refusal.Code)).Should().Equal((1, ErrorCode.Unavailable), (2, ErrorCode.Unavailable));
        ann.Events().Should().ContainSingle().Which.Seq.Should().Be(1);
    }

    [Test]
    public async Task When_another_was_first_all_is_decided_again_on_what_it_wrote_and_takes_effect_once()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);
        // As many events as the first append had, so that the journal stands where the second expects it.
        await journal.Inner.AppendAsync(
            Given.ProjectId, 0, [Given.Line(Given.Event(1, "other", 1, new EventOnly.Protocol.State.Change.Created("a", "card", 1, Given.Fields("""{"votes":40}"""))))], CancellationToken.None);

        await journal.LetAsync(1);
        await journal.LetAsync(2);
        await journal.LetAsync(3); // the create is refused now, so that this is the increment

        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.Session == ann.Session);
        (await ann.HearAsync<ServerMessage.Reject>()).Should().Match<ServerMessage.Reject>(reject => reject.N == 1 && reject.Refusal.Code == ErrorCode.Exists);
        ann.Events().Select(happened => (happened.Seq, happened.By)).Should().Equal((1, "ann"), (2, "ann"));
        (await bench.LookAsync(ann)).Votes("a").Should().Be(41);
        journal.Count.Should().Be(3);
    }

    [Test]
    public async Task Who_leaves_goes_after_what_it_said_and_a_look_sees_it()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var (ann, bob) = (await bench.EnterAsync("ann"), await bench.EnterAsync("bob"));
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        await journal.HeldAsync(1);

        var looking = bench.LookAsync(ann);
        await bench.BringAsync(new Inbound.Exit(ann.Member, "l1"));
        await bench.BringAsync(new Inbound.Broadcast(bob.Member, new(Given.ProjectId, "t", Given.Value("1"), null))); // waits its turn behind

        looking.IsCompleted.Should().BeFalse();
        ann.Member.IsInside.Should().BeTrue();
        await journal.LetAsync(1);
        (await looking).Entities.Should().ContainKey("a");
        (await ann.HearAsync<ServerMessage.Done>()).Id.Should().Be("l1");
        ann.Events().Should().ContainSingle();
    }

    [Test]
    public async Task A_session_that_comes_back_learns_the_fate_of_what_was_under_way()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann", session: "same");
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        await journal.HeldAsync(1);

        var again = await bench.BringInAsync("ann", Given.Join(pending: 1), session: "same");
        await journal.LetAsync(1);

        (await again.HearAsync<ServerMessage.Joined>()).Outcomes.Should().Equal(new Outcome(1, Fate.Coming));
        (await ann.Ended).Should().Be(CloseCode.Replaced);
    }

    [Test]
    public async Task Stopping_waits_for_what_is_under_way_and_tells_it()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);

        var stopping = bench.StopAsync();
        stopping.IsCompleted.Should().BeFalse();
        await journal.LetAsync(1);
        await journal.LetAsync(2);
        await stopping;

        ann.Events().Select(happened => happened.N).Should().Equal(1, 2);
    }

    [Test]
    public async Task After_a_fault_the_loop_ends_when_the_journal_is_done_with_all_of_it()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);
        var looking = bench.Loop.LookAsync(ann.Member, CancellationToken.None);

        (await journal.HeldAsync(1)).Done.SetException(new IOException("The disk is gone."));

        (await ann.Ended).Should().Be(CloseCode.ServerFault);
        bench.Ended.IsCompleted.Should().BeFalse("the second append still has its memory");
        await journal.RefuseAsync(2, s_full);
        await bench.Ended;
        (await looking).Should().BeNull();
        ann.Events().Should().BeEmpty();
    }

    [Test]
    public async Task A_journal_that_records_what_follows_a_refused_append_is_a_fault()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");
        await SubmitTwoAsync(bench, ann, journal);

        await journal.RefuseAsync(1, s_full);
        (await journal.HeldAsync(2)).Done.SetResult(new(AppendOutcome.Committed, 2));

        (await ann.Ended).Should().Be(CloseCode.ServerFault);
    }

    [Test]
    public async Task So_many_turns_are_under_way_and_no_more()
    {
        var journal = new HeldJournal(Given.AJournal());
        await using var bench = await LoopBench.RunAsync(journal, new ProjectOptions { BatchMax = 1 });
        var ann = await bench.EnterAsync("ann");
        for (var n = 1; n <= 40; n++)
            await bench.SubmitAsync(ann, n, Given.Create($"e{n}"));

        await journal.HeldAsync(16);
        await journal.LetAsync(1);
        await ann.HearAsync<ServerMessage.Happened>();
        await journal.HeldAsync(17);
        journal.Count.Should().Be(17, "each that ends makes room for one");

        for (var number = 2; number <= 40; number++)
            await journal.LetAsync(number);
        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.N == 40);
        ann.Events().Select(happened => happened.Seq).Should().Equal(Enumerable.Range(1, 40).Select(seq => (long)seq));
    }

    private static async Task SubmitTwoAsync(LoopBench bench, Guest from, HeldJournal journal)
    {
        await bench.SubmitAsync(from, 1, Given.Create("a", """{"votes":0}"""));
        await journal.HeldAsync(1);
        await bench.SubmitAsync(from, 2, Given.Increment("a", "votes", 1));
        await journal.HeldAsync(2);
    }
}
