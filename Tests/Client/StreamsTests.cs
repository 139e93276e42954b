using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>Streams: which events, from where, and what becomes of those that find no room.</summary>
[Parallelizable]
public sealed class StreamsTests : ClientBench
{
    [Test]
    public async Task A_stream_from_a_seq_reads_what_was_and_goes_on_with_what_happens_without_a_hole()
    {
        var (client, line) = await Server.ConnectedAsync(seq: 3);
        await using var _ = client;
        var events = client.EventsAsync(fromSeq: 2);
        await line.SayAsync(Said.Created(4, "d"));

        var reading = TakeAsync(events, 3);
        var asked = (await line.HearAsync<ClientMessage.History>());
        await line.SayAsync(Page(asked.Id, 2, 3));

        (await reading).Should().Equal(2, 3, 4);
        asked.Query.Should().Be(new HistoryQuery { From = 2, To = 3, Limit = 500 });
    }

    [Test]
    public async Task A_stream_from_a_seq_to_come_begins_there()
    {
        var (client, line) = await Server.ConnectedAsync(seq: 3);
        await using var _ = client;
        var events = client.EventsAsync(fromSeq: 5);

        await line.SayAsync(Said.Created(4, "d"), Said.Created(5, "e"));

        (await TakeAsync(events, 1)).Should().Equal(5);
    }

    [TestCase(3, new long[] { 3 })]
    [TestCase(2, new long[] { })]
    public async Task A_stream_from_a_seq_that_is_no_longer_kept_says_what_is_missing(int missing, long[] kept)
    {
        var (client, line) = await Server.ConnectedAsync(seq: 3);
        await using var _ = client;
        var reading = TakeAsync(client.EventsAsync(fromSeq: 2), 2);

        await line.SayAsync(Page((await line.HearAsync<ClientMessage.History>()).Id, kept));

        var hole = (await reading.Invoking(async task => await task).Should().ThrowAsync<EventsMissedException>()).Which;
        (hole.FromSeq, hole.ToSeq).Should().Be((2, kept is [] ? 3 : 2));
        missing.Should().BePositive();
    }

    [Test]
    public async Task The_oldest_makes_room_where_that_was_asked_for_and_is_counted()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { StreamItemsMax = 2 });
        await using var _ = client;
        var events = client.EventsAsync(overflow: Overflow.DropOldest);

        await line.SayAsync(Said.Created(2, "a"), Said.Created(3, "b"), Said.Created(4, "c"));
        await client.WaitForSeqAsync(4, Server.Deadline);

        (await TakeAsync(events, 2)).Should().Equal(3, 4);
        events.Dropped.Should().Be(1);
    }

    [Test]
    public void A_filter_wants_what_has_all_that_it_names()
    {
        var created = Given.Event(1, new Change.Created("a", "card", 1, JsonFields.Empty));
        var patched = Given.Event(2, new Change.Patched("a", 2, JsonFields.Empty));
        var both = Given.Event(3, new Change.Patched("a", 2, JsonFields.Empty), new Change.Deleted("b"));
        var strange = Given.Event(4) with { By = "bob" };
        ProjectEvent[] all = [created, patched, both, strange];

        Wanted(new()).Should().Equal(1, 2, 3, 4);
        Wanted(EventFilter.OfType("create")).Should().Equal(1);
        Wanted(EventFilter.OfType("update")).Should().Equal(2, 3);
        Wanted(EventFilter.OfType("delete")).Should().Equal(3);
        Wanted(EventFilter.OfEntity("b")).Should().Equal(3);
        Wanted(new() { Entity = "b", Type = "update" }).Should().BeEmpty("it is another operation of the batch that is one");
        Wanted(new() { Kind = "card" }).Should().Equal(1);
        Wanted(new() { By = "bob" }).Should().Equal(4);
        Wanted(new() { By = "ann", Type = "update" }).Should().Equal(2, 3);

        IEnumerable<long> Wanted(EventFilter filter) => all.Where(filter.Wants).Select(happened => happened.Seq);
    }

    private static ServerMessage.HistoryResult Page(string id, params long[] seqs) =>
        new(id, [.. seqs.Select(seq => Given.Line(Given.Event(seq, new Change.Deleted("a"))).Json)], 0, false);

    private async Task<List<long>> TakeAsync(Subscription<ProjectEvent> events, int count)
    {
        var seqs = new List<long>();
        await foreach (var happened in events.WithCancellation(Server.Deadline))
        {
            seqs.Add(happened.Seq);
            if (seqs.Count == count)
                break;
        }
        return seqs;
    }
}
