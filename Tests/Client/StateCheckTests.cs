using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

[Parallelizable]
public sealed class StateCheckTests
{
    private static readonly StateHash s_other = new(1, 2);

    [Test]
    public void A_state_that_is_ours_says_nothing_and_is_remembered()
    {
        var replica = Live();

        Tell(replica, 1, replica.Confirmed.Hash).Should().BeEmpty();
        replica.Receive(Said.Created(2, "a"));

        DivergenceOf(Tell(replica, 2, s_other)).From.Should().Be(1);
    }

    [Test]
    public void A_difference_is_told_with_its_range_and_both_hashes_and_mended_at_once()
    {
        var replica = Live();

        var effects = Tell(replica, 1, s_other);

        DivergenceOf(effects).Should().Be(new ClientMessage.Diverged("p", 0, 1, replica.Confirmed.Hash, s_other));
        effects[^1].Should().Be(new ReplicaEffect.Heal(0, 1));
        replica.Join("j2").Since.Should().BeNull("it is the state itself that is in doubt");
        replica.Divergences.Should().Be(1);
    }

    [Test]
    public void A_state_of_the_past_is_not_compared_and_one_of_the_future_is_a_gap()
    {
        var replica = Live();
        replica.Receive(Said.Created(2, "a"));

        Tell(replica, 1, s_other).Should().BeEmpty();
        Tell(replica, 4, s_other).OfType<ReplicaEffect.Trouble>().Should().ContainSingle().Which.Code.Should().Be("gap");
    }

    [Test]
    public void While_it_is_being_mended_no_further_difference_counts()
    {
        var replica = Live();
        Tell(replica, 1, s_other);
        replica.Receive(Said.Created(2, "a"));

        Tell(replica, 2, s_other).Should().BeEmpty();

        replica.Divergences.Should().Be(1);
    }

    [Test]
    public void One_that_comes_back_waits_longer_each_time_and_a_state_that_is_ours_ends_that()
    {
        var replica = Live();
        var pauses = new List<int>();

        for (var i = 0; i < 4; i++)
            pauses.Add(Mend(replica, Tell(replica, replica.Seq, s_other)));

        pauses.Should().Equal(0, 10_000, 20_000, 40_000);
        Tell(replica, replica.Seq, replica.Confirmed.Hash);
        Mend(replica, Tell(replica, replica.Seq, s_other)).Should().Be(0);
    }

    [Test]
    public void The_longest_wait_is_ten_minutes()
    {
        var replica = Live();

        Enumerable.Range(0, 40).Select(_ => Mend(replica, Tell(replica, replica.Seq, s_other))).Max().Should().Be(600_000);
    }

    [Test]
    public void Where_a_snapshot_did_not_help_it_says_that_it_is_astray()
    {
        var replica = Live();
        Mend(replica, Tell(replica, 1, s_other));
        replica.IsAstray.Should().BeFalse();

        Tell(replica, 1, s_other);

        replica.IsAstray.Should().BeTrue();
    }

    [Test]
    public void A_wait_that_is_not_needed_any_more_mends_nothing()
    {
        var replica = Live();
        Mend(replica, Tell(replica, 1, s_other));
        var heal = Tell(replica, 1, s_other).OfType<ReplicaEffect.Heal>().Single();
        replica.MustHeal(heal.N).Should().BeTrue();

        Tell(replica, 1, replica.Confirmed.Hash);

        replica.MustHeal(heal.N).Should().BeFalse();
        replica.Join("j9").Since.Should().NotBeNull();
    }

    [Test]
    public void A_snapshot_that_hashes_differently_is_taken_and_mended_like_any_other_difference()
    {
        var replica = new Replica("p", "secret-0123456789");
        replica.Join("j1");
        replica.Receive(Said.Joined("j1", 2));

        var effects = replica.Receive(Said.Snapshot(2, Said.Card("a", "{}")) with { Hash = s_other });

        replica.Seq.Should().Be(2);
        DivergenceOf(effects).Should().Be(new ClientMessage.Diverged("p", 0, 2, replica.Confirmed.Hash, s_other));
        effects[^1].Should().Be(new ReplicaEffect.Heal(0, 1));
        var again = Rejoin(replica, Said.Snapshot(2, Said.Card("a", "{}")) with { Hash = s_other });
        again[^1].Should().Be(new ReplicaEffect.Heal(10_000, 2), "a server that goes on telling it is not asked without end");
    }

