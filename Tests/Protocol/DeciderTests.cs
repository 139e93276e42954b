using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class DeciderTests
{
    private static readonly ProjectState s_board = Given.State(
        Given.Entity("a", """{"title":"Milk","votes":3}""", version: 1), Given.Entity("b", """{"votes":9007199254740991}""", version: 1));

    private static IEnumerable<TestCaseData> Refused =>
    [
        new TestCaseData(Given.Create("a"), ErrorCode.Exists).SetArgDisplayNames("creating what is there"),
        new TestCaseData(Given.Patch("z", "{}"), ErrorCode.NotFound).SetArgDisplayNames("patching what is not there"),
        new TestCaseData(Given.Increment("z", "votes", 1), ErrorCode.NotFound).SetArgDisplayNames("counting what is not there"),
        new TestCaseData(Given.Delete("z"), ErrorCode.NotFound).SetArgDisplayNames("deleting what is not there"),
        new TestCaseData(Given.Patch("a", "{}", ifVersion: 2), ErrorCode.Conflict).SetArgDisplayNames("patching another version"),
        new TestCaseData(Given.Increment("a", "votes", 1, ifVersion: 2), ErrorCode.Conflict).SetArgDisplayNames("counting on another version"),
        new TestCaseData(Given.Delete("a", ifVersion: 0), ErrorCode.Conflict).SetArgDisplayNames("deleting another version"),
        new TestCaseData(Given.Increment("a", "title", 1), ErrorCode.Invalid).SetArgDisplayNames("counting a text"),
        new TestCaseData(Given.Increment("b", "votes", 1), ErrorCode.Invalid).SetArgDisplayNames("counting too far"),
        new TestCaseData(Given.Batch(Given.Batch(Given.Delete("a"))), ErrorCode.Invalid).SetArgDisplayNames("a batch in a batch"),
    ];

    [TestCaseSource(nameof(Refused))]
    public void What_may_not_happen_is_refused_and_changes_nothing(Command command, ErrorCode code)
    {
        var refusal = Decider.Decide(s_board, command, 2, StateLimits.Default, out var changes, out var after);

        refusal!.Code.Should().Be(code);
        changes.Should().BeEmpty();
        after.Should().BeSameAs(s_board);
    }

    [Test]
    public void A_conflict_shows_the_entity_as_it_is() =>
        Decide(s_board, Given.Patch("a", "{}", ifVersion: 2))!.Current.Should().BeSameAs(s_board.Entities["a"]);

    [Test]
    public void The_version_that_a_command_names_is_that_of_the_last_patch_and_not_of_votes()
    {
        var voted = Fold.Apply(s_board, new Change.Incremented("a", 1, [new("votes", 1)]));

        Decide(voted, Given.Patch("a", """{"title":"x"}""", ifVersion: 1)).Should().BeNull();
    }

    [Test]
    public void Every_field_that_cannot_be_counted_is_named()
    {
        var refusal = Decide(s_board, new Command.Increment("a", [new("title", 1), new("votes", 1), new("x", long.MaxValue)], null));

        refusal!.Errors!.Keys.Should().Equal("title", "x");
        refusal.Detail.Should().Be(ErrorDetails.BadEvent);
    }

    [Test]
    public void A_batch_takes_effect_as_a_whole_at_one_seq()
    {
        Decide(s_board, Given.Batch(Given.Create("c"), Given.Patch("c", """{"x":1}"""), Given.Delete("a")), out var changes, out var after).Should().BeNull();

        changes.Should().HaveCount(3);
        after.Entities.Keys.Should().Equal("b", "c");
        after.Entities["c"].Version.Should().Be(2);
    }

    [Test]
    public void A_batch_that_fails_somewhere_says_where_and_does_nothing()
    {
        var refusal = Decide(s_board, Given.Batch(Given.Create("c"), Given.Delete("c"), Given.Delete("c")), out var changes, out var after);

        (refusal!.Code, refusal.Op).Should().Be((ErrorCode.NotFound, 2));
        changes.Should().BeEmpty();
        after.Should().BeSameAs(s_board);
    }

    [Test]
    public void An_operation_sees_the_version_that_an_earlier_one_of_its_batch_made() =>
        Decide(s_board, Given.Batch(Given.Patch("a", """{"x":1}"""), Given.Patch("a", """{"x":2}""", ifVersion: 2))).Should().BeNull();

    [Test]
    public void A_command_alone_has_no_operation_index() => Decide(s_board, Given.Delete("z"))!.Op.Should().BeNull();

    [Test]
    public void The_same_command_on_the_same_state_is_decided_alike([Range(1, 20)] int seed)
    {
        var story = new AnyStory(Given.Chance(seed));
        for (var i = 0; i < 100; i++)
        {
            var command = story.AnyCommand(mayBatch: true);

            var answers = Enumerable.Range(0, 2).Select(time => (Decide(story.State, command, out _, out var after)?.ToString(), after.Hash)).ToArray();

            answers[0].Should().Be(answers[1]);
            story.Go();
        }
    }

    [Test]
    public void What_was_decided_folds_to_the_state_that_was_foreseen([Range(1, 20)] int seed)
    {
        var story = new AnyStory(Given.Chance(seed));
        for (var i = 0; i < 100; i++)
        {
            Decide(story.State, story.AnyCommand(mayBatch: true), out var changes, out var foreseen);

            changes.Aggregate(story.State, Fold.Apply).Hash.Should().Be(foreseen.Hash);
            story.Go();
        }
    }

    private static Refusal? Decide(ProjectState state, Command command) => Decide(state, command, out _, out _);

    private static Refusal? Decide(ProjectState state, Command command, out ImmutableArray<Change> changes, out ProjectState after) =>
        Decider.Decide(state, command, state.Seq + 1, StateLimits.Default, out changes, out after);
}
