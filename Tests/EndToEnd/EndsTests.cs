using System.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>How connections end: told so, in time, without holding anybody up, and without leaving anything behind.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EndsTests
{
    private static readonly string s_title = new('x', 32_000);

    [Test]
    public async Task A_server_that_stops_tells_everybody_to_come_back()
    {
        await using var server = await LiveServer.StartAsync();
        var clients = new List<RawClient>();
        for (var i = 0; i < 10; i++)
            clients.Add(await server.JoinAsync($"user{i}"));

        var stopping = server.StopAsync();
        foreach (var client in clients)
        {
            (await client.HearCloseAsync()).Should().Be(1012);
            await client.SendCloseAsync(1012);
            (await client.HearEndAsync()).Should().BeTrue("the line is ended in order");
        }
        await stopping;

        foreach (var client in clients)
        {
            client.Transcript[^1].Word("code").Should().Be("server_restart");
            client.Transcript[^1].Flag("reconnect").Should().BeTrue();
            client.Transcript[^1].Number("retryAfterMs").Should().BeInRange(0, 3000);
            await client.DisposeAsync();
        }
        clients.Select(client => client.Transcript[^1].Number("retryAfterMs")).Distinct().Should().HaveCountGreaterThan(3, "they shall not all come at once");
        server.Log.Entries.Should().ContainSingle(entry => entry.Id == 401);
    }

    [Test]
    public async Task Neither_who_reads_nothing_nor_who_answers_no_close_keeps_a_server_from_stopping()
    {
        await using var server = await LiveServer.StartAsync();
        await using var stalled = await StalledAsync(server);
        await using var ann = await server.JoinAsync("ann");
        await PublishAsync(ann, 1, 150);
        await using var mute = await server.ConnectAsync("mute");

        var began = Stopwatch.GetTimestamp();
        await server.StopAsync();

        Stopwatch.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
        (await mute.HearCloseAsync()).Should().Be(1012);
        server.Connections.Count.Should().Be(0);
    }

    [Test]
    public async Task A_patient_close_timeout_does_not_keep_a_server_from_stopping()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:CloseTimeout=00:00:30");
        await using var mute = await server.JoinAsync("mute");

        var began = Stopwatch.GetTimestamp();
        await server.StopAsync();

        Stopwatch.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
        (await mute.HearCloseAsync()).Should().Be(1012);
    }

    [Test]
    public async Task Who_says_nothing_is_sent_away()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time);
        await using var client = await server.UpgradeAsync();
        await Eventually.IsAsync(() => server.Connections.Count == 1, "the connection is there");

        time.Advance(TimeSpan.FromSeconds(7));

        (await client.HearCloseAsync()).Should().Be(4408);
        client.Transcript.Should().ContainSingle().Which.Word("code").Should().Be("timeout");
    }

    [Test]
    public async Task Who_only_sends_websocket_pings_has_not_introduced_itself()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ConnectTimeout=00:00:01");
        await using var client = await server.UpgradeAsync();

        await client.SendAsync(RawClient.Ping, "x"u8.ToArray());

        (await client.HearCloseAsync()).Should().Be(4408);
    }

    [Test]
    public async Task A_silent_client_is_pinged_and_stays_while_it_answers()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time);
        await using var ann = await server.ConnectAsync();

        for (var i = 0; i < 4; i++)
        {
            time.Advance(TimeSpan.FromSeconds(17));
            var ping = await ann.HearAsync("ping");
            await ann.SayAsync($$$"""{"type":"pong","t":{{{ping.Number("t")}}}}""");
            await ann.SayAsync("""{"type":"ping","t":1}""");
            await ann.HearAsync("pong"); // so that the answer has arrived before time goes on
        }

        ann.Transcript.Select(heard => heard.Type).Distinct().Should().BeEquivalentTo("connected", "ping", "pong");
    }

    [Test]
    public async Task A_client_that_answers_no_ping_is_sent_away_and_its_project_is_told()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time);
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("apollo", ""","presence":{}""");
        await using var bob = await server.JoinAsync("bob");

        time.Advance(TimeSpan.FromSeconds(17));
        await ann.HearAsync("ping");
        await bob.SayAsync("""{"type":"ping","t":1}""");
        await bob.HearAsync("pong");
        time.Advance(TimeSpan.FromSeconds(15));
        var code = await ann.HearCloseAsync();
        await ann.SendCloseAsync();

        code.Should().Be(4408);
        ann.Transcript[^1].Word("code").Should().Be("timeout");
        (await bob.HearAsync("presence")).Raw("left").Should().Be($"[\"{ann.Session}\"]");
    }

    [Test]
    public async Task A_message_that_trickles_in_is_not_waited_for()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:MessageTimeout=00:00:01");
        await using var ann = await server.ConnectAsync();

        var closed = ann.HearCloseAsync();
        await ann.SendAsync(RawClient.Text, "{"u8.ToArray(), final: false);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!closed.IsCompleted)
        {
            await ann.SendAsync(RawClient.Continuation, " "u8.ToArray(), final: false);
            await timer.WaitForNextTickAsync();
        }

        (await closed).Should().Be(4408);
    }

    [Test]
    public async Task Who_reads_nothing_is_cut_off_and_the_others_do_not_notice()
    {
        await using var server = await LiveServer.StartAsync(
            "--EventOnly:Projects:TapeBytesMax=262144", "--EventOnly:Connections:WriteTimeout=00:00:01");
        await using var stalled = await StalledAsync(server);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");

        var slowest = await PublishAsync(ann, 1, 300, bob);

        slowest.Should().BeLessThan(TimeSpan.FromSeconds(2));
        await Eventually.IsAsync(() => server.Connections.Count == 2, "the stalled connection is cut off");
        bob.Transcript.Where(heard => heard.Type == "update").Select(heard => heard.Number("seq")).Should().Equal(Enumerable.Range(2, 300).Select(i => (long)i));
    }

    [Test]
    public async Task Who_read_too_late_is_told_so_without_a_gap_and_may_resume()
    {
        await using var server = await LiveServer.StartAsync(
            "--EventOnly:Projects:TapeBytesMax=262144", "--EventOnly:Connections:WriteTimeout=00:01:00");
        await using var stalled = await StalledAsync(server);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await PublishAsync(ann, 1, 400, bob);

        var code = await stalled.HearCloseAsync();
        var events = stalled.Transcript.Where(heard => heard.Type is "create" or "update").ToList();
        var (epoch, last) = (stalled.Transcript.Find(heard => heard.Type == "joined")!.Word("epoch"), events[^1].Number("seq"));
        await using var again = await server.ConnectAsync("stalled");
        var joined = await again.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch}}}","seq":{{{last}}}}""", stalled.Secret);

        code.Should().Be(4430);
        stalled.Transcript[^1].Word("code").Should().Be("slow_consumer");
        events.Select(heard => heard.Number("seq")).Should().Equal(Enumerable.Range(1, (int)last).Select(i => (long)i));
        joined.Number("seq").Should().Be(401);
        joined.Flag("recovered").Should().BeFalse("it fell off the tape");
    }

    [Test]
    public async Task A_flood_of_pings_by_one_who_reads_nothing_is_pushed_back_and_cut_off()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:WriteTimeout=00:00:01");
        await using var client = await server.UpgradeAsync(receiveBufferBytes: 4096);
        await client.IntroduceAsync("flood");
        var pings = Enumerable.Repeat(RawClient.Encode(RawClient.Ping, new byte[125]), 500).SelectMany(frame => frame).ToArray();

        var taken = await client.FloodAsync(pings, 200_000_000, stalled: TimeSpan.FromSeconds(1));

        taken.Should().BeLessThan(60_000_000, "who reads no answers is not heard any further");
        await Eventually.IsAsync(() => server.Connections.Count == 0, "the connection is cut off and forgotten");
    }

    [Test]
    public async Task A_flood_of_pings_after_the_farewell_does_not_keep_the_connection()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ErrorsMax=1", "--EventOnly:Connections:MailboxBytesMax=16384");
        await using var client = await server.ConnectAsync();
        await client.SayAsync("nonsense");
        await client.SayAsync("nonsense");
        (await client.HearCloseAsync()).Should().Be(4400);

        var pings = Enumerable.Repeat(RawClient.Encode(RawClient.Ping, new byte[125]), 500).SelectMany(frame => frame).ToArray();
        await client.FloodAsync(pings, 1_000_000, stalled: TimeSpan.FromSeconds(5));

        await Eventually.IsAsync(() => server.Connections.Count == 0, "the connection is cut off and forgotten");
    }

    [Test]
    public async Task Who_does_not_read_its_own_answers_is_not_heard_further_and_is_cut_off()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:WriteTimeout=00:00:01");
        await using var client = await server.UpgradeAsync(receiveBufferBytes: 4096);
        await client.IntroduceAsync("deaf");
        var pings = Enumerable.Repeat(RawClient.Encode(RawClient.Text, """{"type":"ping","t":1}"""u8), 1000).SelectMany(frame => frame).ToArray();

        var taken = await client.FloodAsync(pings, 200_000_000, stalled: TimeSpan.FromSeconds(1));

        taken.Should().BeLessThan(60_000_000);
        await Eventually.IsAsync(() => server.Connections.Count == 0, "the connection is cut off and forgotten");
    }

    [Test]
    public async Task A_close_is_answered_and_the_line_ended_in_order()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync();

        await ann.SendCloseAsync(1001);
        var code = await ann.HearCloseAsync();

        code.Should().Be(1000);
        (await ann.HearEndAsync()).Should().BeTrue();
        ann.Transcript.Should().NotContain(heard => heard.Type == "disconnect", "the server did not choose this end");
    }

    [Test]
    public async Task What_was_said_before_a_close_takes_effect()
    {
        await using var server = await LiveServer.StartAsync();
        await using var bob = await server.JoinAsync("bob");
        await using var ann = await server.JoinAsync("ann");

        await ann.SendRawAsync((byte[])[
            .. RawClient.Encode(RawClient.Text, """{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}"""u8),
            .. RawClient.Encode(RawClient.Close, [3, 0xE8])]);

        (await bob.HearAsync("create")).Word("by").Should().Be("ann");
        (await ann.HearCloseAsync()).Should().Be(1000);
    }

    [TestCase(true, TestName = "A client that shuts its side without a close is let go")]
    [TestCase(false, TestName = "A client that vanishes is let go")]
    public async Task A_line_that_ends_without_a_close_is_let_go(bool inOrder)
    {
        await using var server = await LiveServer.StartAsync();
        await using var bob = await server.JoinAsync("bob");
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("apollo", ""","presence":{}""");
        await bob.HearAsync("presence");

        if (inOrder)
            ann.ShutDownSending();
        else
            ann.Vanish();

        (await bob.HearAsync("presence")).Raw("left").Should().Be($"[\"{ann.Session}\"]");
        await Eventually.IsAsync(() => server.Connections.Count == 1, "the connection is forgotten");
    }

    [Test]
    public async Task The_reason_reaches_one_who_goes_on_sending_what_is_too_large()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync();

        var hearing = ann.HearCloseAsync();
        await ann.SayAsync(new string('x', 3_000_000));
        await ann.SendCloseAsync(1009);

        (await hearing).Should().Be(1009);
        (await ann.HearEndAsync()).Should().BeTrue("what still came was read, so that nothing is lost to a reset");
    }

    [Test]
    public async Task The_reason_reaches_one_who_goes_on_sending_what_breaks_the_protocol()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync();

        await ann.SendAsync(3, "{}"u8.ToArray());
        await ann.SendRawAsync(new byte[500_000]);
        var code = await ann.HearCloseAsync();

        code.Should().Be(1002);
        ann.ShutDownSending();
        (await ann.HearEndAsync()).Should().BeTrue();
    }

    [Test]
    public async Task Nothing_is_said_after_a_close_frame()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var eve = await server.JoinAsync("eve");

        await eve.SendAsync(3, "{}"u8.ToArray());
        await PublishAsync(ann, 1, 20, bob);
        await eve.HearCloseAsync();
        eve.ShutDownSending();

        (await eve.HearEndAsync()).Should().BeTrue();
        eve.Rest.Should().Be(0);
    }

    [Test]
    public async Task Many_who_come_and_vanish_leave_nothing_behind()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");

        await Parallel.ForAsync(0, 60, async (i, _) =>
        {
            var client = await server.ConnectAsync($"user{i}");
            await client.JoinAsync("apollo", ""","presence":{}""");
            await client.SayAsync("""{"type":"query","id":"q","project":"apollo"}""");
            if (i % 3 == 0)
                client.Vanish();
            else if (i % 3 == 1)
                await client.SendCloseAsync();
            await client.DisposeAsync();
        });

        await Eventually.IsAsync(() => server.Connections.Count == 1, "all are forgotten");
        await using var bob = await server.ConnectAsync("bob");
        (await bob.JoinAsync("apollo")).Number("memberCount").Should().Be(2);
    }

    /// <summary>A member with a small window that reads nothing after its snapshot.</summary>
    private static async Task<RawClient> StalledAsync(LiveServer server)
    {
        var stalled = await server.UpgradeAsync(receiveBufferBytes: 4096);
        await stalled.IntroduceAsync("stalled");
        await stalled.JoinAsync("apollo");
        return stalled;
    }

    /// <summary>Has one member change an entity again and again, 32 KB at a time; the longest time an event took to everybody who reads.</summary>
    private static async Task<TimeSpan> PublishAsync(RawClient from, int firstN, int count, params RawClient[] others)
    {
        await from.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{firstN}}},"entity":"big","kind":"card","data":{}}""");
        await from.HearAsync("create");
        var slowest = TimeSpan.Zero;
        for (var n = firstN + 1; n <= firstN + count; n++)
        {
            var began = Stopwatch.GetTimestamp();
            await from.SayAsync($$$"""{"type":"update","project":"apollo","n":{{{n}}},"entity":"big","patch":{"title":"{{{s_title}}}"}}""");
            foreach (var reader in others.Append(from))
                await reader.HearAsync("update");
            var took = Stopwatch.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
        }
        return slowest;
    }
}