    [Test]
    public void A_snapshot_that_is_older_than_what_we_had_brings_no_event_a_second_time()
    {
        var replica = Live();
        replica.Receive(Said.Created(2, "a"));
        Tell(replica, 2, s_other);

        Rejoin(replica, Said.Snapshot(1), head: 3);
        var told = new[] { Said.Created(2, "a"), Said.Created(3, "b") }.SelectMany(message => replica.Receive(message)).OfType<ReplicaEffect.Happened>();

        told.Select(effect => effect.Event.Seq).Should().Equal(3);
        replica.Confirmed.Ids().Should().Equal("a", "b");
    }

    [Test]
    public async Task The_client_says_it_and_joins_again_on_the_same_line_without_a_since()
    {
        using var server = new FakeServer();
        var troubles = new List<ProtocolException>();
        var (client, line) = await server.ConnectedAsync(server.Options with { OnTrouble = troubles.Add });
        await using var _ = client;

        await line.SayAsync(new ServerMessage.State("p", 1, s_other));

        (await line.HearAsync<ClientMessage.Diverged>()).Should().Be(new ClientMessage.Diverged("p", 0, 1, default, s_other));
        await line.HearAsync<ClientMessage.Leave>();
        var join = await line.HearAsync<ClientMessage.Join>();
        join.Since.Should().BeNull();
        await line.SayAsync(Said.Joined(join.Id, 1), Said.Snapshot(1, Said.Card("a", "{}")));
        await client.WaitUntilAsync(() => client.Store.Get("a") is not null, server.Deadline);
        (client.Divergences, server.Dialled).Should().Be((1, 1));
        troubles.Should().ContainSingle().Which.Divergence.Should().Be(new Divergence(0, 1, default, s_other));
    }

    [Test]
    public async Task A_second_time_it_waits_before_it_joins_again()
    {
        using var server = new FakeServer();
        var (client, line) = await server.ConnectedAsync();
        await using var _ = client;
        await line.SayAsync(new ServerMessage.State("p", 1, s_other));
        await line.HearAsync<ClientMessage.Diverged>();
        await line.HearAsync<ClientMessage.Leave>();
        var join = await line.HearAsync<ClientMessage.Join>();
        await line.SayAsync(Said.Joined(join.Id, 1), Said.Snapshot(1), new ServerMessage.State("p", 1, s_other));
        await line.HearAsync<ClientMessage.Diverged>();

        await server.Time.WaitForTimerAsync(due => due == TimeSpan.FromSeconds(10), server.Deadline);
        server.Time.Advance(TimeSpan.FromSeconds(10));

        while (await line.HearAsync<ClientMessage>() is not ClientMessage.Leave)
        {
        }
        (await line.HearAsync<ClientMessage.Join>()).Since.Should().BeNull();
        client.Divergences.Should().Be(2);
    }

    private static Replica Live()
    {
        var replica = new Replica("p", "secret-0123456789");
        replica.Join("j1");
        replica.Receive(Said.Joined("j1", 1));
        replica.Receive(Said.Snapshot(1));
        return replica;
    }

    private static ImmutableArray<ReplicaEffect> Tell(Replica replica, long seq, StateHash hash) => replica.Receive(new ServerMessage.State("p", seq, hash));

    private static ClientMessage.Diverged DivergenceOf(ImmutableArray<ReplicaEffect> effects) => effects.OfType<ReplicaEffect.Diverged>().Single().Message;

    /// <summary>Does what was asked for, without the wait, and returns how long that was.</summary>
    private static int Mend(Replica replica, ImmutableArray<ReplicaEffect> effects)
    {
        Rejoin(replica, Said.Snapshot(replica.Seq));
        return effects.OfType<ReplicaEffect.Heal>().Single().Ms;
    }

    private static ImmutableArray<ReplicaEffect> Rejoin(Replica replica, ServerMessage.Snapshot snapshot, long? head = null)
    {
        replica.Join("j2");
        replica.Receive(Said.Joined("j2", head ?? snapshot.Seq));
        return replica.Receive(snapshot);
    }
}
