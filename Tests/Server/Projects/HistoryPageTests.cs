using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
[TestFixture(PastBench.Memory)]
[TestFixture(PastBench.Files)]
public sealed class HistoryPageTests(string kind)
{
    private const string Project = Given.ProjectId;

    private PastBench _bench = null!;

    [SetUp]
    public void SetUp() => _bench = new(kind);

    [TearDown]
    public void TearDown() => _bench.Dispose();

    [TestCase(1, 5, 10, 1000, "1 2 3 4 5", null)]
    [TestCase(2, 4, 10, 1000, "2 3 4", null)]
    [TestCase(0, 2, 10, 1000, "1 2", null)]
    [TestCase(1, 5, 2, 1000, "1 2", 3L)]
    [TestCase(4, 5, 2, 1000, "4 5", null)]
    [TestCase(4, 3, 2, 1000, "", null)]
    [TestCase(6, 9, 2, 1000, "", null)]
    [TestCase(1, 5, 10, 25, "1 2", 3L, Description = "ten bytes each")]
    [TestCase(1, 5, 10, 1, "1", 2L, Description = "one at least, however large")]
    public async Task A_page_forwards_holds_the_events_asked_for_as_far_as_count_and_bytes_allow(
        long from, long to, int count, int bytes, string expected, long? next) =>
        (await PageAsync(new() { From = from, To = to }, count, bytes)).Should().Be((expected, next));

    [TestCase(null, 10, 1000, "5 4 3 2 1", null)]
    [TestCase(4L, 10, 1000, "3 2 1", null)]
    [TestCase(4L, 2, 1000, "3 2", 2L)]
    [TestCase(3L, 2, 1000, "2 1", null)]
    [TestCase(99L, 1, 1000, "5", 5L)]
    [TestCase(1L, 2, 1000, "", null)]
    [TestCase(0L, 2, 1000, "", null)]
    [TestCase(null, 10, 25, "5 4", 4L)]
    [TestCase(null, 10, 1, "5", 5L)]
    public async Task A_page_backwards_begins_with_the_newest_before(long? before, int count, int bytes, string expected, long? next) =>
        (await PageAsync(new() { Before = before }, count, bytes)).Should().Be((expected, next));

    [Test]
    public async Task What_is_forgotten_is_on_no_page()
    {
        var journal = await FiveAsync();

        Text(await HistoryPage.ReadAsync(journal, Project, new() { From = 1 }, 2, 5, new(10, 1000, 1000, 1000), default)).Should().Be(("3 4 5", null));
        Text(await HistoryPage.ReadAsync(journal, Project, new(), 2, 4, new(10, 1000, 1000, 1000), default)).Should().Be(("4 3", null));
        Text(await HistoryPage.ReadAsync(journal, Project, new(), 5, 5, new(10, 1000, 1000, 1000), default)).Should().Be(("", null));
    }

    [Test]
    public async Task Page_by_page_everything_that_is_wanted_comes_once_and_in_order([Range(1, 20)] int seed)
    {
        var (journal, chance) = (_bench.AJournal(), Given.Chance(seed));
        var events = await new AnyStory(chance).RecordAsync(journal, 300);
        for (var question = 0; question < 20; question++)
        {
            var query = AnyQuery(chance);
            var bounds = new PageBounds(chance.Next(1, 20), chance.Next(1, 5000), chance.Next(1, 400), chance.Next(1, 40_000));

            var read = await ReadAllAsync(journal, query, bounds);

            read.Should().Equal(Naive(events, query), $"{query} in {bounds}");
        }
    }

    [Test]
    public async Task However_little_is_found_a_page_looks_at_no_more_events_than_it_may_and_says_where_to_go_on()
    {
        var journal = new ScriptedJournal(await FiveAsync());
        foreach (var query in new HistoryQuery[] { new() { From = 1, By = "nobody" }, new() { By = "nobody" } })
        {
            journal.Read = default;
            var page = await HistoryPage.ReadAsync(journal, Project, query, 0, 5, new(1, 1000, 2, 1000), default);

            Text(page).Should().Be(("", query.From is null ? 4L : 3L));
            journal.Read.Entries.Should().BeLessThanOrEqualTo(3, "one more tells that there is more");
        }
    }

    [TestCase(1L, 101, 2L, Description = "ten bytes each")]
    [TestCase(1L, 10, 2L)]
    [TestCase(1L, 11, 3L)]
    [TestCase(null, 10, 5L)]
    [TestCase(null, 1, 5L, Description = "one at least is looked at")]
    public async Task However_little_is_found_a_page_looks_at_no_more_bytes_than_it_may_and_says_where_to_go_on(long? from, int bytes, long? next)
    {
        var page = await HistoryPage.ReadAsync(await FiveAsync(), Project, new() { From = from, By = "nobody" }, 0, 5, new(1, 1000, from is null ? 1 : 1000, bytes), default);

        Text(page).Should().Be(("", next is 2 && bytes > 50 ? null : next));
    }

    [Test]
    public async Task The_newest_are_found_without_reading_from_the_beginning()
    {
        var journal = new ScriptedJournal(await _bench.FilledAsync(20_000));

        var page = await HistoryPage.ReadAsync(journal, Project, new() { Entity = "e19990" }, 0, 20_000, new(1, 1000, 100_000, long.MaxValue), default);

        page.Events.Should().ContainSingle();
        page.Next.Should().BeInRange(19_700, 19_990, "there may be more before what was looked at");
        journal.Read.Entries.Should().BeLessThan(300);
    }

