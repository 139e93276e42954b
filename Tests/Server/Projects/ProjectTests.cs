using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class ProjectTests
{
    [Test]
    public void A_refused_command_is_told_to_its_sender_and_to_nobody_else()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a")).WithMembers("ann", "bob");
        bench["ann"].Heard();
        bench["bob"].Heard();

        bench.Submit("ann", 5, Given.Create("a"));

        var reject = bench["ann"].HeardNow().Should().ContainSingle().Which.Should().BeOfType<ServerMessage.Reject>().Subject;
        (reject.N, reject.Refusal.Code).Should().Be((5, ErrorCode.Exists));
        bench["bob"].HeardNow().Should().BeEmpty();
    }

    [Test]
    public void An_event_reaches_all_members_the_author_included_and_needs_no_ack()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");

        bench.Submit("ann", 1, Given.Create("a"));

        bench["ann"].Events().Should().BeEquivalentTo(bench["bob"].Events()).And.ContainSingle();
        bench["ann"].Heard().OfType<ServerMessage.Ack>().Should().BeEmpty();
    }

    [Test]
    public void A_publisher_that_does_not_listen_gets_an_ack_for_each_command()
    {
        var bench = Given.AProject();
        var ann = bench.Enter("ann", Given.Join(listen: false));

        bench.Turn(bench.From("ann", 1, Given.Create("a")), bench.From("ann", 2, Given.Create("b")));

        ann.Heard().OfType<ServerMessage.Ack>().Should().Equal(
            new ServerMessage.Ack("apollo", 1, 1, Duplicate: false), new ServerMessage.Ack("apollo", 2, 2, Duplicate: false));
    }

    [Test]
    public void A_later_command_of_a_turn_sees_the_earlier_ones()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");

        bench.Turn(bench.From("ann", 1, Given.Create("a")), bench.From("bob", 1, Given.Create("a")), bench.From("bob", 2, Given.Increment("a", "votes", 1)));

        bench["bob"].Heard<ServerMessage.Reject>().N.Should().Be(1);
        bench.State.Entities["a"].Data.ToString().Should().Be("""{"votes":1}""");
    }

    [Test]
    public void A_command_sent_twice_takes_effect_once_and_the_second_is_acked()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a")).WithMembers("ann");
        bench.Submit("ann", 1, Given.Increment("a", "votes", 1));

        bench.Submit("ann", 1, Given.Increment("a", "votes", 1));

        bench.State.Entities["a"].Data.ToString().Should().Be("""{"votes":1}""");
        bench["ann"].Heard<ServerMessage.Ack>().Should().Be(new ServerMessage.Ack("apollo", 1, 2, Duplicate: true));
    }

    [Test]
    public void A_command_sent_twice_in_one_turn_takes_effect_once_and_the_ack_names_a_seq_that_has_it()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a")).WithMembers("ann");

        bench.Turn(bench.From("ann", 1, Given.Increment("a", "votes", 1)), bench.From("ann", 1, Given.Increment("a", "votes", 1)));

        bench.State.Entities["a"].Data.ToString().Should().Be("""{"votes":1}""");
        bench["ann"].Heard<ServerMessage.Ack>().Seq.Should().Be(2);
    }

    [Test]
    public void Numbers_may_come_in_any_order_within_64_of_each_other()
    {
        var bench = Given.AProject().WithMembers("ann");

        foreach (var n in new[] { 64, 1, 63, 2 })
            bench.Submit("ann", n, Given.Create($"e{n}"));

        bench.State.Entities.Should().HaveCount(4);
    }

    [Test]
    public void A_number_64_below_the_highest_is_superseded()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 65, Given.Create("a"));

        bench.Submit("ann", 1, Given.Create("b"));

        bench["ann"].Heard<ServerMessage.Reject>().Refusal.Code.Should().Be(ErrorCode.Superseded);
    }

    [Test]
    public void A_refused_number_is_not_taken()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 1, Given.Delete("a"));

        bench.Submit("ann", 1, Given.Create("a"));

        bench.State.Entities.Should().ContainKey("a");
    }

    [Test]
    public void Numbers_of_different_sessions_have_nothing_to_do_with_each_other()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");

        bench.Turn(bench.From("ann", 1, Given.Create("a")), bench.From("bob", 1, Given.Create("b")));

        bench.State.Seq.Should().Be(2);
    }

    [Test]
    public void Who_left_cannot_command_any_more()
    {
        var bench = Given.AProject().WithMembers("ann");
        var ann = bench.Leave("ann");

        bench.Submit("ann", 1, Given.Create("a"));

        ann.Heard<ServerMessage.Reject>().Refusal.Code.Should().Be(ErrorCode.Forbidden);
        bench.State.Seq.Should().Be(0);
    }

    [Test]
    public void Deciding_changes_nothing_before_it_is_committed()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench["ann"].Heard();
        var before = bench.State;

        bench.Decide(bench.From("ann", 1, Given.Create("a")), bench.From("ann", 2, Given.Delete("z")));

        bench.State.Should().BeSameAs(before);
        bench["ann"].HeardNow().Should().BeEmpty();
    }

    [Test]
    public void Deciding_again_after_others_wrote_sees_what_they_wrote()
    {
        var bench = Given.AProject().WithMembers("ann");
        var submission = bench.From("ann", 1, Given.Create("a"));
        bench.Decide(submission).Entries.Should().ContainSingle();

        bench.WithEntities(Given.Entity("a"));
        var again = bench.Decide(submission);
        bench.Commit(submission);

        again.Entries.Should().BeEmpty();
        bench["ann"].Heard<ServerMessage.Reject>().Refusal.Code.Should().Be(ErrorCode.Exists);
    }

    [Test]
    public void The_journal_gets_the_same_bytes_as_the_members()
    {
        var bench = Given.AProject().WithMembers("ann");
        var submissions = new[] { bench.From("ann", 1, Given.Create("a")), bench.From("ann", 2, Given.Create("b", $$"""{"text":"{{new string('x', 70_000)}}"}""")) };

        var entries = bench.Decide(submissions).Entries.Select(entry => (entry.Seq, Given.Text(entry.Json.Span))).ToArray();
        bench.Commit(submissions);

        bench["ann"].Events().Select(happened => (happened.Seq, Given.Text(Given.Line(happened).Json.Span))).Should().Equal(entries);
    }

    [Test]
    public void Giving_up_tells_every_sender_to_come_again_and_nothing_takes_effect()
    {
        var bench = Given.AProject().WithMembers("ann");
        var submission = bench.From("ann", 1, Given.Create("a"));
        bench.Decide(submission);

        bench.Project.GiveUp([submission], retryAfterMs: 250);

        var reject = bench["ann"].Heard<ServerMessage.Reject>();
        (reject.Refusal.Code, reject.RetryAfterMs, bench.State.Seq).Should().Be((ErrorCode.Unavailable, 250, 0));
    }

    [Test]
    public void Time_never_goes_back_when_the_clock_does()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Submit("ann", 1, Given.Create("a"));

        bench.NowMs -= 60_000;
        bench.Submit("ann", 2, Given.Create("b"));

        bench["ann"].Events().Select(happened => happened.AtMs).Distinct().Should().ContainSingle();
    }

    [Test]
    public void A_gap_in_the_journal_is_never_passed_over()
    {
        var project = Given.AProject().Project;

        FluentActions.Invoking(() => project.CatchUp(Given.Line(Given.Event(2, new Change.Deleted("a"))))).Should().Throw<InvalidDataException>();
    }

    [Test]
    public void A_sender_that_does_not_read_its_answers_is_sent_away()
    {
        var bench = Given.AProject();
        var ann = bench.Enter("ann", mailboxBytes: 200);

        for (var n = 1; n <= 5; n++)
            bench.Submit("ann", n, Given.Delete("z"));

        ann.EndedBy.Should().Be(CloseCode.SlowConsumer);
    }

    [Test]
    public void All_members_see_all_events_in_the_same_order([Range(1, 10)] int seed)
    {
        var chance = Given.Chance(seed);
        var story = new AnyStory(chance);
        var bench = Given.AProject().WithMembers("ann", "bob", "cid");
        string[] names = ["ann", "bob", "cid"];
        for (var turn = 1; turn <= 50; turn++)
        {
            bench.Turn([.. names.Select(name => bench.From(name, turn, story.AnyCommand(mayBatch: true)))]);
            bench[names[chance.Next(3)]].Heard();
        }

        var events = bench["ann"].Events().Select(happened => Given.Text(Given.Line(happened).Json.Span)).ToArray();
        events.Should().HaveCount((int)bench.State.Seq);
        foreach (var name in names)
            bench[name].Events().Select(happened => Given.Text(Given.Line(happened).Json.Span)).Should().Equal(events);
    }

    [Test]
    public void A_broadcast_to_one_member_reaches_it_alone()
    {
        var bench = Given.AProject().WithMembers("ann", "bob", "cid");

        bench.Project.Broadcast(bench["ann"].Member, new("apollo", "wave", Given.Value("1"), bench["bob"].Session));

        bench["bob"].Heard<ServerMessage.Broadcast>().Session.Should().Be(bench["ann"].Session);
        bench["ann"].Heard().Concat(bench["cid"].Heard()).OfType<ServerMessage.Broadcast>().Should().BeEmpty();
    }

    [Test]
    public void A_broadcast_to_nobody_there_is_dropped()
    {
        var bench = Given.AProject().WithMembers("ann");

        bench.Project.Broadcast(bench["ann"].Member, new("apollo", "wave", Given.Value("1"), "nobody"));

        bench["ann"].Heard().OfType<ServerMessage.Broadcast>().Should().BeEmpty();
    }
}
