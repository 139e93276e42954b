using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class StateCheckTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    [Test]
    public void It_is_due_after_so_many_events_and_not_before()
    {
        var check = new StateCheck(0, 3, s_period);

        new[] { 1, 2, 3, 4, 5, 6 }.Select(seq => check.IsDue(seq, TimeSpan.Zero)).Should().Equal(false, false, true, false, false, true);
    }

    [Test]
    public void It_is_due_after_the_period_where_there_were_fewer_and_once()
    {
        var check = new StateCheck(0, 100, s_period);
        check.IsDue(1, TimeSpan.Zero);

        check.IsDue(2, s_period - TimeSpan.FromTicks(1)).Should().BeFalse();
        check.IsDue(2, s_period).Should().BeTrue();
        check.IsDue(2, s_period * 2).Should().BeFalse("nothing has happened since");
    }

    [Test]
    public void Who_came_back_with_a_state_of_its_own_makes_it_due_though_nothing_happens()
    {
        var check = new StateCheck(7, 100, s_period);
        check.IsDue(7, TimeSpan.Zero);
        check.Want();

        check.IsDue(7, s_period).Should().BeTrue();
        check.IsDue(7, s_period * 2).Should().BeFalse();
    }

    [Test]
    public void With_no_events_between_it_is_never_due()
    {
        var check = new StateCheck(0, 0, s_period);
        check.Want();

        check.IsDue(1000, s_period * 10).Should().BeFalse();
        check.IsBehind(1000).Should().BeFalse();
    }

    [Test]
    public void The_members_are_told_between_the_events_what_the_state_hashes_to()
    {
        var bench = Given.AProject(new ProjectOptions { CheckEvents = 2 }).WithMembers("ann", "bob");

        for (var n = 1; n <= 3; n++)
        {
            bench.Submit("ann", n, Given.Create($"c{n}"));
            bench.Project.TellState();
        }

        var told = bench["bob"].Heard().Where(message => message is ServerMessage.Happened or ServerMessage.State).ToList();
        told.Select(message => message is ServerMessage.State).Should().Equal(false, false, true, false);
        var then = StateAfter(2, bench["bob"]);
        told[2].Should().Be(new ServerMessage.State(Given.ProjectId, 2, then.Hash));
    }

    [Test]
    public void Who_resumes_behind_the_event_before_it_begins_behind_it_and_who_resumes_before_that_gets_both()
    {
        var bench = Given.AProject(new ProjectOptions { CheckEvents = 2 }).WithMembers("ann");
        for (var n = 1; n <= 3; n++)
        {
            bench.Submit("ann", n, Given.Create($"c{n}"));
            bench.Project.TellState();
        }

        Said(bench.Enter("bob", Given.Join(new(Given.Epoch, 2)))).Should().Equal("Happened");
        Said(bench.Enter("cid", Given.Join(new(Given.Epoch, 1)))).Should().Equal("Happened", "State", "Happened");

        static IEnumerable<string> Said(Guest guest) => guest.Heard().Where(message => message is not ServerMessage.Joined).Select(message => message.GetType().Name);
    }

    [Test]
    public void Where_nobody_listens_it_is_told_to_nobody_and_stays_to_be_told()
    {
        var bench = Given.AProject(new ProjectOptions { CheckEvents = 1 });
        bench.Enter("ann", Given.Join(listen: false));
        bench.Submit("ann", 1, Given.Create("c"));
        bench.Project.TellState();
        bench.Project.HasUntoldState.Should().BeFalse("there is nobody to tell");

        bench.Enter("bob");
        bench.Project.HasUntoldState.Should().BeTrue();
        bench.Project.TellState();

        bench["bob"].Heard<ServerMessage.State>().Seq.Should().Be(1);
        bench["ann"].Heard().OfType<ServerMessage.State>().Should().BeEmpty();
    }

    [Test]
    public void Who_found_its_state_to_differ_gets_a_snapshot_of_now_and_no_event_to_fold_again()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 1, Given.Create("c"));
        bench.Enter("bob").Heard<ServerMessage.Snapshot>().Seq.Should().Be(0, "the kept one is shared while the tail behind it is small");

        bench.Project.ForgetSnapshot();

        bench.Enter("cid").Heard<ServerMessage.Snapshot>().Seq.Should().Be(1);
    }

    [Test]
    public async Task A_project_at_rest_tells_of_its_last_events_when_it_is_reminded()
    {
        var time = new ManualTime();
        await using var bench = await LoopBench.RunAsync(Given.AJournal(), time: time);
        var ann = await bench.EnterAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("c"));
        await ann.HearAsync<ServerMessage.Happened>();
        await bench.LookAsync(ann); // the turn is over
        await bench.LookAsync(ann);
        time.Advance(s_period);

        bench.Loop.Sweep(TimeSpan.MaxValue);

        (await ann.HearAsync<ServerMessage.State>()).Seq.Should().Be(1);
    }

    private static ProjectState StateAfter(long seq, Guest guest)
    {
        var state = ProjectState.Empty;
        foreach (var happened in guest.Events().Where(happened => happened.Seq <= seq))
            state = Fold.Apply(state, happened);
        return state;
    }
}
