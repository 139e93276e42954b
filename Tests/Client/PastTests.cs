using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

[Parallelizable]
public sealed class PastTests : ClientBench
{
    [Test]
    public async Task Forwards_goes_on_from_where_the_server_says_to_the_end()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;

        var (read, asked) = await ReadAsync(client.HistoryAsync(1, 9, Server.Deadline), line, Page(7, 1, 2), Page(null, 9));

        read.Should().Equal(1, 2, 9);
        asked.Should().Equal(new HistoryQuery { From = 1, To = 9, Limit = 500 }, new HistoryQuery { From = 7, To = 9, Limit = 500 });
    }

    [Test]
    public async Task Without_a_beginning_it_goes_backwards_from_the_present_over_pages_without_a_find()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var query = new HistoryQuery { Entity = "a", Field = "title", By = "ann" };

        var (read, asked) = await ReadAsync(client.HistoryAsync(query, Server.Deadline), line, Page(900), Page(8, 8), Page(null));

        read.Should().Equal(8);
        query = query with { Limit = 500 };
        asked.Should().Equal(query, query with { Before = 900 }, query with { Before = 8 });
    }

    [Test]
    public async Task A_limit_counts_over_all_pages_and_nothing_is_asked_beyond_it()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;

        var (read, asked) = await ReadAsync(client.HistoryAsync(new HistoryQuery { Before = 10, Limit = 3 }, Server.Deadline), line, Page(8, 9, 8), Page(7, 7));

        read.Should().Equal(9, 8, 7);
        asked.Select(query => query.Limit).Should().Equal(3, 1);
    }

    [Test]
    public async Task The_last_change_is_one_event_or_null()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var found = client.LastChangeAsync("a", "title", Server.Deadline);
        var asked = await AnswerAsync(line, Page(7, 7));
        var none = client.LastChangeAsync("a", ct: Server.Deadline);
        await AnswerAsync(line, Page(null));

        (await found)!.Seq.Should().Be(7);
        (await none).Should().BeNull();
        asked.Should().Be(new HistoryQuery { Entity = "a", Field = "title", Limit = 1 });
    }

    [Test]
    public async Task A_time_is_asked_for_to_the_millisecond()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var asking = client.AtAsync(new DateTimeOffset(2026, 11, 21, 9, 0, 0, 123, TimeSpan.FromHours(1)).AddTicks(4567), Server.Deadline);
        var asked = await line.HearAsync<ClientMessage.At>();

        await line.SayAsync(Said.Part(5, 1, 1, Said.Card("a", "{}")) with { Id = asked.Id });

        asked.Should().BeEquivalentTo(new { Seq = (long?)null, TimeMs = new DateTimeOffset(2026, 11, 21, 8, 0, 0, 123, TimeSpan.Zero).ToUnixTimeMilliseconds() });
        (await asking).Seq.Should().Be(5);
    }

    [Test]
    public async Task A_state_that_does_not_hash_as_it_should_is_not_given()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var good = Said.Card("a", "{}");
        foreach (var (card, isGood) in new[] { (good, true), (Said.Card("a", """{"votes":1}"""), false) })
        {
            var asking = client.AtAsync(5, Server.Deadline);
            var asked = await line.HearAsync<ClientMessage.At>();
            await line.SayAsync(
                Said.Part(5, 1, 2) with { Id = asked.Id },
                Said.Part(5, 2, 2, card) with { Id = asked.Id, Hash = ProjectState.FromSnapshot(5, [good]).Hash });

            if (isGood)
                (await asking).State.Entities.Should().ContainKey("a");
            else
                (await asking.Invoking(async task => await task).Should().ThrowAsync<ProtocolException>()).Which.Code.Should().Be("hash_mismatch");
        }
    }

    [Test]
    public async Task What_is_no_longer_kept_is_told_by_the_floor_which_each_page_brings()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var owned = client;
        client.Floor.Should().Be(0);

        var (read, _) = await ReadAsync(client.HistoryAsync(5, ct: Server.Deadline), line, floor: 200, Page(null, 201));

        read.Should().Equal(201);
        client.Floor.Should().Be(200);
    }

    private static async Task<(List<long> Read, List<HistoryQuery> Asked)> ReadAsync(
        IAsyncEnumerable<ProjectEvent> history, FakeLine line, params (long? Next, long[] Seqs)[] pages) =>
        await ReadAsync(history, line, floor: 0, pages);

    private static async Task<(List<long> Read, List<HistoryQuery> Asked)> ReadAsync(
        IAsyncEnumerable<ProjectEvent> history, FakeLine line, long floor, params (long? Next, long[] Seqs)[] pages)
    {
        var read = SeqsAsync();
        var asked = new List<HistoryQuery>();
        foreach (var page in pages)
            asked.Add(await AnswerAsync(line, page, floor));
        return (await read, asked);

        async Task<List<long>> SeqsAsync()
        {
            var seqs = new List<long>();
            await foreach (var happened in history)
                seqs.Add(happened.Seq);
            return seqs;
        }
    }

    private static async Task<HistoryQuery> AnswerAsync(FakeLine line, (long? Next, long[] Seqs) page, long floor = 0)
    {
        var asked = await line.HearAsync<ClientMessage.History>();
        ImmutableArray<ReadOnlyMemory<byte>> events = [.. page.Seqs.Select(seq => Given.Line(Given.Event(seq, new Change.Deleted("a"))).Json)];
        await line.SayAsync(new ServerMessage.HistoryResult(asked.Id, events, floor, page.Next is not null, page.Next));
        return asked.Query;
    }

    private static (long? Next, long[] Seqs) Page(long? next, params long[] seqs) => (next, seqs);
}
