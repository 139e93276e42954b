using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class SnapshotCacheTests
{
    private static readonly string s_kilobyte = new('x', 1000);

    [Test]
    public void A_thousand_that_join_at_once_share_one_encoding()
    {
        var (cache, state) = (new SnapshotCache("apollo", new Tape(1000)), ProjectState.FromSnapshot(0, [Given.Entity("a")]));

        Enumerable.Range(0, 1000).Select(_ => cache.For(state, null, out var _)).Distinct().Count().Should().Be(1);
    }

    [Test]
    public void Who_agreed_to_compression_shares_one_encoding_and_who_did_not_another()
    {
        var (tape, state) = (new Tape(1000), Large());
        tape.StartAfter(state.Seq);
        var cache = new SnapshotCache("apollo", tape);

        var snapshots = Enumerable.Range(0, 1000).Select(i => cache.For(state, i % 3 == 0 ? 1024 : null, out var _)).Distinct().ToArray();

        snapshots.Length.Should().Be(2);
        cache.Unmade.SequenceEqual(snapshots).Should().BeTrue("each is to be made once, and beside the project");
    }

    [Test]
    public void A_storm_over_many_turns_in_which_others_go_on_costs_one_encoding_and_all_get_the_same_bytes()
    {
        var bench = Given.AProject().WithEntities([.. Large().Entities.Values]).WithMembers("bob");
        var joiners = new List<Guest>();
        for (var n = 1; n <= 100; n++)
        {
            joiners.Add(bench.Enter($"m{n}", compressFrom: 1024));
            bench.Submit("bob", n, Given.Create($"new-{n}"));
        }

        var parts = joiners.Select(joiner => joiner.TakeSnapshot()).ToArray();

        bench.SnapshotsMade.Should().Be(2, "one for bob, one for all that came later and agreed to compression");
        parts.Should().OnlyContain(taken => taken.Count == parts[0].Count && taken.Zip(parts[0]).All(pair => pair.First.Equals(pair.Second)), "the same memory, not only the same bytes");
        parts[0][0].Span[0].Should().Be(0xC1);
    }

    [Test]
    public void While_a_snapshot_is_being_made_its_members_wait_and_nobody_else_does()
    {
        var bench = Given.AProject().WithEntities([.. Large().Entities.Values]).WithMembers("bob");
        bench["bob"].Heard();
        bench.MakesSnapshots = false;
        var late = bench.Enter("late", compressFrom: 1024);

        bench.Submit("bob", 1, Given.Create("meanwhile"));
        var (heardByBob, heardByLate, wakes) = (bench["bob"].HeardNow(), late.Heard(), late.Wakes);
        bench.Project.UnmadeSnapshots.Single().Make();

        heardByBob.Should().Contain(message => message is ServerMessage.Happened);
        heardByLate.Should().AllBeOfType<ServerMessage.Joined>("the tail comes after the snapshot");
        late.Wakes.Should().Be(wakes + 1, "it is told once it can go on");
        late.TakeSnapshot().Should().NotBeEmpty();
        late.Events().Single().Seq.Should().Be(bench.State.Seq);
    }

    [Test]
    public void Who_waits_for_a_snapshot_that_cannot_be_made_is_sent_away()
    {
        var bench = Given.AProject().WithEntities([.. Large().Entities.Values]);
        bench.MakesSnapshots = false;
        var ann = bench.Enter("ann");

        bench.Project.UnmadeSnapshots.Single().Fail();

        ann.EndedBy.Should().Be(CloseCode.ServerFault);
        bench.Enter("bob");
        bench.Project.UnmadeSnapshots.Should().HaveCount(2, "who comes later has another one made").And.OnlyHaveUniqueItems();
    }

    [Test]
    public void Who_comes_while_one_is_being_made_waits_for_the_same_whatever_happens_meanwhile()
    {
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 16 * 1024 * 1024 }).WithEntities([.. Large().Entities.Values]);
        bench.MakesSnapshots = false;
        var ann = bench.Enter("ann");
        for (var n = 1; n <= 200; n++)
            bench.Submit("ann", n, Given.Create($"late{n:d3}", $$"""{"text":"{{s_kilobyte}}"}"""));

        var bob = bench.Enter("bob");

        bench.Project.UnmadeSnapshots.Should().ContainSingle().Which.Make();
        foreach (var guest in new[] { ann, bob })
            guest.Events().Select(happened => happened.Seq).Should().Equal(Enumerable.Range(151, 200).Select(seq => (long)seq));
    }

    private static ProjectState Large() =>
        Given.State([.. Enumerable.Range(0, 150).Select(i => Given.Entity($"e{i:d3}", $$"""{"text":"{{s_kilobyte}}"}"""))]);

    [Test]
    public void A_kept_snapshot_is_followed_by_all_that_happened_since()
    {
        var bench = Given.AProject().WithEntities(Given.Entity("a")).WithMembers("bob");
        bench.Enter("early").Heard();

        bench.Submit("bob", 1, Given.Create("b"));
        bench.Submit("bob", 2, Given.Create("c"));
        var late = bench.Enter("late");

        late.Heard<ServerMessage.Snapshot>().Seq.Should().Be(1, "it is the one made for the first that joined");
        late.Events().Select(happened => happened.Seq).Should().Equal(2, 3);
        late.Heard<ServerMessage.Joined>().Head.Seq.Should().Be(3);
    }

    [Test]
    public void A_snapshot_whose_tail_has_grown_large_is_made_anew()
    {
        var bench = Given.AProject().WithMembers("bob");
        bench.Enter("early").Heard();
        for (var n = 1; n <= 70; n++)
            bench.Submit("bob", n, Given.Create(null, $$"""{"text":"{{s_kilobyte}}"}"""));

        var late = bench.Enter("late");

        late.Heard().OfType<ServerMessage.Snapshot>().Should().OnlyContain(part => part.Seq == 70);
        late.Events().Should().BeEmpty();
    }

    [Test]
    public void A_snapshot_whose_tail_has_left_the_tape_is_made_anew()
    {
        var tape = new Tape(100);
        var cache = new SnapshotCache("apollo", tape);
        var kept = cache.For(ProjectState.Empty, null, out _);
        for (var i = 0; i < 20; i++)
            tape.Publish(new byte[3000]);
        var now = ProjectState.FromSnapshot(20, []);

        cache.For(now, null, out var position).Should().NotBeSameAs(kept);

        position.Should().Be(tape.Head);
    }

    [Test]
    public void Whenever_one_joins_snapshot_and_tail_lead_to_the_same_state([Range(1, 20)] int seed)
    {
        var chance = Given.Chance(seed);
        var story = new AnyStory(chance);
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 64 * 1024 }).WithMembers("bob");
        var joiners = new List<Guest>();
        for (var n = 1; n <= 300; n++)
        {
            bench.Submit("bob", n, chance.Next(10) == 0 ? Given.Create(null, $$"""{"text":"{{s_kilobyte}}"}""") : story.AnyCommand(mayBatch: true));
            story.Go();
            if (chance.Next(10) == 0)
                joiners.Add(bench.Enter($"m{n}"));
            joiners.ForEach(joiner => joiner.Heard());
        }

        foreach (var joiner in joiners)
        {
            var parts = joiner.Heard().OfType<ServerMessage.Snapshot>().ToArray();
            var state = ProjectState.FromSnapshot(parts[0].Seq, parts.SelectMany(part => part.Entities));
            parts[^1].Hash.Should().Be(state.Hash);
            joiner.Events().Select(happened => happened.Seq).Should().Equal(Enumerable.Range(0, (int)(bench.State.Seq - state.Seq)).Select(i => state.Seq + 1 + i));
            joiner.Events().Aggregate(state, Fold.Apply).Hash.Should().Be(bench.State.Hash);
        }
    }
}
