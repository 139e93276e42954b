using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class EventFilterTests
{
    private static readonly Change s_created = new Change.Created("a", "card", 1, Given.Fields("""{"title":"x","entity":"z"}"""));
    private static readonly Change s_patched = new Change.Patched("a", 1, Given.Fields("""{"title":"y"}"""));
    private static readonly Change s_removed = new Change.Patched("a", 1, Given.Fields("""{"title":null}"""));
    private static readonly Change s_counted = new Change.Incremented("a", 1, [new("votes", 1), new("title", 1)]);
    private static readonly Change s_edited = new Change.Edited("a", 1, "notes", EventOnly.Protocol.Text.Delta.Empty, 0);
    private static readonly Change s_deleted = new Change.Deleted("a");

    private static IEnumerable<TestCaseData> Cases =>
    [
        Case("made with it", "a", "title", true, s_created),
        Case("made without it", "a", "votes", false, s_created),
        Case("set", "a", "title", true, s_patched),
        Case("another field set", "a", "votes", false, s_patched),
        Case("removed", "a", "title", true, s_removed),
        Case("counted", "a", "title", true, s_counted),
        Case("another counted", "a", "list", false, s_counted),
        Case("written", "a", "notes", true, s_edited),
        Case("another written", "a", "title", false, s_edited),
        Case("the entity's end", "a", "title", true, s_deleted),
        Case("any change of the entity", "a", null, true, s_counted),
        Case("another entity", "b", null, false, s_deleted),
        Case("an entity whose name only stands in the data", "z", null, false, s_created),
        Case("one of a batch", "b", "title", true, s_patched, new Change.Patched("b", 1, Given.Fields("""{"title":1}"""))),
        Case("the entity in one of a batch and the field in another", "b", "title", false, s_patched, new Change.Deleted("c"), new Change.Patched("b", 1, Given.Fields("""{"votes":1}"""))),
    ];

    [TestCaseSource(nameof(Cases))]
    public void An_event_is_wanted_when_one_of_its_changes_touches_the_field(string entity, string? field, bool wanted, Change[] changes)
    {
        var happened = Given.Event(1, changes);
        var filter = EventFilter.Of(new() { Entity = entity, Field = field })!;

        filter.Matches(happened).Should().Be(wanted);
        if (wanted)
            filter.MayMatch(Given.Line(happened).Json.Span).Should().BeTrue();
    }

    [TestCase("ann", true)]
    [TestCase("an", false)]
    [TestCase("session", false)]
    public void An_event_is_wanted_when_it_is_of_the_author(string by, bool wanted) =>
        EventFilter.Of(new() { By = by })!.Matches(Given.Event(1, s_patched)).Should().Be(wanted);

    [Test]
    public void What_cannot_match_is_mostly_seen_by_its_bytes()
    {
        var line = Given.Line(Given.Event(1, s_patched)).Json.Span;

        EventFilter.Of(new() { Entity = "b" })!.MayMatch(line).Should().BeFalse();
        EventFilter.Of(new() { Entity = "a", By = "bob" })!.MayMatch(line).Should().BeFalse();
    }

    [Test]
    public void Without_a_wish_all_are_wanted() => EventFilter.Of(new HistoryQuery { Before = 5 }).Should().BeNull();

    private static TestCaseData Case(string name, string entity, string? field, bool wanted, params Change[] changes) =>
        new TestCaseData(entity, field, wanted, changes).SetArgDisplayNames(name);
}
