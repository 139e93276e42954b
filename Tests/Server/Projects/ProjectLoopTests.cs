using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class ProjectLoopTests
{
    [Test]
    public async Task An_event_is_in_the_journal_before_any_member_sees_it()
    {
        var released = new TaskCompletionSource();
        var appending = new TaskCompletionSource();
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = async _ => { appending.SetResult(); await released.Task; return null; } };
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");

        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        await appending.Task;

        ann.Events().Should().BeEmpty();
        released.SetResult();
        await ann.HearAsync<ServerMessage.Happened>();
    }

    [Test]
    public async Task Commands_that_wait_together_are_recorded_together()
    {
        var appends = new List<int>();
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = entries => { appends.Add(entries.Count); return default; } };
        await using var bench = await LoopBench.OpenAsync(journal, new ProjectOptions { BatchMax = 4 });
        var ann = await bench.BringInAsync("ann");
        for (var n = 1; n <= 10; n++)
            await bench.SubmitAsync(ann, n, Given.Create($"e{n}"));

        bench.Run();
        await bench.LookAsync(ann);

        appends.Should().Equal([3, 4, 3], "a turn takes four messages, and the first was ann's entering");
    }

    [Test]
    public async Task Opened_again_it_stands_where_it_stood()
    {
        var journal = Given.AJournal();
        ProjectState before;
        await using (var bench = await LoopBench.RunAsync(journal))
        {
            var ann = await bench.EnterAsync("ann");
            await bench.SubmitAsync(ann, 1, Given.Create("a"));
            before = await bench.LookAsync(ann);
        }

        await using var again = await LoopBench.RunAsync(journal);
        var state = await again.LookAsync(await again.EnterAsync("ann"));

        (state.Seq, state.Hash).Should().Be((before.Seq, before.Hash));
        state.Sessions.Should().Equal(before.Sessions);
    }

    [Test]
    public async Task A_look_sees_what_its_connection_said_before()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal());
        var ann = await bench.BringInAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        var looking = bench.LookAsync(ann);

        bench.Run();

        (await looking).Entities.Should().ContainKey("a");
    }

    [Test]
    public async Task What_was_commanded_before_leaving_takes_effect_even_where_both_arrive_together()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal());
        var (ann, bob) = (await bench.BringInAsync("ann"), await bench.BringInAsync("bob"));
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        await bench.BringAsync(new Inbound.Exit(ann.Member, "l1"));

        bench.Run();

        (await bench.LookAsync(bob)).Entities.Should().ContainKey("a");
        (await ann.HearAsync<ServerMessage.Done>()).Id.Should().Be("l1");
        ann.Heard().OfType<ServerMessage.Reject>().Should().BeEmpty();
    }

    [Test]
    public async Task What_is_commanded_after_leaving_is_forbidden()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal());
        var (ann, bob) = (await bench.BringInAsync("ann"), await bench.BringInAsync("bob"));
        await bench.BringAsync(new Inbound.Exit(ann.Member, null));
        await bench.SubmitAsync(ann, 1, Given.Create("a"));

        bench.Run();

        (await ann.HearAsync<ServerMessage.Reject>()).Refusal.Code.Should().Be(ErrorCode.Forbidden);
        (await bench.LookAsync(bob)).Seq.Should().Be(0);
    }

    [Test]
    public async Task One_whose_session_joins_again_is_sent_away()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal());
        var old = await bench.EnterAsync("old", session: "same");

        await bench.EnterAsync("now", session: "same");

        (await old.Ended).Should().Be(CloseCode.Replaced);
    }

    [Test]
    public async Task A_full_project_says_so()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal(), new ProjectOptions { MembersMax = 1 });
        await bench.EnterAsync("ann");

        var late = await bench.BringInAsync("late");

        (await late.HearAsync<ServerMessage.Error>()).Code.Should().Be(ErrorCode.Unavailable);
    }

    [Test]
    public async Task While_the_journal_cannot_write_senders_are_told_to_wait_and_then_it_goes_on()
    {
        var isFull = true;
        var journal = new ScriptedJournal(Given.AJournal())
        {
            OnAppend = _ => new(isFull ? new AppendResult(AppendOutcome.Unavailable, 0, RetryAfterMs: 250) : null),
        };
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");

        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        var reject = await ann.HearAsync<ServerMessage.Reject>();
        isFull = false;
        await bench.SubmitAsync(ann, 1, Given.Create("a"));

        (reject.N, reject.Refusal.Code, reject.RetryAfterMs).Should().Be((1, ErrorCode.Unavailable, 250));
        (await ann.HearAsync<ServerMessage.Happened>()).Event.Seq.Should().Be(1);
    }

    [Test]
    public async Task A_fault_of_the_journal_sends_all_members_away_and_takes_nothing_more()
    {
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = _ => throw new IOException("The disk is on fire.") };
        await using var bench = await LoopBench.RunAsync(journal);
        var (ann, bob) = (await bench.EnterAsync("ann"), await bench.EnterAsync("bob"));

        await bench.SubmitAsync(ann, 1, Given.Create("a"));

        (await ann.Ended, await bob.Ended).Should().Be((CloseCode.ServerFault, CloseCode.ServerFault));
        await bench.Ended;
        (await bench.Loop.BringAsync(new Inbound.Exit(ann.Member, null), CancellationToken.None)).Should().BeFalse();
        ann.Events().Should().BeEmpty();
    }

    [Test]
    public async Task Who_looks_while_a_fault_happens_is_told_that_there_is_nothing_to_see()
    {
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = _ => throw new IOException("The disk is on fire.") };
        await using var bench = await LoopBench.OpenAsync(journal);
        var ann = await bench.BringInAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("a"));
        var looking = bench.Loop.LookAsync(ann.Member, CancellationToken.None);

        bench.Run();

        (await looking.WaitAsync(TimeSpan.FromSeconds(20))).Should().BeNull();
    }

    [Test]
    public async Task A_journal_that_lost_events_is_a_fault_and_not_an_endless_conflict()
    {
        var journal = new ScriptedJournal(Given.AJournal()) { OnAppend = _ => new(new AppendResult(AppendOutcome.Conflict, 0)) };
        await using var bench = await LoopBench.RunAsync(journal);
        var ann = await bench.EnterAsync("ann");

        await bench.SubmitAsync(ann, 1, Given.Create("a"));

        (await ann.Ended.WaitAsync(TimeSpan.FromSeconds(20))).Should().Be(CloseCode.ServerFault);
    }

    [Test]
    public async Task A_stopped_loop_keeps_nobody_waiting_for_room()
    {
        var bench = await LoopBench.OpenAsync(Given.AJournal(), new ProjectOptions { InboxMax = 16 });
        var ann = new Guest("ann");
        for (var i = 0; i < 16; i++)
            await bench.BringAsync(new Inbound.Exit(ann.Member, null));
        var waiting = bench.Loop.BringAsync(new Inbound.Exit(ann.Member, null), CancellationToken.None).AsTask();
        waiting.IsCompleted.Should().BeFalse();

        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await bench.Loop.RunAsync(stopped.Token);

        (await waiting.WaitAsync(TimeSpan.FromSeconds(20))).Should().BeFalse();
    }

    [Test]
    public async Task A_loop_that_never_has_to_wait_lets_others_have_the_thread()
    {
        const int many = 100_000;
        var bench = await LoopBench.OpenAsync(Given.AJournal());
        var ann = await bench.BringInAsync("ann");
        using var stopping = new CancellationTokenSource();
        var turns = 0;
        await AgainAsync(null);

        var running = bench.Loop.RunAsync(stopping.Token); // comes back when the loop gives the thread away, at the latest after so many turns
        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));

        turns.Should().BeLessThan(many);

        async Task AgainAsync(Task? seen)
        {
            if (seen is not null && ++turns >= many)
                return;
            var next = new TaskCompletionSource<ProjectState?>(); // goes on within the turn, so that there always is something to do
            if (await bench.Loop.BringAsync(new Inbound.Look(ann.Member, next), CancellationToken.None))
                _ = next.Task.ContinueWith(AgainAsync, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
