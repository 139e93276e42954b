using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

/// <summary>Two loops on one journal, as of two servers: who comes second folds what it missed and decides again.</summary>
[Parallelizable]
public sealed class TwoLoopsTests
{
    [Test]
    public async Task The_second_sees_what_the_first_wrote_before_it_decides()
    {
        var journal = Given.AJournal();
        await using var one = await LoopBench.RunAsync(journal);
        await using var two = await LoopBench.RunAsync(journal);
        var (ann, bob) = (await one.EnterAsync("ann"), await two.EnterAsync("bob"));
        await one.SubmitAsync(ann, 1, Given.Create("a"));
        await ann.HearAsync<ServerMessage.Happened>();

        await two.SubmitAsync(bob, 1, Given.Create("a"));

        (await bob.HearAsync<ServerMessage.Reject>()).Refusal.Code.Should().Be(ErrorCode.Exists);
        bob.Events().Should().ContainSingle("what others wrote reaches the members too").Which.By.Should().Be("ann");
    }

    [Test]
    public async Task A_command_sent_again_to_the_other_takes_effect_once()
    {
        var journal = Given.AJournal();
        await using var one = await LoopBench.RunAsync(journal);
        await using var two = await LoopBench.RunAsync(journal);
        var here = await one.EnterAsync("ann", session: "same");
        var there = await two.EnterAsync("ann", session: "same");
        await one.SubmitAsync(here, 1, Given.Create("a", """{"votes":0}"""));
        await one.SubmitAsync(here, 2, Given.Increment("a", "votes", 1));
        await here.HearAsync<ServerMessage.Happened>(told => told.Event.N == 2);

        await two.SubmitAsync(there, 2, Given.Increment("a", "votes", 1));

        // It did not know the entity; caught up, it knows that the number was taken.
        (await there.HearAsync<ServerMessage.Reject>()).Refusal.Code.Should().Be(ErrorCode.NotFound);
        await two.SubmitAsync(there, 3, Given.Create("b"));
        await two.SubmitAsync(there, 2, Given.Increment("a", "votes", 1));
        (await there.HearAsync<ServerMessage.Ack>()).Should().Be(new ServerMessage.Ack("apollo", 2, 3, Duplicate: true));
        (await two.LookAsync(there)).Entities["a"].Data.ToString().Should().Be("""{"votes":1}""");
    }

    [Test]
    public async Task Both_end_in_the_same_history_and_every_command_took_effect_once()
    {
        const int commands = 300;
        var journal = Given.AJournal();
        await using var one = await LoopBench.RunAsync(journal, new ProjectOptions { BatchMax = 3 });
        await using var two = await LoopBench.RunAsync(journal, new ProjectOptions { BatchMax = 2 });
        var (ann, bob) = (await one.EnterAsync("ann"), await two.EnterAsync("bob"));
        await one.SubmitAsync(ann, 1, Given.Create("a"));
        await ann.HearAsync<ServerMessage.Happened>();
        await two.SubmitAsync(bob, 1, Given.Create("b")); // so that both have both

        await Task.WhenAll(VoteAsync(one, ann), VoteAsync(two, bob));

        await bob.HearAsync<ServerMessage.Happened>(told => told.Event.Session == bob.Session && told.Event.N == 1 + commands);
        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.Session == ann.Session && told.Event.N == 1 + commands);
        var head = (await journal.OpenAsync("apollo", CancellationToken.None)).Seq;
        (await Given.FoldedAsync(journal, head)).Entities["a"].Data.ToString().Should().Be($$"""{"votes":{{2 * commands}}}""");
        foreach (var (bench, guest) in new[] { (one, ann), (two, bob) })
        {
            var state = await bench.LookAsync(guest);
            var recorded = await Given.FoldedAsync(journal, state.Seq);
            state.Hash.Should().Be(recorded.Hash);
            guest.Events().Select(happened => happened.Seq).Should().Equal(Enumerable.Range(1, (int)state.Seq).Select(seq => (long)seq));
        }

        static async Task VoteAsync(LoopBench bench, Guest guest)
        {
            for (var n = 2; n <= 1 + commands; n++)
            {
                await bench.SubmitAsync(guest, n, Given.Increment("a", "votes", 1));
                await Task.Yield();
            }
        }
    }

    [Test]
    public async Task An_event_that_was_recorded_although_the_journal_failed_counts_after_opening_again()
    {
        var memory = Given.AJournal();
        var journal = new ScriptedJournal(memory);
        journal.OnAppend = async entries =>
        {
            await memory.AppendAsync("apollo", 0, entries, CancellationToken.None);
            throw new IOException("The line broke after the write.");
        };
        await using (var bench = await LoopBench.RunAsync(journal))
        {
            var ann = await bench.EnterAsync("ann");
            await bench.SubmitAsync(ann, 1, Given.Create("a"));
            await ann.Ended;
        }

        await using var again = await LoopBench.RunAsync(memory);
        var back = await again.EnterAsync("ann", Given.Join(pending: 1));
        await again.SubmitAsync(back, 1, Given.Create("a"));

        back.Heard<ServerMessage.Joined>().Outcomes.Should().Equal(new Outcome(1, Fate.Done));
        (await back.HearAsync<ServerMessage.Ack>()).Duplicate.Should().BeTrue();
    }
}
