using System.Globalization;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class QueriesTests
{
    private const int PageBytes = 1024 * 1024;

    private static readonly ProjectState s_board = Given.State(
        Given.Entity("c1", """{"list":"todo","title":"Milk","votes":3}"""),
        Given.Entity("c2", """{"list":"todo","title":"milk chocolate","votes":10}"""),
        Given.Entity("c3", """{"list":"done","title":"Mirror","votes":null}"""),
        Given.Entity("c4", """{"title":"Eggs","note":"Milkman"}"""),
        Given.Entity("l1", """{"title":"Milk list"}""", kind: "list"));

    [Test]
    public void Without_conditions_all_come_by_id() => Ids(new()).Should().Be("c1 c2 c3 c4 l1");

    [Test]
    public void A_kind_is_matched_exactly() => Ids(new() { Kind = "list" }).Should().Be("l1");

    [TestCase("""{"list":"todo"}""", "c1 c2")]
    [TestCase("""{"list":"todo","votes":3.0}""", "c1")]
    [TestCase("""{"list":"Todo"}""", "")]
    [TestCase("""{"votes":"3"}""", "")]
    [TestCase("""{"votes":null}""", "c3 c4 l1", Description = "a field that is not there equals null")]
    public void Where_asks_for_equality(string where, string ids) => Ids(new() { Where = Given.Fields(where) }).Should().Be(ids);

    [TestCase("title", "mi", "c1 c2 c3 l1")]
    [TestCase("title", "MILK", "c1 c2 l1")]
    [TestCase("title", "ilk", "")]
    [TestCase("title", "", "c1 c2 c3 c4 l1")]
    [TestCase("votes", "3", "", Description = "only texts have a prefix")]
    [TestCase("*", "milk", "c1 c2 c4 l1")]
    [TestCase("nowhere", "", "")]
    public void Match_asks_for_a_prefix_ignoring_case(string field, string prefix, string ids) =>
        Ids(new() { Match = [new(field, prefix)] }).Should().Be(ids);

    [Test]
    public void All_conditions_must_hold() =>
        Ids(new() { Kind = "card", Where = Given.Fields("""{"list":"todo"}"""), Match = [new("title", "milk"), new("title", "milk c")] }).Should().Be("c2");

    [TestCase("votes", false, "c3 c4 l1 c1 c2")]
    [TestCase("votes", true, "c2 c1 c3 c4 l1", Description = "ties go by id even then")]
    [TestCase("title", false, "c4 c1 l1 c3 c2")]
    [TestCase("nowhere", true, "c1 c2 c3 c4 l1")]
    public void Sort_orders_by_a_field_and_then_by_id(string sort, bool descending, string ids) =>
        Ids(new() { Sort = sort, Descending = descending }).Should().Be(ids);

    [Test]
    public void Values_of_different_types_have_one_order()
    {
        var values = new[] { "null", "false", "true", "-5", "1.5", "10", "\"\"", "\"10\"", "\"9\"", "[]", "{}" };
        var state = Given.State([.. values.Select((value, i) => Given.Entity(string.Create(CultureInfo.InvariantCulture, $"e{values.Length - i:00}"), $$"""{"x":{{value}}}"""))]);

        Run(state, new() { Sort = "x" }).Select(entity => entity.Data["x"]!.Value.ToString()).Should().Equal(values);
    }

    [Test]
    public void More_says_whether_there_is_more([Values(null, "votes")] string? sort, [Values(4, 5, 6)] int limit) =>
        Queries.Run(s_board, new() { Sort = sort }, limit, PageBytes, CancellationToken.None).More.Should().Be(limit < 5);

    [Test]
    public void A_cursors_value_means_nothing_where_the_order_is_by_id() =>
        Ids(new() { After = new("c2", Given.Value("3")) }).Should().Be("c3 c4 l1");

    [Test]
    public void An_entity_may_be_gone_and_its_cursor_still_marks_its_place() =>
        Ids(new() { Sort = "votes", After = new("c0-deleted", Given.Value("3")) }).Should().Be("c1 c2");

    [Test]
    public void Any_query_gives_what_sorting_everything_would([Range(1, 30)] int seed)
    {
        var chance = Given.Chance(seed);
        var state = AnyState(chance);
        var query = new Query { Sort = "votes", Descending = chance.Next(2) == 0 };
        var limit = chance.Next(1, 30);

        var (items, more) = Queries.Run(state, query, limit, PageBytes, CancellationToken.None);

        var sorted = Run(state, query);
        items.Should().Equal(sorted.Take(limit));
        more.Should().Be(sorted.Length > limit);
    }

    [Test]
    public void Paging_shows_everything_exactly_once([Range(1, 30)] int seed, [Values(null, "votes")] string? sort)
    {
        var chance = Given.Chance(seed);
        var state = AnyState(chance);
        var query = new Query { Sort = sort, Descending = sort is not null && chance.Next(2) == 0 };

        var seen = Paged(state, query, chance.Next(1, 8));

        seen.Should().Equal(Run(state, query));
        seen.Should().HaveCount(state.Entities.Count).And.OnlyHaveUniqueItems();
    }

    [Test]
    public void A_page_ends_early_where_its_items_are_large_and_the_next_goes_on()
    {
        var state = Given.State([.. Enumerable.Range(10, 9).Select(i => Given.Entity($"e{i}", $$"""{"text":"{{new string('x', 250_000)}}"}"""))]);

        var (items, more) = Queries.Run(state, new(), 500, PageBytes, CancellationToken.None);

        (items.Length, more).Should().Be((4, true));
        Paged(state, new(), 500).Should().HaveCount(9);
    }

    [Test]
    public void An_item_larger_than_a_page_comes_alone()
    {
        var state = Given.State(Given.Entity("a", $$"""{"text":"{{new string('x', 2_000_000)}}"}"""), Given.Entity("b"));

        Queries.Run(state, new(), 500, PageBytes, CancellationToken.None).Items.Should().ContainSingle();
    }

    [Test]
    public void A_query_that_was_given_up_stops()
    {
        var state = Given.State([.. Enumerable.Range(0, 2000).Select(i => Given.Entity($"e{i}"))]);

        FluentActions.Invoking(() => Queries.Run(state, new() { Kind = "none" }, 1, PageBytes, new CancellationToken(canceled: true)))
            .Should().Throw<OperationCanceledException>();
    }

    private static string Ids(Query query) => string.Join(' ', Run(s_board, query).Select(entity => entity.Id));

    private static Entity[] Run(ProjectState state, Query query) => [.. Queries.Run(state, query, int.MaxValue - 1, PageBytes, CancellationToken.None).Items];

    /// <summary>Page after page, as a client asks: the cursor is the last item's id and its value of the sort field.</summary>
    private static List<Entity> Paged(ProjectState state, Query query, int limit)
    {
        var seen = new List<Entity>();
        for (var more = true; more; query = query with { After = new(seen[^1].Id, query.Sort is null ? null : seen[^1].Data[query.Sort]) })
        {
            (var items, more) = Queries.Run(state, query, limit, PageBytes, CancellationToken.None);
            items.Length.Should().BeInRange(1, limit);
            seen.AddRange(items);
        }
        return seen;
    }

    private static ProjectState AnyState(Random chance)
    {
        string[] values = ["""{"votes":1}""", """{"votes":2}""", """{"votes":-1.5}""", """{"votes":"2"}""", """{"votes":null}""", """{"votes":[1]}""", """{"votes":true}""", "{}"];
        return Given.State([.. Enumerable.Range(0, 40).Select(i => Given.Entity($"e{i}", values[chance.Next(values.Length)]))]);
    }
}
