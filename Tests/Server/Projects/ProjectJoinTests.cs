using System.Collections.Immutable;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class ProjectJoinTests
{
    [Test]
    public void The_first_join_gets_a_snapshot()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a"));

        var ann = bench.Enter("ann");

        ann.Heard<ServerMessage.Joined>().Recovered.Should().BeFalse();
        ann.Heard<ServerMessage.Snapshot>().Entities.Should().ContainSingle();
    }

    [Test]
    public void Joined_tells_the_head_and_who_else_is_present()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a"));
        bench.Enter("bob", Given.Join(presence: """{"view":"board"}"""));
        bench.Enter("unseen");

        var joined = bench.Enter("ann", Given.Join(presence: "{}")).Heard<ServerMessage.Joined>();

        (joined.Head, joined.MemberCount, joined.Session).Should().Be((new Position(Given.Epoch, 1), 3, "session-of-ann"));
        joined.Members.Should().ContainSingle().Which.Data.ToString().Should().Be("""{"view":"board"}""");
    }

    [TestCase(0, "1 2 3")]
    [TestCase(2, "3")]
    [TestCase(3, "")]
    public void One_that_comes_back_gets_what_it_missed_and_no_snapshot(long since, string seqs)
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a"), Given.Entity("b"), Given.Entity("c"));

        var ann = bench.Enter("ann", Given.Join(since: new(Given.Epoch, since)));

        ann.Heard<ServerMessage.Joined>().Recovered.Should().BeTrue();
        ann.Heard().OfType<ServerMessage.Snapshot>().Should().BeEmpty();
        string.Join(' ', ann.Events().Select(happened => happened.Seq)).Should().Be(seqs);
    }

    [TestCase("another-epoch", 1, TestName = "A position of another epoch leads to a snapshot")]
    [TestCase(Given.Epoch, 2, TestName = "A position ahead of the journal leads to a snapshot")]
    public void A_position_that_means_nothing_here_leads_to_a_snapshot(string epoch, long seq)
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a"));

        var ann = bench.Enter("ann", Given.Join(since: new(epoch, seq)));

        ann.Heard<ServerMessage.Joined>().Recovered.Should().BeFalse();
        ann.Heard<ServerMessage.Snapshot>().Seq.Should().Be(1);
    }

    [Test]
    public void A_position_that_has_left_the_tape_leads_to_a_snapshot()
    {
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 64 * 1024 })
            .WithEntities([.. Enumerable.Range(0, 300).Select(i => Given.Entity($"e{i}", $$"""{"text":"{{new string('x', 1000)}}"}"""))]);

        bench.Enter("ann", Given.Join(since: new(Given.Epoch, 1))).Heard<ServerMessage.Joined>().Recovered.Should().BeFalse();
    }

    [Test]
    public void With_a_snapshot_that_holds_it_a_command_is_done()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 1, Given.Create("a"));
        bench.WithMembers("bob");
        bench.Leave("ann");
        bench.Submit("bob", 1, Given.Create("b", $$"""{"text":"{{new string('x', 200_000)}}"}""")); // so that the snapshot is made anew

        var ann = bench.Enter("ann", Given.Join(pending: [1, 2]));

        ann.Heard().OfType<ServerMessage.Snapshot>().Should().OnlyContain(part => part.Seq == 2);
        Outcomes(ann).Should().Equal(new Outcome(1, Fate.Done), new Outcome(2, Fate.Unknown));
    }

    [Test]
    public void With_a_snapshot_from_before_it_a_command_is_coming_and_comes()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");
        bench.Submit("ann", 1, Given.Create("a"));
        bench.Leave("ann");

        var ann = bench.Enter("ann", Given.Join(pending: 1));

        ann.Heard<ServerMessage.Snapshot>().Seq.Should().Be(0, "it was made for the first that joined");
        Outcomes(ann).Should().Equal(new Outcome(1, Fate.Coming));
        ann.Events().Should().ContainSingle().Which.N.Should().Be(1);
    }

    [Test]
    public void With_a_recovery_a_command_that_took_effect_is_coming()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 2, Given.Create("a"));
        bench.Leave("ann");

        var ann = bench.Enter("ann", Given.Join(since: new(Given.Epoch, 0), pending: [1, 2, 3]));

        Outcomes(ann).Should().Equal(new Outcome(1, Fate.Unknown), new Outcome(2, Fate.Coming), new Outcome(3, Fate.Unknown));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void For_one_that_does_not_listen_a_command_that_took_effect_is_done(bool comesBack)
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 1, Given.Create("a"));
        bench.Leave("ann");

        var ann = bench.Enter("ann", Given.Join(since: comesBack ? new(Given.Epoch, 0) : null, listen: false, pending: [1, 2]));

        Outcomes(ann).Should().Equal(new Outcome(1, Fate.Done), new Outcome(2, Fate.Unknown));
        ann.Heard<ServerMessage.Joined>().Recovered.Should().BeTrue("no snapshot follows");
    }

    [Test]
    public void Of_two_with_the_same_session_the_later_takes_the_place()
    {
        var bench = Given.AProject();
        var old = bench.Enter("old", session: "same");
        var now = new Guest("now", "same");

        bench.Project.Join(now.Member, "same", Given.Join(), out var replaced).Should().BeTrue();

        replaced.Should().BeSameAs(old.Member);
        (old.Member.IsInside, bench.Project.Members.Count).Should().Be((false, 1));
    }

    [Test]
    public void One_that_was_replaced_and_leaves_late_takes_nobody_with_it()
    {
        var bench = Given.AProject();
        var old = bench.Enter("old", session: "same");
        bench.Enter("now", session: "same");

        bench.Project.Leave(old.Member);

        (bench["now"].Member.IsInside, bench.Project.Members.Count).Should().Be((true, 1));
    }

    [Test]
    public void A_full_project_lets_nobody_in_but_who_takes_its_own_place()
    {
        var bench = Given.AProject(new ProjectOptions { MembersMax = 1 });
        bench.Enter("ann", session: "same");

        var late = new Guest("late");
        bench.Project.Join(late.Member, late.Session, Given.Join(), out _).Should().BeFalse();
        bench.Enter("ann again", session: "same").Member.IsInside.Should().BeTrue();
    }

    [Test]
    public void One_that_was_not_let_in_is_gone_so_that_its_connection_may_try_again()
    {
        var bench = Given.AProject(new ProjectOptions { MembersMax = 1 }).WithMembers("ann");

        var late = new Guest("late");
        bench.Project.Join(late.Member, late.Session, Given.Join(), out _);

        late.Member.IsGone.Should().BeTrue();
    }

    [Test]
    public void Presence_is_told_once_a_turn_to_everybody()
    {
        var bench = Given.AProject().WithMembers("bob");
        bench.Enter("ann", Given.Join(presence: "{}"));

        bench.Project.TellPresence();
        bench.Project.TellPresence();

        bench["bob"].Heard<ServerMessage.Presence>().Arrived.Should().ContainSingle().Which.UserName.Should().Be("ann");
    }

    private static ImmutableArray<Outcome> Outcomes(Guest guest) => guest.Heard<ServerMessage.Joined>().Outcomes;
}
