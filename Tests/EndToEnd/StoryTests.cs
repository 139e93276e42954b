using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>Ann, Bob and Cid in one project, over real sockets: what each says, and what all hear.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class StoryTests
{
    private const string Milk = """{"type":"create","project":"apollo","n":1,"entity":"card-5","kind":"card","data":{"title":"Milk","list":"todo"}}""";

    [Test]
    public async Task Everybody_hears_the_same_bytes_in_the_same_order_and_the_own_event_is_the_acknowledgement()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var cid = await server.JoinAsync("cid");

        await ann.SayAsync(Milk);
        var own = await ann.HearAsync("create");
        await bob.HearAsync("create");
        await bob.SayAsync("""{"type":"update","project":"apollo","n":1,"entity":"card-5","patch":{"title":"Buy milk"},"ifVersion":1}""");
        await cid.HearAsync("update");
        await cid.SayAsync("""{"type":"update","project":"apollo","n":1,"entity":"card-5","increment":{"votes":2}}""");
        await cid.SayAsync("""{"type":"batch","project":"apollo","n":2,"ops":[{"type":"create","entity":"b","kind":"card","data":{}},{"type":"update","entity":"b","patch":{"x":[1.0,-0]}},{"type":"delete","entity":"card-5"}]}""");
        await cid.SayAsync("""{"type":"delete","project":"apollo","n":3,"entity":"b"}""");
        foreach (var member in new[] { ann, bob, cid })
            await member.HearAsync("delete");

        own.Word("session").Should().Be(ann.Session);
        own.Number("n").Should().Be(1);
        own.Word("by").Should().Be("ann");
        var events = EventsOf(ann);
        events.Should().HaveCount(5);
        EventsOf(bob).Should().Equal(events);
        EventsOf(cid).Should().Equal(events);
        ann.Transcript.Where(IsEvent).Select(heard => heard.Number("seq")).Should().Equal(1, 2, 3, 4, 5);
        events[0].Should().Contain("""
            "entity":"card-5","kind":"card","version":1,"data":{"list":"todo","title":"Milk"}}
            """.Trim(), "data comes back as canonical JSON");
        events[2].Should().EndWith("""
            "n":1,"entity":"card-5","version":2,"increment":{"votes":2}}
            """.Trim(), "an increment does not move the version");
        events[3].Should().Contain("""{"type":"update","entity":"b","version":4,"patch":{"x":[1,0]}}""");
    }

    [Test]
    public async Task Who_asks_too_much_at_once_is_told_so_and_not_sent_away()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");

        for (var i = 0; i < 60; i++)
            await ann.SayAsync($$"""{"type":"query","id":"q{{i}}","project":"apollo"}""");
        await ann.SayAsync("""{"type":"ping","t":1}""");

        await ann.HearAsync("pong");
        await ann.SayAsync(Milk);
        await ann.HearAsync("create");
        ann.Transcript.Count(heard => heard.Word("code") is not null).Should().Be(ann.Transcript.Count(heard => heard.Word("code") == "rate_limited"));
    }

    [Test]
    public async Task A_ping_is_answered_even_before_connect()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.UpgradeAsync();

        await ann.SayAsync("""{"type":"ping","t":7}""");

        (await ann.HearAsync("pong")).Number("t").Should().Be(7);
    }

    [Test]
    public async Task A_command_that_fails_is_told_to_its_sender_alone()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await ann.SayAsync(Milk);

        await ann.SayAsync(Milk.Replace("\"n\":1", "\"n\":2", StringComparison.Ordinal));
        var exists = await ann.HearAsync("reject");
        await ann.SayAsync("""{"type":"update","project":"apollo","n":3,"entity":"card-5","patch":{"a":1},"ifVersion":7}""");
        var conflict = await ann.HearAsync("reject");
        await ann.SayAsync("""{"type":"delete","project":"apollo","n":4,"entity":"nobody"}""");
        var missing = await ann.HearAsync("reject");
        await ann.SayAsync("""{"type":"batch","project":"apollo","n":5,"ops":[{"type":"create","entity":"b","kind":"card","data":{}},{"type":"update","entity":"card-5","increment":{"title":1}}]}""");
        var counter = await ann.HearAsync("reject");

        exists.Word("code").Should().Be("exists");
        conflict.Word("code").Should().Be("conflict");
        conflict.Raw("current").Should().Be("""{"entity":"card-5","kind":"card","version":1,"data":{"list":"todo","title":"Milk"}}""");
        missing.Word("code").Should().Be("not_found");
        counter.Word("code").Should().Be("invalid");
        counter.Number("op").Should().Be(1);
        counter["errors"].GetProperty("title").GetArrayLength().Should().Be(1);
        (await bob.HearAllAsync()).Select(heard => heard.Type).Should().Equal(["create"], "nothing of what was refused happened, nor the first half of a batch");
    }

    [Test]
    public async Task A_publisher_that_does_not_listen_gets_acks_and_nothing_else()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var pump = await server.ConnectAsync("pump");

        var joined = await pump.JoinAsync("apollo", ""","listen":false""");
        await ann.SayAsync(Milk);
        await ann.HearAsync("create");
        await pump.SayAsync("""{"type":"update","project":"apollo","n":1,"entity":"card-5","increment":{"votes":1}}""");
        var ack = await pump.NextAsync();
        await ann.SayAsync("""{"type":"broadcast","project":"apollo","topic":"wave","data":1}""");
        await ann.SayAsync($$$"""{"type":"broadcast","project":"apollo","topic":"wave","data":2,"to":"{{{pump.Session}}}"}""");
        await ann.HearAllAsync();
        await pump.SayAsync("""{"type":"update","project":"apollo","n":1,"entity":"card-5","increment":{"votes":1}}""");
        var again = await pump.NextAsync();

        joined.Flag("recovered").Should().BeTrue("without events there is nothing to recover");
        ack.Text.Should().Be("""{"type":"ack","project":"apollo","n":1,"seq":2}""");
        again.Text.Should().Be("""{"type":"ack","project":"apollo","n":1,"seq":2,"duplicate":true}""");
        (await ann.HearAllAsync()).Should().BeEmpty("a duplicate has no second effect");
    }

    [Test]
    public async Task A_broadcast_goes_to_all_or_to_one_and_is_not_stored()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var cid = await server.JoinAsync("cid");

        await ann.SayAsync("""{"type":"broadcast","project":"apollo","topic":"wave","data":{"z":1,"a":[]}}""");
        await ann.SayAsync($$$"""{"type":"broadcast","project":"apollo","topic":"nod","data":null,"to":"{{{bob.Session}}}"}""");
        var wave = $$$"""{"type":"broadcast","project":"apollo","topic":"wave","data":{"a":[],"z":1},"by":"ann","session":"{{{ann.Session}}}"}""";
        var nod = $$$"""{"type":"broadcast","project":"apollo","topic":"nod","data":null,"by":"ann","session":"{{{ann.Session}}}"}""";

        (await ann.HearAsync("broadcast")).Text.Should().Be(wave, "the sender hears it too");
        (await cid.HearAllAsync()).Select(heard => heard.Text).Should().Equal(wave);
        (await bob.HearAllAsync()).Select(heard => heard.Text).Should().Contain([wave, nod]);
        await using var dan = await server.JoinAsync("dan");
        (await dan.HearAllAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task Members_see_each_other_come_change_and_go()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("apollo", ""","presence":{"view":"board"}""");
        await using var bob = await server.ConnectAsync("bob");

        var joined = await bob.JoinAsync("apollo", ""","presence":{"view":"card"}""");
        var came = await ann.HearAsync("presence", heard => heard.Text.Contains(bob.Session, StringComparison.Ordinal));
        await bob.SayAsync("""{"type":"presence","project":"apollo","data":{"view":"chat"}}""");
        var changed = await ann.HearAsync("presence");
        bob.Vanish();
        var left = await ann.HearAsync("presence");
        await using var ghost = await server.JoinAsync("ghost");
        await ann.HearAllAsync();

        joined.Raw("members").Should().Be($$$"""[{"session":"{{{ann.Session}}}","user":{"name":"ann"},"data":{"view":"board"}}]""");
        joined.Number("memberCount").Should().Be(2);
        came.Raw("joined").Should().Be($$$"""[{"session":"{{{bob.Session}}}","user":{"name":"bob"},"data":{"view":"card"}}]""");
        changed.Raw("changed").Should().Be($$$"""[{"session":"{{{bob.Session}}}","data":{"view":"chat"}}]""");
        left.Raw("left").Should().Be($$$"""["{{{bob.Session}}}"]""");
        ann.Transcript.Where(heard => heard.Type == "presence").Should().NotContain(
            heard => heard.Text.Contains(ghost.Session, StringComparison.Ordinal), "who joins without presence is not announced");
    }

    [Test]
    public async Task A_member_that_comes_back_and_then_shows_itself_is_not_announced_as_gone()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await bob.JoinAsync("apollo", ""","presence":{"view":"board"}""");
        var session = bob.Session;

        // In one packet, so that it is one turn of the project more often than not.
        await bob.SendRawAsync((byte[])[
            .. RawClient.Encode(RawClient.Text, """{"type":"leave","id":"l1","project":"apollo"}"""u8),
            .. RawClient.Encode(RawClient.Text, System.Text.Encoding.UTF8.GetBytes($$$"""{"type":"join","id":"j2","project":"apollo","session":"{{{bob.Secret}}}"}""")),
            .. RawClient.Encode(RawClient.Text, """{"type":"presence","project":"apollo","data":{"view":"card"}}"""u8)]);
        await bob.HearAsync("joined");
        await bob.HearAllAsync();
        await ann.HearAllAsync();

        var present = false;
        foreach (var news in ann.Transcript.Where(heard => heard.Type == "presence"))
        {
            var joined = news.List("joined").Any(member => member.GetProperty("session").GetString() == session);
            var left = news.List("left").Any(gone => gone.GetString() == session);
            (joined && left).Should().BeFalse("nobody could tell which came last");
            present = joined || (present && !left);
        }
        present.Should().BeTrue();
    }

    [Test]
    public async Task Questions_are_answered_from_the_state_after_what_was_said_before()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        for (var i = 1; i <= 5; i++)
            await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{i}}},"entity":"c{{{i}}}","kind":"card","data":{"title":"Milk {{{i}}}","votes":{{{i}}}}}""");

        var page = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo","kind":"card","match":{"title":"mi"},"sort":"-votes","limit":2}""");
        var next = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo","sort":"-votes","limit":4,"after":{"entity":"c4","value":4}}""");
        var yes = await ann.RequestAsync("""{"type":"validate","id":"$id","project":"apollo","command":{"type":"delete","entity":"c1","ifVersion":1}}""");
        var no = await ann.RequestAsync("""{"type":"validate","id":"$id","project":"apollo","command":{"type":"delete","entity":"c1","ifVersion":2}}""");

        page.Number("seq").Should().Be(5);
        Entities(page, "items").Should().Equal("c5", "c4");
        page.Flag("more").Should().BeTrue();
        Entities(next, "items").Should().Equal("c3", "c2", "c1");
        next.Flag("more").Should().BeFalse();
        yes.Flag("ok").Should().BeTrue();
        no.Flag("ok").Should().BeFalse();
        no.Word("code").Should().Be("conflict");
        (await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""")).Number("seq").Should().Be(5, "a dry run appends nothing");
    }

    [Test]
    public async Task History_reads_events_as_they_were_heard_and_the_state_of_a_moment()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await ann.SayAsync(Milk);
        await ann.SayAsync("""{"type":"update","project":"apollo","n":2,"entity":"card-5","patch":{"title":"Oat milk"}}""");
        await ann.SayAsync("""{"type":"delete","project":"apollo","n":3,"entity":"card-5"}""");

        var page = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":1,"limit":2}""");
        var rest = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":3,"to":99}""");
        var then = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","at":1}""");
        var begin = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","at":0}""");
        var future = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","at":4}""");

        await ann.HearAllAsync();
        var events = EventsOf(ann);
        page.List("events").Select(json => json.GetRawText()).Should().Equal(events.Take(2));
        page.Flag("more").Should().BeTrue();
        rest.List("events").Select(json => json.GetRawText()).Should().Equal(events.Skip(2));
        rest.Flag("more").Should().BeFalse();
        then.Type.Should().Be("snapshot");
        Entities(then, "entities").Should().Equal("card-5");
        then.Number("seq").Should().Be(1);
        begin.Word("hash").Should().Be("0000000000000000");
        future.Word("code").Should().Be("gone");
    }

    [Test]
    public async Task Cancelling_answers_once_and_cancelling_nothing_is_no_error()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");

        await ann.SayAsync("""{"type":"query","id":"q1","project":"apollo"}""");
        await ann.SayAsync("""{"type":"cancel","id":"q1"}""");
        await ann.SayAsync("""{"type":"cancel","id":"q1"}""");
        await ann.SayAsync("""{"type":"cancel","id":"never"}""");
        var answer = await ann.HearAsync("result", orType: "error");
        var more = await ann.HearAllAsync();

        answer.Word("id").Should().Be("q1");
        more.Should().BeEmpty();
    }

    [Test]
    public async Task Who_left_hears_no_more_and_may_come_back()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");

        (await bob.RequestAsync("""{"type":"leave","id":"$id","project":"apollo"}""")).Type.Should().Be("result");
        await ann.SayAsync(Milk);
        await ann.HearAsync("create");
        await bob.SayAsync("""{"type":"create","project":"apollo","n":1,"kind":"card","data":{}}""");
        var refused = await bob.NextAsync();
        (await bob.RequestAsync("""{"type":"leave","id":"$id","project":"apollo"}""")).Word("code").Should().Be("forbidden");
        bob.Transcript.Should().NotContain(heard => heard.Type == "create");
        await bob.JoinAsync("apollo", secret: bob.Secret);
        await bob.HearAsync("create");

        refused.Word("code").Should().Be("forbidden");
        refused.Number("n").Should().Be(1);
    }

    [Test]
    public async Task Connect_join_and_a_command_may_be_said_without_waiting()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.UpgradeAsync();

        await ann.SendRawAsync((byte[])[
            .. RawClient.Encode(RawClient.Text, """{"type":"connect","user":{"name":"ann"}}"""u8),
            .. RawClient.Encode(RawClient.Text, """{"type":"join","id":"j1","project":"apollo","session":"0123456789abcdef"}"""u8),
            .. RawClient.Encode(RawClient.Text, """{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}"""u8)]);
        await ann.HearAsync("create");

        ann.Transcript.Select(heard => heard.Type).Should().Equal("connected", "joined", "snapshot", "create");
    }

    [Test, Repeat(20)]
    public async Task What_is_meant_for_a_member_alone_comes_after_joined_as_well()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync();

        await ann.SendRawAsync((byte[])[
            .. RawClient.Encode(RawClient.Text, """{"type":"join","id":"j1","project":"apollo","session":"0123456789abcdef"}"""u8),
            .. RawClient.Encode(RawClient.Text, """{"type":"delete","project":"apollo","n":1,"entity":"nobody"}"""u8),
            .. RawClient.Encode(RawClient.Text, """{"type":"query","id":"q1","project":"apollo"}"""u8)]);
        await ann.HearAsync("result");
        await ann.HearAllAsync();

        ann.Transcript[1].Type.Should().Be("joined", "an answer about a project that is not joined yet is not understood");
        ann.Transcript.Select(heard => heard.Type).Should().BeEquivalentTo("connected", "joined", "snapshot", "reject", "result", "broadcast");
    }

    [Test]
    public async Task Many_projects_on_one_connection_do_not_mix()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.JoinAsync("bob", "p3");
        for (var i = 0; i < 8; i++)
            await ann.JoinAsync($"p{i}", secret: "0123456789abcdef");

        for (var i = 0; i < 8; i++)
            await ann.SayAsync($$$"""{"type":"create","project":"p{{{i}}}","n":1,"entity":"e{{{i}}}","kind":"card","data":{}}""");
        for (var i = 0; i < 8; i++)
            await ann.HearAllAsync($"p{i}");

        ann.Transcript.Where(heard => heard.Type == "create").Select(heard => heard.Word("project")).Should()
            .BeEquivalentTo(Enumerable.Range(0, 8).Select(i => $"p{i}"));
        ann.Transcript.Where(heard => heard.Type == "create").Should().AllSatisfy(heard => heard.Number("seq").Should().Be(1));
        (await bob.HearAllAsync("p3")).Where(IsEvent).Select(heard => heard.Word("entity")).Should().Equal("e3");
    }

    [Test]
    public async Task An_entity_without_an_id_gets_one_that_nobody_has()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync();

        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"e-2.0","kind":"card","data":{}}""");
        await ann.SayAsync("""{"type":"create","project":"apollo","n":2,"kind":"card","data":{}}""");
        await ann.SayAsync("""{"type":"batch","project":"apollo","n":3,"ops":[{"type":"create","kind":"card","data":{}},{"type":"create","kind":"card","data":{}}]}""");
        await ann.HearAsync("batch");

        var all = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");
        Entities(all, "items").Should().HaveCount(4).And.OnlyHaveUniqueItems();
    }

    [Test]
    public async Task A_ping_of_either_kind_is_answered_with_what_it_carried()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync();

        await ann.SayAsync("""{"type":"ping","t":1763712000123.5}""");
        var pong = await ann.NextAsync();
        await ann.SendAsync(RawClient.Ping, "are you there"u8.ToArray());
        var frame = await ann.HearFrameAsync();

        pong.Text.Should().StartWith("""{"type":"pong","t":1763712000123.5,"time":"20""");
        frame.Opcode.Should().Be(RawClient.Pong);
        frame.Payload.Should().Equal("are you there"u8.ToArray());
    }

    [Test]
    public async Task Connected_tells_the_settings_a_client_needs()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:BatchOpsMax=7", "--EventOnly:Connections:PingInterval=00:00:03");
        await using var ann = await server.UpgradeAsync();

        await ann.SayAsync("""{"type":"connect"}""");
        var connected = await ann.NextAsync();

        connected["user"].GetProperty("name").GetString().Should().Be("anonymous");
        connected.Number("pingInterval").Should().Be(3000);
        connected["limits"].GetProperty("batchOps").GetInt32().Should().Be(7);
    }

    private static bool IsEvent(Heard heard) => heard.Type is "create" or "update" or "delete" or "batch";

    private static List<string> EventsOf(RawClient client) => [.. client.Transcript.Where(IsEvent).Select(heard => heard.Text)];

    private static IEnumerable<string> Entities(Heard heard, string list) => heard.List(list).Select(item => item.GetProperty("entity").GetString()!);
}
