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
