using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class EventOnlyClientTests : ClientBench
{
    [Test]
    public async Task Connecting_says_hello_and_returns_when_the_state_is_there()
    {
        var connecting = Server.ConnectAsync(Server.Options with { UserName = "ann" });
        var line = await Server.AcceptAsync();

        (await line.HearAsync<ClientMessage.Connect>()).UserName.Should().Be("ann");
        var join = await line.HearAsync<ClientMessage.Join>();
        await line.SayAsync(Said.Joined(join.Id, 3), Said.Snapshot(2, Said.Card("a", "{}")));
        connecting.IsCompleted.Should().BeFalse("event 3 is missing");
        await line.SayAsync(Said.Created(3, "b"));

        await using var client = await connecting;
        client.State.Should().Be(ConnectionState.Connected);
        client.Seq.Should().Be(3);
        client.Store.List("card").Select(entity => entity.Id).Should().Equal("a", "b");
    }

    [Test]
    public async Task A_command_is_in_the_store_at_once_and_completes_with_its_event()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;

        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        client.Store.View.Votes().Should().Be(1);
        var sent = await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(Said.Voted(2, Said.Me, sent.N));

        (await voting).Should().BeEquivalentTo(new { Seq = 2, Id = "c" });
        client.Store.View.Votes().Should().Be(1);
        client.PendingCount.Should().Be(0);
    }

    [Test]
    public async Task A_refusal_reaches_the_caller_with_all_the_server_said()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        var updating = client.UpdateAsync("c", Said.Json("""{"x":1}"""), ifVersion: 9, Server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();

        await line.SayAsync(new ServerMessage.Reject("p", 1, new(ErrorCode.Conflict, "No.", Current: Said.Card("c", """{"x":2}""", 7))));

        var thrown = (await updating.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which;
        thrown.Code.Should().Be("conflict");
        thrown.Current!.Version.Should().Be(7);
        client.Store.Get("c")!.Data.Count.Should().Be(0);
    }

    [Test]
    public async Task A_line_that_breaks_is_made_again_and_resumes_with_what_was_sent()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        var first = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        var second = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        var again = await ReconnectAsync();
        var join = await again.GreetAsync();
        await again.SayAsync(Said.Joined(join.Id, 2, recovered: true, outcomes: new Outcome(1, Fate.Coming)), Said.Voted(2, Said.Me, 1));
        var resent = await again.HearAsync<ClientMessage.Submit>();
        await again.SayAsync(Said.Voted(3, Said.Me, resent.N));

        join.Since.Should().Be(new Position(Said.Epoch, 1));
        join.Pending.Should().Equal(1);
        resent.N.Should().Be(2, "what was not sent waits; what was sent is not sent again");
        (await first).Seq.Should().Be(2);
        (await second).Seq.Should().Be(3);
        client.LastResume.Should().Be(new Resume(ResumeMode.Events, 1));
        client.Store.Confirmed.Votes().Should().Be(2);
    }

    [Test]
    public async Task The_server_says_when_to_come_back()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;

        await line.SayAsync(new ServerMessage.Disconnect("server_restart", "Back soon.", true, 60_000));

        await Server.Time.WaitForTimerAsync(due => due >= TimeSpan.FromSeconds(60), Server.Deadline);
        client.State.Should().Be(ConnectionState.Reconnecting);
        Server.Time.Advance(TimeSpan.FromSeconds(63));
        await (await Server.AcceptAsync()).WelcomeAsync(1);
        await client.WaitForStateAsync(ConnectionState.Connected, Server.Deadline);
    }

    [Test]
    public async Task A_close_that_says_stop_ends_everything_that_waits()
    {
        var (client, line) = await Server.ConnectedAsync();
        var creating = client.CreateAsync("card", JsonFields.Empty, ct: Server.Deadline);
        var reading = client.EventsAsync().GetAsyncEnumerator(Server.Deadline).MoveNextAsync().AsTask();

        await line.CloseAsync(CloseCode.Replaced);
        await client.WaitForStateAsync(ConnectionState.Disconnected, Server.Deadline);

        (await creating.Invoking(async task => await task).Should().ThrowAsync<ClosedException>()).Which.Code.Should().Be("replaced");
        await reading.Invoking(async task => await task).Should().ThrowAsync<ClosedException>();
        await client.Invoking(c => c.CreateAsync("card", JsonFields.Empty)).Should().ThrowAsync<ClosedException>();
        Server.Dialled.Should().Be(1);
    }

    [Test]
    public async Task A_close_counts_even_where_we_were_about_to_say_something()
    {
        var (client, line) = await Server.ConnectedAsync();

        await line.CloseAsync(CloseCode.Replaced);
        (await line.HearEndAsync()).Should().NotBeNull("the client answers");
        var creating = client.CreateAsync("card", JsonFields.Empty, ct: Server.Deadline); // this cannot be written any more

        (await creating.Invoking(async task => await task).Should().ThrowAsync<ClosedException>()).Which.Code.Should().Be("replaced");
    }

    [Test]
    public async Task The_first_attempt_is_repeated_until_the_caller_gives_up()
    {
        Server.IsDown = true;
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Server.Deadline);
        var connecting = EventOnlyClient.ConnectAsync(new Uri("ws://server/ws"), Server.Options, giveUp.Token);

        await Eventually.IsAsync(() =>
        {
            Server.Time.Advance(TimeSpan.FromSeconds(1)); // whichever pause it is in
            return Server.Dialled >= 3;
        }, "three attempts were made");
        await giveUp.CancelAsync();

        await connecting.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        Server.Dialled.Should().BeGreaterThanOrEqualTo(3);
    }

    [Test]
    public async Task Who_wants_to_fail_fast_does()
    {
        Server.IsDown = true;

        var connecting = Server.Invoking(server => server.ConnectAsync(server.Options with { RetryInitialConnect = false }));

        (await connecting.Should().ThrowAsync<ClosedException>()).Which.Message.Should().Contain("Nobody is there.");
        Server.Dialled.Should().Be(1);
    }

    [Test]
    public async Task Cancelling_takes_back_what_was_not_sent_with_what_depends_on_it()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        using var source = new CancellationTokenSource();
        var creating = client.CreateAsync("card", JsonFields.Empty, "a", source.Token);
        var updating = client.UpdateAsync("a", Said.Json("""{"x":1}"""), ct: Server.Deadline);

        await source.CancelAsync();

        await creating.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        await updating.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        client.Store.Get("a").Should().BeNull();
        client.PendingCount.Should().Be(0);
    }

    [Test]
    public async Task Cancelling_what_was_sent_stops_the_waiting_and_not_the_command()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        using var source = new CancellationTokenSource();
        var voting = client.IncrementAsync("c", "votes", ct: source.Token);
        await line.HearAsync<ClientMessage.Submit>();

        await source.CancelAsync();
        await voting.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        await line.SayAsync(Said.Voted(2, Said.Me, 1));
        await client.WaitForSeqAsync(2, Server.Deadline);

        client.Store.Confirmed.Votes().Should().Be(1);
        client.PendingCount.Should().Be(0);
    }

    [Test]
    public async Task Beyond_the_queue_a_command_is_not_even_applied_locally()
    {
        var (client, _) = await Server.ConnectedAsync(Server.Options with { QueueMax = 1 });
        await using var __ = client;
        var first = client.CreateAsync("card", JsonFields.Empty, "a", Server.Deadline);

        var second = client.Invoking(c => c.CreateAsync("card", JsonFields.Empty, "b", Server.Deadline));

        await second.Should().ThrowAsync<QueueFullException>();
        client.Store.Get("b").Should().BeNull();
        first.IsCompleted.Should().BeFalse();
    }

    [Test]
    public async Task A_stream_takes_part_from_the_call_and_ends_rather_than_drop_an_event()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { StreamItemsMax = 2 });
        await using var _ = client;
        var events = client.EventsAsync();

        await line.SayAsync(Said.Created(2, "a"), Said.Created(3, "b"), Said.Created(4, "c"));
        await client.WaitForSeqAsync(4, Server.Deadline);
        var seen = new List<long>();
        var reading = async () =>
        {
            await foreach (var happened in events)
                seen.Add(happened.Seq);
        };

        (await reading.Should().ThrowAsync<SubscriberTooSlowException>()).Which.LastSeq.Should().Be(3);
        seen.Should().Equal(2, 3);
    }

    [Test]
    public async Task A_snapshot_in_place_of_events_ends_the_streams_that_would_have_a_hole()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var events = client.EventsAsync();

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        await (await ReconnectAsync()).WelcomeAsync(9);

        var reading = async () => await events.GetAsyncEnumerator(Server.Deadline).MoveNextAsync();
        var hole = (await reading.Should().ThrowAsync<EventsMissedException>()).Which;
        (hole.FromSeq, hole.ToSeq).Should().Be((2, 9));
    }

    [Test]
    public async Task A_ping_is_answered_and_silence_is_noticed()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;

        await line.SayAsync(new ServerMessage.Ping(CanonicalValue.Of(7)));
        (await line.HearAsync<ClientMessage.Pong>()).T.Should().Be(CanonicalValue.Of(7));

        for (var step = 0; client.State == ConnectionState.Connected; step++)
        {
            step.Should().BeLessThan(10, "25 s of silence are enough");
            await Server.Time.WaitForTimerAsync(due => due > TimeSpan.Zero, Server.Deadline);
            Server.Time.Advance(TimeSpan.FromSeconds(5));
            if (step >= 5)
                await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        }
    }

    [Test]
    public async Task A_join_without_an_answer_is_tried_again()
    {
        var connecting = Server.ConnectAsync();
        var first = await Server.AcceptAsync();
        await first.GreetAsync();

        await Server.Time.WaitForTimerAsync(due => due > TimeSpan.FromSeconds(4), Server.Deadline);
        Server.Time.Advance(TimeSpan.FromSeconds(5));
        await (await ReconnectAsync()).WelcomeAsync(1);

        await using var client = await connecting;
        client.Seq.Should().Be(1);
    }

    [Test]
    public async Task A_question_without_a_line_fails_at_once_and_one_under_way_when_the_line_breaks()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var asking = client.QueryAsync(new Query(), Server.Deadline);
        await line.HearAsync<ClientMessage.Ask>();

        client.Cut();

        await asking.Invoking(async task => await task).Should().ThrowAsync<OfflineException>();
        await client.Invoking(c => c.QueryAsync(new Query(), Server.Deadline)).Should().ThrowAsync<OfflineException>();
    }

    [Test]
    public async Task Answers_are_matched_by_id_and_a_cancelled_question_is_cancelled_at_the_server()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        using var source = new CancellationTokenSource();
        var given = client.QueryAsync(new Query { Kind = "a" }, source.Token);
        var first = await line.HearAsync<ClientMessage.Ask>();
        await source.CancelAsync();
        (await line.HearAsync<ClientMessage.Cancel>()).Id.Should().Be(first.Id);
        var asking = client.QueryAsync(new Query { Kind = "b" }, Server.Deadline);
        var second = await line.HearAsync<ClientMessage.Ask>();

        await line.SayAsync(
            new ServerMessage.QueryResult(first.Id, 1, [Said.Card("stale", "{}")], false),
            new ServerMessage.QueryResult(second.Id, 1, [Said.Card("right", "{}")], true));

        (await asking).Items.Should().ContainSingle().Which.Id.Should().Be("right");
        await given.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Test]
    public async Task The_state_of_a_moment_is_put_together_of_its_parts()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var asking = client.AtAsync(5, Server.Deadline);
        var history = await line.HearAsync<ClientMessage.At>();

        await line.SayAsync(
            Said.Part(5, 1, 2, Said.Card("a", "{}")) with { Id = history.Id }, Said.Part(5, 2, 2, Said.Card("b", "{}")) with { Id = history.Id });

        (await asking).State.Ids().Should().Equal("a", "b");
        client.Seq.Should().Be(1, "the present is another matter");
    }

    [Test]
    public async Task A_broadcast_is_heard_by_subscribers_and_dropped_while_offline()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var waves = client.BroadcastsAsync("wave");

        client.Broadcast("wave", CanonicalValue.Of(1)).Should().BeTrue();
        await line.HearAsync<ClientMessage.Broadcast>();
        await line.SayAsync(
            new ServerMessage.Broadcast("p", "other", CanonicalValue.Of(1), "bob", Said.Other),
            new ServerMessage.Broadcast("p", "wave", CanonicalValue.Of(2), "bob", Said.Other));

        await using var reader = waves.GetAsyncEnumerator(Server.Deadline);
        (await reader.MoveNextAsync()).Should().BeTrue();
        reader.Current.Data.Should().Be(CanonicalValue.Of(2));
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        client.Broadcast("wave", CanonicalValue.Of(3)).Should().BeFalse();
    }

    [Test]
    public async Task The_newest_presence_goes_with_the_next_join()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { Presence = Said.Json("""{"view":"board"}""") });
        await using var _ = client;
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        client.SetPresence(Said.Json("""{"view":"card"}"""));

        client.Heal();
        var join = await (await ReconnectAsync()).GreetAsync();

        join.Presence!.ToString().Should().Be("""{"view":"card"}""");
    }

    [Test]
    public async Task Not_now_is_tried_again_after_the_pause_without_the_caller_noticing()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();

        await line.SayAsync(Said.Reject(1, ErrorCode.Unavailable, retryAfterMs: 700));
        await Server.Time.WaitForTimerAsync(due => due == TimeSpan.FromMilliseconds(700), Server.Deadline);
        Server.Time.Advance(TimeSpan.FromMilliseconds(700));
        (await line.HearAsync<ClientMessage.Submit>()).N.Should().Be(1);
        await line.SayAsync(Said.Voted(2, Said.Me, 1));

        (await voting).Seq.Should().Be(2);
    }

    [Test]
    public async Task Leaving_waits_for_what_is_pending_and_says_goodbye()
    {
        var patient = Server.Options with { GoodbyeTimeout = TimeSpan.FromSeconds(1) };
        var (client, line) = await Server.ConnectedAsync(patient, entities: Said.Card("c", "{}"));
        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);
        var leaving = client.DisposeAsync().AsTask();
        await line.HearAsync<ClientMessage.Submit>();
        leaving.IsCompleted.Should().BeFalse();

        await line.SayAsync(Said.Voted(2, Said.Me, 1));
        (await line.HearEndAsync()).Should().Be(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure);
        await line.CloseAsync(CloseCode.Normal);
        await leaving;

        (await voting).Seq.Should().Be(2);
        client.State.Should().Be(ConnectionState.Disconnected);
        await client.DisposeAsync(); // twice is allowed
    }

    [Test]
    public async Task A_command_that_the_server_would_close_the_line_for_is_refused_here()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var fat = Said.Json($$"""{"text":"{{new string('x', 65_536)}}"}""");

        var creating = client.CreateAsync("card", fat, "fat", Server.Deadline);
        var next = client.CreateAsync("card", JsonFields.Empty, "c", Server.Deadline);

        (await creating.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("too_large");
        (await line.HearAsync<ClientMessage.Submit>()).N.Should().Be(1, "what is not sent uses up no number");
        client.Store.Get("fat").Should().BeNull();
        await line.SayAsync(Said.Created(2, "c", session: Said.Me));
        await next;
        client.Invoking(c => c.Broadcast("wave", fat.ToValue())).Should().Throw<RejectedException>();
        client.Invoking(c => c.SetPresence(fat)).Should().Throw<RejectedException>();
        await client.Invoking(c => c.QueryAsync(new Query { Where = fat })).Should().ThrowAsync<RejectedException>();
    }

    [Test]
    public async Task Attempts_spread_out_until_a_line_has_held_for_a_while()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { LostAfter = TimeSpan.Zero, Reconnect = new ReconnectPolicy { Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(64) } });
        await using var _ = client;
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 6; i++)
        {
            if (i == 5)
                Server.Time.Advance(TimeSpan.FromSeconds(6)); // this line holds
            line.Abort();
            pauses.Add(await PassPauseAsync(TimeSpan.FromMinutes(1), TimeSpan.MaxValue));
            line = await Server.AcceptAsync();
            await line.WelcomeAsync(1);
            await client.WaitForStateAsync(ConnectionState.Connected, Server.Deadline);
        }

        pauses[..5].Max().Should().BeGreaterThan(TimeSpan.FromHours(2));
        pauses[5].Should().BeLessThan(TimeSpan.FromHours(1));
    }

    /// <summary>Lets the pause before the next attempt pass. No other timer is that short.</summary>
    private async Task<FakeLine> ReconnectAsync()
    {
        await PassPauseAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        return await Server.AcceptAsync();
    }

    private async Task<TimeSpan> PassPauseAsync(TimeSpan min, TimeSpan max)
    {
        TimeSpan pause = default;
        await Server.Time.WaitForTimerAsync(due => (pause = due) >= min && due <= max, Server.Deadline);
        Server.Time.Advance(pause);
        return pause;
    }
}
