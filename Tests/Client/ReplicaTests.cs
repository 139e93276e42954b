using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class ReplicaTests
{
    [Test]
    public void The_first_join_asks_for_everything()
    {
        var join = new Replica("p", "secret-0123456789").Join("j1");

        join.Should().BeEquivalentTo(new { Id = "j1", Project = "p", Session = "secret-0123456789", Since = (Position?)null, Listen = true });
        join.Pending.Should().BeEmpty();
    }

    [Test]
    public void A_snapshot_takes_effect_with_its_last_part_and_not_before()
    {
        var replica = Joining(head: 2);

        replica.Receive(Said.Part(2, 1, 2, Said.Card("a", "{}")));
        var before = replica.Confirmed.Ids();
        replica.Receive(Said.Part(2, 2, 2, Said.Card("b", "{}")));

        before.Should().BeEmpty();
        replica.Confirmed.Ids().Should().Equal("a", "b");
        replica.IsCaughtUp.Should().BeTrue();
    }

    [Test]
    public void Parts_out_of_order_are_not_trusted()
    {
        var effects = Joining(head: 2).Receive(Said.Part(2, 2, 2));

        effects.OfType<ReplicaEffect.Trouble>().Should().ContainSingle().Which.Code.Should().Be("bad_snapshot");
        effects.Should().ContainItemsAssignableTo<ReplicaEffect>().And.Contain(effect => effect is ReplicaEffect.Restart);
    }

    [Test]
    public void An_event_is_folded_and_one_that_was_seen_is_ignored()
    {
        var replica = Live(Said.Card("c", """{"votes":0}"""));

        replica.Receive(Said.Voted(2));
        var again = replica.Receive(Said.Voted(2));

        replica.Confirmed.Votes().Should().Be(1);
        again.Should().BeEmpty();
    }

    [Test]
    public void A_command_is_in_the_view_at_once_and_not_in_the_confirmed_state()
    {
        var replica = Live(Said.Card("c", "{}"));

        replica.Submit(Said.Vote());

        replica.View.Votes().Should().Be(1);
        replica.Confirmed.Votes().Should().Be(0);
    }

    [Test]
    public void An_own_event_settles_its_command_in_one_step_so_that_no_vote_counts_twice()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        Send(replica, Said.Vote());

        var effects = replica.Receive(Said.Voted(2, Said.Me, n: 1));

        effects.OfType<ReplicaEffect.Settled>().Should().ContainSingle().Which.Ack.Should().BeEquivalentTo(new { Seq = 2, Id = "c" });
        replica.View.Votes().Should().Be(2);
        replica.Confirmed.Votes().Should().Be(1);
        replica.PendingCount.Should().Be(1);
    }

    [Test]
    public void The_same_number_of_another_session_settles_nothing()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());

        replica.Receive(Said.Voted(2, Said.Other, n: 1));

        replica.PendingCount.Should().Be(1);
        replica.View.Votes().Should().Be(2);
    }

    [Test]
    public void A_rejoin_tells_where_we_stand_and_which_commands_were_sent()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        replica.Off();
        replica.Submit(Said.Vote());

        var join = replica.Join("j2");

        join.Since.Should().Be(new Position(Said.Epoch, 1));
        join.Pending.Should().Equal(1);
    }

    [Test]
    public void What_is_done_leaves_with_the_snapshot_that_contains_it()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        Rejoin(replica, Said.Joined("j2", 5, outcomes: new Outcome(1, Fate.Done)));
        var before = replica.View.Votes();

        var effects = replica.Receive(Said.Snapshot(5, Said.Card("c", """{"votes":1}""")));

        before.Should().Be(1, "the old state still lacks the vote, so it is still shown as pending");
        replica.View.Votes().Should().Be(1);
        effects.OfType<ReplicaEffect.Settled>().Should().ContainSingle().Which.Ack.Seq.Should().Be(5);
        replica.PendingCount.Should().Be(0);
        replica.Next().Should().BeNull("it is never sent again");
    }

    [Test]
    public void What_is_coming_waits_for_its_event_and_is_not_sent_again()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        Rejoin(replica, Said.Joined("j2", 2, recovered: true, outcomes: new Outcome(1, Fate.Coming)));

        replica.Next().Should().BeNull();
        replica.View.Votes().Should().Be(1);
        replica.Receive(Said.Voted(2, Said.Me, n: 1));

        replica.View.Votes().Should().Be(1);
        replica.Confirmed.Votes().Should().Be(1);
        replica.PendingCount.Should().Be(0);
    }

    [Test]
    public void What_is_coming_is_settled_at_the_latest_at_the_position_of_joined()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        Rejoin(replica, Said.Joined("j2", 3, recovered: true, outcomes: new Outcome(1, Fate.Coming)));

        replica.Receive(Said.Voted(2, Said.Other));
        var open = replica.PendingCount;
        replica.Receive(Said.Voted(3, Said.Other));

        open.Should().Be(1);
        replica.PendingCount.Should().Be(0);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void What_is_unknown_is_sent_again_with_the_same_number(bool mentioned)
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());
        Outcome[] outcomes = mentioned ? [new(1, Fate.Unknown)] : [];
        Rejoin(replica, Said.Joined("j2", 1, recovered: true, outcomes: outcomes));

        replica.Next().Should().BeEquivalentTo(new { Project = "p", N = 1 });
        replica.View.Votes().Should().Be(1);
    }

    [Test]
    public void An_answer_to_a_join_that_was_given_up_means_nothing()
    {
        var replica = Live(Said.Card("c", "{}"));
        replica.Off();
        replica.Join("j2");
        replica.Off();
        replica.Join("j3");

        replica.Receive(Said.Joined("j2", 9, recovered: true));

        replica.IsLive.Should().BeFalse();
    }

    [Test]
    public void A_duplicate_ack_settles_once_the_replica_stands_there()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());

        replica.Receive(new ServerMessage.Ack("p", 1, 2, Duplicate: true));
        var open = replica.PendingCount;
        replica.Receive(Said.Voted(2, Said.Other));

        open.Should().Be(1);
        replica.PendingCount.Should().Be(0);
        replica.View.Votes().Should().Be(1);
    }

    [Test]
    public void Who_does_not_listen_is_settled_by_the_ack_alone()
    {
        var replica = new Replica("p", "secret-0123456789", listen: false);
        replica.Join("j1").Listen.Should().BeFalse();
        replica.Receive(Said.Joined("j1", 7));
        Send(replica, Said.Vote());

        var effects = replica.Receive(new ServerMessage.Ack("p", 1, 8, Duplicate: false));

        effects.OfType<ReplicaEffect.Settled>().Should().ContainSingle().Which.Ack.Seq.Should().Be(8);
    }

    [Test]
    public void A_gap_asks_for_a_rejoin_from_where_we_stand_and_a_second_one_for_a_snapshot()
    {
        var replica = Live(Said.Card("c", "{}"));

        var first = replica.Receive(Said.Voted(3));
        var resume = replica.Join("j2").Since;
        replica.Receive(Said.Joined("j2", 3, recovered: true));
        replica.Receive(Said.Voted(3));

        first.Should().Contain(effect => effect is ReplicaEffect.Rejoin);
        resume.Should().Be(new Position(Said.Epoch, 1));
        replica.Join("j3").Since.Should().BeNull();
        replica.Confirmed.Votes().Should().Be(0, "nothing was folded out of order");
    }

    [Test]
    public void Recovered_in_another_journal_cannot_be_so_a_snapshot_is_waited_for()
    {
        var replica = Live(Said.Card("c", """{"votes":3}"""));
        Rejoin(replica, Said.Joined("j2", 2, recovered: true, epoch: "e2"));
        replica.Receive(Said.Voted(2));
        (replica.IsLive, replica.View.Votes()).Should().Be((false, 3));
    }

    [Test]
    public void Another_journal_replaces_everything_but_what_is_pending()
    {
        var replica = Live(Said.Card("old", "{}"));
        Send(replica, Said.Create("mine"));
        Rejoin(replica, Said.Joined("j2", 4, epoch: "e2"));

        replica.Receive(Said.Snapshot(4, Said.Card("new", "{}")));

        replica.Epoch.Should().Be("e2");
        replica.Confirmed.Ids().Should().Equal("new");
        replica.View.Ids().Should().Equal("mine", "new");
        replica.Next()!.N.Should().Be(1);
    }

    [Test]
    public void A_refusal_takes_back_the_command_and_what_depends_on_it()
    {
        var replica = Live();
        Send(replica, Said.Create("a"));
        Send(replica, Said.Patch("a", """{"x":1}"""));
        Send(replica, Said.Create("b"));

        var effects = replica.Receive(Said.Reject(1, ErrorCode.TooLarge));

        effects.OfType<ReplicaEffect.Failed>().Select(failed => (failed.Command.N, failed.Refusal.Code))
            .Should().Equal((1, ErrorCode.TooLarge), (2, ErrorCode.TooLarge));
        replica.View.Ids().Should().Equal("b");
    }

    [TestCase(ErrorCode.Unavailable)]
    [TestCase(ErrorCode.RateLimited)]
    public void Not_now_means_the_same_number_again_after_the_pause(ErrorCode code)
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote());

        var effects = replica.Receive(Said.Reject(1, code, retryAfterMs: 250));
        replica.Submit(Said.Vote());
        var during = replica.Next();
        replica.Release(1);

        effects.Should().Equal(new ReplicaEffect.Wait(1, 250));
        during.Should().BeNull("what comes later may depend on it");
        replica.Next()!.N.Should().Be(1);
        replica.Next()!.N.Should().Be(2);
    }

    [Test]
    public void A_command_that_overtook_the_create_it_needs_is_sent_again_after_it()
    {
        var replica = Live();
        Send(replica, Said.Create("a"));
        Send(replica, Said.Patch("a", """{"x":1}"""));

        replica.Receive(Said.Reject(1, ErrorCode.Unavailable, retryAfterMs: 10));
        var effects = replica.Receive(Said.Reject(2, ErrorCode.NotFound));
        replica.Release(1);

        effects.Should().BeEmpty();
        replica.Next()!.N.Should().Be(1);
        replica.Next()!.N.Should().Be(2);
    }

    [Test]
    public void The_window_keeps_unanswered_numbers_within_64_of_each_other()
    {
        var replica = Live(Said.Card("c", "{}"));
        for (var i = 0; i < 100; i++)
            replica.Submit(Said.Create($"a{i}"));

        SendAll(replica).Should().Equal(Enumerable.Range(1, 64).Select(n => (long)n));
        replica.Receive(Said.Voted(2, Said.Me, n: 2));
        SendAll(replica).Should().BeEmpty("number 1 is still open");
        replica.Receive(Said.Voted(3, Said.Me, n: 1));
        SendAll(replica).Should().Equal(65, 66);
    }

    [Test]
    public void What_was_not_sent_can_be_withdrawn_and_uses_up_no_number()
    {
        var replica = Live(Said.Card("c", "{}"));
        replica.Submit(Said.Vote(), ticket: 7);

        var effects = replica.Abandon(7);

        effects.OfType<ReplicaEffect.Withdrawn>().Should().ContainSingle().Which.Command.Command.Should().BeEquivalentTo(Said.Vote());
        replica.View.Votes().Should().Be(0);
        replica.Submit(Said.Vote());
        replica.Next()!.N.Should().Be(1);
    }

    [Test]
    public void What_was_sent_cannot_be_withdrawn_not_even_while_the_line_is_down()
    {
        var replica = Live(Said.Card("c", "{}"));
        Send(replica, Said.Vote(), ticket: 7);
        replica.Off();

        replica.Abandon(7).Should().BeEmpty();
        replica.PendingCount.Should().Be(1);
    }

    [Test]
    public void Nothing_is_sent_before_the_server_has_said_what_became_of_the_last_commands()
    {
        var replica = Live(Said.Card("c", "{}"));
        replica.Off();
        replica.Submit(Said.Vote());
        replica.Join("j2");

        replica.Next().Should().BeNull();
    }

    [Test]
    public void The_others_come_change_and_go()
    {
        var replica = Live();

        replica.Receive(new ServerMessage.Presence("p", [Member(Said.Me), Member("a"), Member("b")], [], []));
        replica.Receive(new ServerMessage.Presence("p", [], ["b"], [new("a", Said.Json("""{"view":"card"}""")), new("x", JsonFields.Empty)]));

        replica.Members.Should().ContainSingle().Which.Value.Data.ToString().Should().Be("""{"view":"card"}""");
        replica.Off();
        replica.Members.Should().NotBeEmpty("they may still be there");
        replica.ForgetMembers();
        replica.Members.Should().BeEmpty("nobody can be seen from here any more");
    }

    private static PresentMember Member(string session) => new(session, session, JsonFields.Empty);

    private static Replica Joining(long head)
    {
        var replica = new Replica("p", "secret-0123456789");
        replica.Join("j1");
        replica.Receive(Said.Joined("j1", head));
        return replica;
    }

    /// <summary>A replica that stands at seq 1.</summary>
    private static Replica Live(params Entity[] entities)
    {
        var replica = Joining(head: 1);
        replica.Receive(Said.Snapshot(1, entities));
        return replica;
    }

    private static void Rejoin(Replica replica, ServerMessage.Joined joined)
    {
        replica.Off();
        replica.Join(joined.Id);
        replica.Receive(joined);
    }

    private static void Send(Replica replica, Command command, long ticket = 0)
    {
        replica.Submit(command, ticket);
        replica.Next()!.Command.Should().BeSameAs(command);
    }

    private static List<long> SendAll(Replica replica)
    {
        List<long> sent = [];
        for (; replica.Next() is { } next; sent.Add(next.N)) { }
        return sent;
    }
}
