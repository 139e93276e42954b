using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class FoldTests
{
    private static readonly ProjectState[] s_states =
    [
        ProjectState.Empty,
        Given.State(Given.Entity("a")),
        Given.State(Given.Entity("a", """{"votes":1,"title":"Milk"}"""), Given.Entity("b")),
        Given.State(Given.Entity("a", """{"votes":"many"}""")),
        Given.State(Given.Entity("a", """{"votes":9007199254740991}""")),
        Given.State(Given.Entity("a", """{"votes":{"nested":[]}}""")),
        Fold.Apply(ProjectState.Empty, new Change.Created("a", "card", 1, Given.Fields("""{"notes":{"$text":"Milk"},"votes":{"$text":"3"}}"""))),
    ];

    private static IEnumerable<Change> Changes =>
    [
        new Change.Created("a", "card", 7, Given.Fields("""{"title":"new"}""")),
        new Change.Created("c", "card", 7, JsonFields.Empty),
        new Change.Patched("a", 7, Given.Fields("""{"title":null,"x":{"y":1}}""")),
        new Change.Patched("a", 7, JsonFields.Empty),
        new Change.Incremented("a", 1, [new("votes", 1)]),
        new Change.Incremented("a", 1, [new("votes", long.MaxValue)]),
        new Change.Incremented("a", 1, [new("votes", long.MinValue)]),
        new Change.Incremented("a", 1, []),
        new Change.Edited("a", 1, "notes", Delta.Replace(4, 0, " and eggs"), 13),
        new Change.Edited("a", 1, "notes", Delta.Empty, 4),
        new Change.Edited("a", 1, "notes", Delta.Replace(2, 3, ""), 1), // it reaches too far
        new Change.Edited("a", 1, "votes", Delta.Replace(0, 1, "4"), 1),
        new Change.Edited("a", 1, "title", Delta.Replace(0, 0, "x"), 1),
        new Change.Patched("a", 7, Given.Fields("""{"notes":{"$text":"anew"}}""")),
        new Change.Patched("a", 7, Given.Fields("""{"notes":{"a":1}}""")),
        new Change.Patched("a", 7, Given.Fields("""{"notes":null,"title":{"$text":"x"}}""")),
        new Change.Deleted("a"),
        new Change.Deleted("nobody"),
        new Change.Patched("nobody", 7, Given.Fields("""{"x":1}""")),
        new Change.Incremented("nobody", 1, [new("votes", 1)]),
    ];

    [TestCaseSource(nameof(Changes))]
    public void No_change_throws_on_any_state(Change change)
    {
        foreach (var state in s_states)
            FluentActions.Invoking(() => Fold.Apply(state, change)).Should().NotThrow($"{change} on {state.Entities.Count} entities");
    }

    [Test]
    public void Every_type_of_change_moves_some_state()
    {
        var types = typeof(Change).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(Change)));

        foreach (var type in types)
        {
            Changes.Where(change => change.GetType() == type)
                .Any(change => s_states.Any(state => Fold.Apply(state, change).Hash != state.Hash))
                .Should().BeTrue($"{type.Name} must be folded, or replicas miss it silently");
        }
    }

    [TestCaseSource(nameof(Changes))]
    public void The_same_change_gives_the_same_state_and_leaves_the_old_one_as_it_was(Change change)
    {
        foreach (var state in s_states)
        {
            var before = Describe(state);

            var (first, second) = (Fold.Apply(state, change), Fold.Apply(state, change));

            Describe(first).Should().Be(Describe(second));
            Describe(state).Should().Be(before);
        }
    }

    [Test]
    public void Creating_what_is_there_changes_nothing()
    {
        var state = Given.State(Given.Entity("a", """{"x":1}"""));

        Fold.Apply(state, new Change.Created("a", "list", 9, JsonFields.Empty)).Should().BeSameAs(state);
    }

    [Test]
    public void A_patch_moves_the_version_and_an_increment_does_not()
    {
        var state = Given.State(Given.Entity("a", version: 3));

        Fold.Apply(state, new Change.Patched("a", 7, JsonFields.Empty)).Entities["a"].Version.Should().Be(7);
        Fold.Apply(state, new Change.Incremented("a", 7, [new("votes", 1)])).Entities["a"].Version.Should().Be(3);
    }

    [TestCase("{}", 5, "5")]
    [TestCase("""{"votes":3}""", -4, "-1")]
    [TestCase("""{"votes":9007199254740990}""", 1, "9007199254740991")]
    [TestCase("""{"votes":9007199254740991}""", 1, "9007199254740991", Description = "stays: the sum is beyond 2^53 - 1")]
    [TestCase("""{"votes":-9007199254740991}""", -1, "-9007199254740991")]
    [TestCase("""{"votes":1.5}""", 1, "1.5")]
    [TestCase("""{"votes":"1"}""", 1, "\"1\"")]
    [TestCase("""{"votes":null}""", 1, "null")]
    public void A_counter_counts_whole_numbers_within_bounds_and_else_stays(string data, long delta, string votes)
    {
        var state = Fold.Apply(Given.State(Given.Entity("a", data)), new Change.Incremented("a", 1, [new("votes", delta)]));

        state.Entities["a"].Data["votes"].Should().Be(Given.Value(votes));
    }

    [Test]
    public void An_event_moves_the_seq_and_takes_its_number_whatever_its_changes_do()
    {
        var state = Fold.Apply(ProjectState.Empty, Given.Event(1, "s", 5, new Change.Deleted("nobody")));

        (state.Seq, state.AtMs, state.StandingOf("s", 5)).Should().Be((1, 1001, Standing.Taken));
    }

    [Test]
    public void A_later_change_of_a_batch_sees_the_earlier_ones()
    {
        var state = Fold.Apply(ProjectState.Empty, Given.Event(
            1, new Change.Created("a", "card", 1, JsonFields.Empty), new Change.Incremented("a", 1, [new("votes", 2)]), new Change.Deleted("b")));

        state.Entities["a"].Data.ToString().Should().Be("""{"votes":2}""");
    }

    private static string Describe(ProjectState state) =>
        string.Join('\n', state.Entities.Values.Select(entity => entity.ToString()).Append($"{state.Seq} {state.Hash} {state.DataBytes}"));
}
