using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class DeciderLimitsTests
{
    private static readonly ProjectState s_board = Given.State(
        Given.Entity("a", """{"text":"a long text that takes some room"}"""), Given.Entity("b", """{"x":1,"y":2}"""));

    private static readonly long s_bytes = s_board.DataBytes;

    private static IEnumerable<TestCaseData> TooLarge =>
    [
        Case("another entity", new() { Entities = 2 }, Given.Create("c")),
        Case("another entity in a batch", new() { Entities = 3 }, Given.Batch(Given.Create("c"), Given.Create("d"))),
        Case("another field", new() { EntityFields = 2 }, Given.Patch("b", """{"z":1}""")),
        Case("a new entity of many fields", new() { EntityFields = 2 }, Given.Create("c", """{"x":1,"y":2,"z":3}""")),
        Case("another field for fewer bytes", new() { EntityFields = 1 }, Given.Patch("a", """{"text":"","y":1}""")),
        Case("a larger entity", new() { EntityBytes = 20 }, Given.Patch("b", """{"x":"0123456789"}""")),
        Case("a counter's next digit", new() { EntityBytes = 13 }, Given.Increment("b", "x", 10)),
        Case("a larger project", new() { ProjectBytes = s_bytes + 2 }, Given.Create("c", """{"x":1}""")),
        Case("another field by a counter", new() { EntityFields = 2 }, Given.Increment("b", "z", 1)),
    ];

    private static IEnumerable<TestCaseData> Allowed =>
    [
        Case("a delete", new() { Entities = 1, EntityBytes = 1, EntityFields = 1, ProjectBytes = 1 }, Given.Delete("a")),
        Case("a smaller field", new() { EntityBytes = 10, ProjectBytes = 10 }, Given.Patch("a", """{"text":"short"}""")),
        Case("a field less", new() { EntityFields = 0 }, Given.Patch("b", """{"x":null}""")),
        Case("a change of the same size", new() { EntityFields = 1, EntityBytes = 1, ProjectBytes = 1 }, Given.Patch("b", """{"x":3}""")),
        Case("a swap of one entity for another", new() { Entities = 2 }, Given.Batch(Given.Delete("b"), Given.Create("c"))),
        Case("up to the limit", new() { Entities = 3, EntityFields = 2, EntityBytes = 13, ProjectBytes = s_bytes + 7 }, Given.Create("c", """{"x":1}""")),
    ];

    [TestCaseSource(nameof(TooLarge))]
    public void Beyond_a_limit_nothing_grows(StateLimits limits, Command command)
    {
        var refusal = Decider.Decide(s_board, command, 2, limits, out var changes, out var after);

        refusal!.Code.Should().Be(ErrorCode.TooLarge);
        changes.Should().BeEmpty();
        after.Should().BeSameAs(s_board);
    }

    [TestCaseSource(nameof(Allowed))]
    public void What_makes_nothing_larger_is_allowed_even_above_a_lowered_limit(StateLimits limits, Command command) =>
        Decider.Decide(s_board, command, 2, limits, out _, out _).Should().BeNull();

    [Test]
    public void A_made_id_is_new_and_the_same_in_every_replay()
    {
        var state = Given.State(Given.Entity("e-2.1"));
        var command = Given.Batch(Given.Create(null), Given.Create(null), Given.Create(null));

        var made = Enumerable.Range(0, 2).Select(time =>
        {
            Decider.Decide(state, command, 2, StateLimits.Default, out var changes, out _);
            return changes.Select(change => change.Entity).ToArray();
        }).ToArray();

        made[0].Should().OnlyHaveUniqueItems().And.NotContain("e-2.1").And.Equal(made[1]);
    }

    [Test]
    public void A_made_id_is_a_name_however_many_ids_were_taken_to_spite_it()
    {
        var state = ProjectState.Empty;
        for (var i = 0; i < 100; i++)
        {
            Decider.Decide(state, Given.Create(null), 2, StateLimits.Default, out var changes, out state).Should().BeNull();

            Names.IsName(changes[0].Entity).Should().BeTrue(changes[0].Entity);
        }
        state.Entities.Should().HaveCount(100);
    }

    private static TestCaseData Case(string what, StateLimits limits, Command command) =>
        new TestCaseData(limits, command).SetArgDisplayNames(what);
}