    [TestCase("e1", 150_000, null, Description = "many blocks back")]
    [TestCase("e1", 100_000, 50_001L)]
    [TestCase("e50001", 100_000, 50_001L)]
    public async Task What_lies_far_back_is_found_as_far_as_may_be_looked(string entity, int scanned, long? next)
    {
        var journal = await _bench.FilledAsync(150_000);

        var page = await HistoryPage.ReadAsync(journal, Project, new() { Entity = entity }, 0, 150_000, new(2, 1000, scanned, long.MaxValue), default);

        page.Next.Should().Be(next);
        page.Events.Should().HaveCount(entity == "e1" && next is not null ? 0 : 1);
    }

    [Test]
    public async Task Of_large_events_no_more_are_read_for_a_page_than_some_times_what_fits_on_it()
    {
        var journal = new ScriptedJournal(await _bench.FilledAsync(400, new string('x', 62_000)));

        var page = await HistoryPage.ReadAsync(journal, Project, new(), 0, 400, new(1000, 1024 * 1024, 100_000, long.MaxValue), default);

        page.Events.Select(PastBench.SeqOf).Should().Equal(Enumerable.Range(385, 16).Reverse().Select(seq => (long)seq));
        page.Next.Should().Be(385);
        journal.Read.Entries.Should().BeLessThan(80);
    }

    [TestCase(8, 263, Description = "megabytes")]
    [TestCase(16, 133)]
    public async Task Large_events_are_looked_at_as_far_as_bytes_allow_about(int megabytes, int next)
    {
        var journal = await _bench.FilledAsync(400, new string('x', 62_000));
        foreach (var from in new long?[] { 1, null })
        {
            var page = await HistoryPage.ReadAsync(
                journal, Project, new() { From = from, By = "nobody" }, 0, 400, new(1, 1000, 100_000, megabytes * 1024 * 1024), default);

            var looked = from is null ? 401 - page.Next : page.Next - 1;
            looked.Should().BeInRange(400 - next - 70, 400 - next + 30);
        }
    }

    [Test]
    public async Task Who_gives_up_is_not_kept()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await FluentActions.Awaiting(async () => await HistoryPage.ReadAsync(await FiveAsync(), Project, new(), 0, 5, new(1, 1, 100, 100), cancel.Token))
            .Should().ThrowAsync<OperationCanceledException>();
    }

    private static HistoryQuery AnyQuery(Random chance)
    {
        var query = chance.Next(3) switch
        {
            0 => new HistoryQuery { From = chance.Next(0, 310), To = chance.Next(2) == 0 ? chance.Next(0, 310) : null },
            1 => new HistoryQuery { Before = chance.Next(0, 310) },
            _ => new HistoryQuery(),
        };
        var entity = chance.Next(3) > 0 ? "abcde"[chance.Next(5)].ToString() : null;
        return query with
        {
            Entity = entity,
            Field = entity is not null && chance.Next(2) == 0 ? new[] { "votes", "title", "a", "none" }[chance.Next(4)] : null,
            By = chance.Next(3) == 0 ? new[] { "ann", "bob", "\"Cid\", ä", "nobody" }[chance.Next(4)] : null,
        };
    }

    private static async Task<List<long>> ReadAllAsync(IJournal journal, HistoryQuery query, PageBounds bounds)
    {
        var read = new List<long>();
        for (HistoryQuery? asked = query; asked is not null;)
        {
            var page = await HistoryPage.ReadAsync(journal, Project, asked, 0, 300, bounds, default);
            page.Events.Length.Should().BeLessThanOrEqualTo(bounds.Events);
            read.AddRange(page.Events.Select(json => new WireCodec(WireLimits.Trusted).TryDecodeEvent(json.Span)!.Seq));
            asked = page.Next is not { } next ? null : query.From is null ? query with { Before = next } : query with { From = next };
        }
        return read;
    }

    /// <summary>The same by other means: what an event says of itself on the wire.</summary>
    private static IEnumerable<long> Naive(IEnumerable<ProjectEvent> events, HistoryQuery query)
    {
        var wanted = events.Where(e => e.Seq >= (query.From ?? 0) && e.Seq <= (query.To ?? long.MaxValue) && e.Seq < (query.Before ?? long.MaxValue)
            && (query.By is null || e.By == query.By) && (query.Entity is null || IsAbout(e, query))).Select(e => e.Seq);
        return query.From is null ? wanted.Reverse() : wanted;
    }

    private static bool IsAbout(ProjectEvent happened, HistoryQuery query)
    {
        var root = System.Text.Json.JsonDocument.Parse(Given.Line(happened).Json).RootElement;
        return (happened.IsBatch ? root.GetProperty("ops").EnumerateArray().ToArray() : [root]).Any(op =>
            op.GetProperty("entity").GetString() == query.Entity && (query.Field is null || op.GetProperty("type").GetString() == "delete"
                || new[] { "data", "patch", "increment" }.Any(part => op.TryGetProperty(part, out var fields) && fields.TryGetProperty(query.Field, out _))));
    }

    private async Task<IJournal> FiveAsync()
    {
        var journal = _bench.AJournal();
        await journal.AppendAsync(Project, 0, [.. Enumerable.Range(1, 5).Select(seq => Given.Line(seq, $$"""{"seq": {{seq}}}"""))], CancellationToken.None);
        return journal;
    }

    private async Task<(string, long?)> PageAsync(HistoryQuery query, int count, int bytes) =>
        Text(await HistoryPage.ReadAsync(await FiveAsync(), Project, query, 0, 5, new(count, bytes, 1000, 1000), CancellationToken.None));

    private static (string, long?) Text(HistoryPage page) => (string.Join(' ', page.Events.Select(line => Given.Text(line.Span)[8..^1])), page.Next);
}
