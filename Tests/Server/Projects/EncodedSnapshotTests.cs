using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class EncodedSnapshotTests
{
    [Test]
    public void An_empty_project_has_a_snapshot_of_one_part()
    {
        var part = Parts(ProjectState.Empty).Single();

        (part.Part, part.Parts, part.Entities.Length, part.Hash).Should().Be((1, 1, 0, StateHash.Empty));
    }

    [Test]
    public void The_parts_are_numbered_and_the_last_carries_the_hash()
    {
        var state = Large();

        var parts = Parts(state);

        parts.Should().HaveCountGreaterThan(3);
        parts.Select(part => (part.Part, part.Parts, part.Seq)).Should().Equal(Enumerable.Range(1, parts.Length).Select(i => (i, parts.Length, state.Seq)));
        parts.Select(part => part.Hash).Should().Equal([.. Enumerable.Repeat<StateHash?>(null, parts.Length - 1), state.Hash]);
    }

    [Test]
    public void The_parts_together_hold_every_entity_sorted_by_id()
    {
        var state = Large();

        Parts(state).SelectMany(part => part.Entities).Select(entity => entity.ToString())
            .Should().Equal(state.Entities.Values.Select(entity => entity.ToString()));
    }

    [Test]
    public void An_entity_larger_than_a_part_stands_in_one_of_its_own()
    {
        var large = Given.Entity("b", $$"""{"text":"{{new string('x', 100_000)}}"}""");

        Parts(Given.State(Given.Entity("a"), large, Given.Entity("c"))).Select(part => part.Entities.Length).Should().Equal(1, 1, 1);
    }

    [Test]
    public void For_a_request_every_part_carries_its_id() =>
        Parts(Large(), "h2").Should().OnlyContain(part => part.Id == "h2");

    [Test]
    public void For_a_request_a_part_is_made_when_it_is_asked_for()
    {
        var state = Given.State([.. Enumerable.Range(0, 200).Select(i => Given.Entity($"e{i}", $$"""{"text":"{{new string('x', 50_000)}}"}"""))]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var parts = EncodedSnapshot.PartsOf("apollo", state, "h2", out _).GetEnumerator();

        for (var part = 0; part < 3; part++)
            parts.MoveNext().Should().BeTrue();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2_000_000, "all of them are ten million");
    }

    [Test]
    public void How_large_it_is_can_be_told_before_it_is_made()
    {
        var snapshot = new EncodedSnapshot("apollo", Large());
        var told = snapshot.Bytes;

        ((double)told / Made(snapshot).Sum(frame => frame.Length)).Should().BeInRange(0.8, 1.2);
    }

    private static ServerMessage.Snapshot[] Parts(ProjectState state, string? id = null) =>
        [.. (id is null ? Made(new("apollo", state)) : EncodedSnapshot.PartsOf("apollo", state, id, out _)).Select(frame => Given.Messages(frame.Span).Single()).Cast<ServerMessage.Snapshot>()];

    private static ReadOnlyMemory<byte>[] Made(EncodedSnapshot snapshot)
    {
        snapshot.Make();
        return snapshot.Frames!;
    }

    private static ProjectState Large() =>
        Given.State([.. Enumerable.Range(0, 150).Select(i => Given.Entity($"e{i}", $$"""{"text":"{{new string('x', 1000)}}"}"""))]);
}
