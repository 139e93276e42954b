using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>A client looks back over a real server: every moment is the fold of what was before it, every filter finds what a look at all events finds.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TimeTravelTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Any_moment_by_seq_and_by_time_is_the_fold_of_what_was_before_it([Range(1, 3)] int seed)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:PastStatesMax=3");
        using var deadline = new CancellationTokenSource(s_patience);
        await using var client = await ConnectAsync(server, "ann");
        var chance = Given.Chance(seed);
        var events = await LiveAsync(client, chance, deadline.Token);
        var states = new List<ProjectState> { ProjectState.Empty };
        foreach (var happened in events)
            states.Add(Fold.Apply(states[^1], happened));

        for (var jump = 0; jump < 60; jump++)
        {
            var bySeq = chance.Next(0, events.Count + 1);
            var time = events[chance.Next(events.Count)].AtMs + chance.Next(-1, 2);
            var byTime = events.LastOrDefault(happened => happened.AtMs <= time)?.Seq ?? 0;

            ShouldBe(await client.ServerStateAtAsync(bySeq, deadline.Token), states[bySeq]);
            var past = await client.AtAsync(bySeq, deadline.Token);
            ShouldBe(past.State, states[bySeq]);
            past.At?.ToUnixTimeMilliseconds().Should().Be(bySeq == 0 ? null : events[bySeq - 1].AtMs);
            past.Live.Should().Be(events.Count - bySeq);
            ShouldBe((await client.AtAsync(DateTimeOffset.FromUnixTimeMilliseconds(time), deadline.Token)).State, states[(int)byTime]);
        }

        ShouldBe((await client.AtAsync(DateTimeOffset.MaxValue, deadline.Token)).State, states[^1]);
        ShouldBe((await client.AtAsync(DateTimeOffset.UnixEpoch, deadline.Token)).State, ProjectState.Empty);
        (await client.Invoking(c => c.AtAsync(events.Count + 1L, deadline.Token)).Should().ThrowAsync<RejectedException>()).Which.Refusal.Code.Should().Be(ErrorCode.Gone);
    }

    [Test]
    public async Task A_filter_finds_what_a_look_at_all_events_finds([Range(1, 3)] int seed)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:HistoryEventsMax=7", "--EventOnly:Connections:HistoryScanMax=1000");
        using var deadline = new CancellationTokenSource(s_patience);
        await using var client = await ConnectAsync(server, "ann");
        var events = await LiveAsync(client, Given.Chance(seed), deadline.Token);
        foreach (var (entity, field) in new[] { ("a", "votes"), ("b", "title"), ("c", null), ("d", "none"), ("nobody", null) })
        {
            var expected = events.Where(happened => happened.Changes.Any(change => change.Entity == entity && Touches(change, field))).Select(e => e.Seq).ToArray();

            (await SeqsAsync(client.HistoryAsync(new HistoryQuery { From = 1, Entity = entity, Field = field }, deadline.Token))).Should().Equal(expected);
            (await SeqsAsync(client.HistoryAsync(new HistoryQuery { Entity = entity, Field = field }, deadline.Token))).Should().Equal(expected.Reverse());
            var last = await client.LastChangeAsync(entity, field, deadline.Token);
            (last?.Seq ?? 0).Should().Be(expected.LastOrDefault());
        }
        (await SeqsAsync(client.HistoryAsync(new HistoryQuery { By = "bob" }, deadline.Token))).Should().BeEmpty();
        (await SeqsAsync(client.HistoryAsync(new HistoryQuery { Before = 20, Limit = 12 }, deadline.Token))).Should().Equal(Enumerable.Range(8, 12).Reverse().Select(seq => (long)seq));
    }

    [Test]
    public async Task A_page_that_finds_nothing_ends_early_and_says_where_to_go_on()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:HistoryScanMax=1000");
        await using var ann = await server.JoinAsync();
        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"b","kind":"card","data":{}}""");
        for (var n = 2; n <= 1200; n++)
        {
            await ann.SayAsync($$$"""{"type":"update","project":"apollo","n":{{{n}}},"entity":"b","increment":{"votes":1}}""");
            if (n % 50 == 0)
                await ann.HearAsync("update", heard => heard.Number("seq") == n);
        }

        var page = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","last":1,"by":"nobody"}""");
        var rest = await ann.RequestAsync($$"""{"type":"history","id":"$id","project":"apollo","before":{{page.Number("next")}},"limit":1,"by":"nobody"}""");

        (page.Flag("more"), page.Number("next")).Should().Be((true, 201));
        rest.Flag("more").Should().BeFalse();
        rest.Has("next").Should().BeFalse();
    }

    [Test]
    public async Task A_question_that_is_given_up_costs_the_next_one_nothing()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:QueriesInFlightMax=1", "--EventOnly:Projects:PastStatesMax=0");
        using var deadline = new CancellationTokenSource(s_patience);
        CancellationTokenSource? giveUp = null;
        var sent = 0;
        await using var client = await EventOnlyClient.ConnectAsync(server.Uri, new()
        {
            Project = "apollo", OnFrame = (isOut, frame) =>
            {
                if (isOut && frame.Span.IndexOf("history"u8) >= 0 && ++sent % 3 == 2)
                    giveUp?.Cancel(); // at the moment its question goes out, when the next one waits already
            },
        });
        for (var i = 0; i < 300; i++)
            await client.CreateAsync("card", JsonFields.Empty, ct: deadline.Token);

        for (var round = 1; round <= 20; round++)
        {
            giveUp = new();
            var (before, given, next) = (client.ServerStateAtAsync(round, deadline.Token), client.ServerStateAtAsync(200 + round, giveUp.Token), client.ServerStateAtAsync(100 + round, deadline.Token));
            await before;

            await given.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
            (await next).Seq.Should().Be(100 + round);
            giveUp.Dispose();
        }
    }

    private static Task<EventOnlyClient> ConnectAsync(LiveServer server, string name) =>
        EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "apollo", UserName = name });

    /// <summary>A random story, lived by a client; its events as the server tells them to who listens.</summary>
    private static async Task<List<ProjectEvent>> LiveAsync(EventOnlyClient client, Random chance, CancellationToken deadline)
    {
        var heard = client.EventsAsync();
        var story = new AnyStory(chance);
        for (var step = 0; step < 80; step++)
        {
            try
            {
                await client.SubmitAsync(story.AnyCommand(mayBatch: true), deadline);
            }
            catch (RejectedException)
            {
                // It does not fit, which is no part of the past.
            }
        }
        var events = new List<ProjectEvent>();
        await foreach (var happened in heard.WithCancellation(deadline))
        {
            events.Add(happened);
            if (happened.Seq == client.Seq)
                break;
        }
        return events;
    }

    private static bool Touches(Change change, string? field) => field is null || change switch
    {
        Change.Created created => created.Data.Any(each => each.Name == field),
        Change.Patched patched => patched.Patch.Any(each => each.Name == field),
        Change.Incremented incremented => incremented.Deltas.Any(each => each.Field == field),
        _ => true,
    };

    private static async Task<List<long>> SeqsAsync(IAsyncEnumerable<ProjectEvent> history)
    {
        var seqs = new List<long>();
        await foreach (var happened in history)
            seqs.Add(happened.Seq);
        return seqs;
    }

    private static void ShouldBe(ProjectState past, ProjectState expected) => (past.Seq, past.Hash).Should().Be((expected.Seq, expected.Hash));
}
