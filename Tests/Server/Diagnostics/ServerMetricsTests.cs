using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Diagnostics;

/// <summary>Each instrument moves by what happened, and by nothing else.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ServerMetricsTests
{
    [Test]
    public async Task Events_are_counted_by_what_they_change_and_once_for_each_member_that_listens()
    {
        await using var server = await LiveServer.StartAsync();
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var publisher = await server.ConnectAsync("cat");
        await publisher.SayAsync("""{"type":"join","id":"j","project":"apollo","session":"a-secret-of-a-publisher","listen":false}""");
        await publisher.HearAsync("joined");

        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{"votes":1}}""");
        await ann.SayAsync("""{"type":"update","project":"apollo","n":2,"entity":"a","patch":{"title":"x"}}""");
        await ann.SayAsync("""{"type":"update","project":"apollo","n":3,"entity":"a","increment":{"votes":1}}""");
        await ann.SayAsync("""{"type":"update","project":"apollo","n":4,"entity":"a","increment":{"votes":1}}""");
        await ann.SayAsync("""{"type":"batch","project":"apollo","n":5,"ops":[{"type":"update","entity":"a","patch":{"title":"y"}}]}""");
        await ann.SayAsync("""{"type":"delete","project":"apollo","n":6,"entity":"a"}""");
        await ann.HearAsync("delete");
        await ann.SayAsync("""{"type":"broadcast","project":"apollo","topic":"t","data":0}""");
        await ann.HearAsync("broadcast");

        readings["eventonly.events", "create"].Should().Be(1);
        readings["eventonly.events", "patch"].Should().Be(1);
        readings["eventonly.events", "increment"].Should().Be(2);
        readings["eventonly.events", "batch"].Should().Be(1);
        readings["eventonly.events", "delete"].Should().Be(1);
        readings["eventonly.deliveries", "event"].Should().Be(6 * 2, "the publisher does not listen");
        readings["eventonly.broadcasts"].Should().Be(1);
        readings["eventonly.deliveries", "broadcast"].Should().Be(2);
        readings["eventonly.turn.commands", "sum"].Should().Be(6);
        var turns = readings["eventonly.turn.commands", "count"];
        await Eventually.IsAsync(() => readings["eventonly.command.duration", "count"] >= turns, "each turn's time has been noted");
        readings["eventonly.command.duration", "count"].Should().Be(turns);
        readings["eventonly.journal.append.duration", "count"].Should().Be(turns);
    }

    [Test]
    public async Task Refused_commands_are_counted_by_their_code()
    {
        await using var server = await LiveServer.StartAsync();
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.JoinAsync("ann");
        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}""");
        await ann.HearAsync("create");

        foreach (var refused in (string[])[
            """{"type":"create","project":"apollo","n":2,"entity":"a","kind":"card","data":{}}""",
            """{"type":"delete","project":"apollo","n":3,"entity":"b"}""",
            """{"type":"delete","project":"apollo","n":4,"entity":"c"}""",
            """{"type":"delete","project":"apollo","n":5,"entity":"a","ifVersion":7}""",
            """{"type":"delete","project":"vostok","n":6,"entity":"a"}""",
            """{"type":"delete","project":"apollo","n":7}"""])
        {
            await ann.SayAsync(refused);
            await ann.HearAsync("reject");
        }

        readings["eventonly.rejects", "exists"].Should().Be(1);
        readings["eventonly.rejects", "not_found"].Should().Be(2);
        readings["eventonly.rejects", "conflict"].Should().Be(1);
        readings["eventonly.rejects", "forbidden"].Should().Be(1, "it has not joined that one");
        readings["eventonly.rejects", "invalid"].Should().Be(1);
        readings["eventonly.events", "create"].Should().Be(1);
        readings["eventonly.events", "delete"].Should().Be(0);
    }

    [Test]
    public async Task Errors_are_counted_by_their_code()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:MembersMax=1");
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.ConnectAsync("bob");

        await ann.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"another-secret-of-ann"}""");
        await ann.RequestAsync("""{"type":"sing","id":"$id"}""");
        await bob.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"the-secret-of-bob-12"}""");

        readings["eventonly.errors", "exists"].Should().Be(1);
        readings["eventonly.errors", "unsupported"].Should().Be(1);
        readings["eventonly.errors", "unavailable"].Should().Be(1);
    }

    [Test]
    public async Task Joins_are_counted_by_what_they_were_given_and_those_who_could_not_resume_once_more()
    {
        await using var server = await LiveServer.StartAsync();
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.ConnectAsync("ann");
        var joined = await ann.JoinAsync("apollo");
        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}""");
        await ann.HearAsync("create");

        await using var back = await server.ConnectAsync("ann");
        await back.JoinAsync("apollo", $$""","since":{"epoch":"{{joined.Word("epoch")}}","seq":0}""");
        await using var lost = await server.ConnectAsync("ann");
        await lost.JoinAsync("apollo", ""","since":{"epoch":"of-another","seq":0}""");
        await using var publisher = await server.ConnectAsync("cat");
        await publisher.SayAsync("""{"type":"join","id":"j","project":"apollo","session":"a-secret-of-a-publisher","listen":false}""");
        await publisher.HearAsync("joined");

        readings["eventonly.joins", "snapshot"].Should().Be(2);
        readings["eventonly.joins", "recovered"].Should().Be(1);
        readings["eventonly.joins", "publisher"].Should().Be(1);
        readings["eventonly.resyncs"].Should().Be(1);
        await Eventually.IsAsync(() => (int)readings["eventonly.members"] == 4, "all four are counted");
        readings["eventonly.projects.open"].Should().Be(1);
        readings["eventonly.projects.memory"].Should().BeGreaterThan(4096);
    }

    [Test]
    public async Task Snapshots_are_counted_when_they_are_encoded_not_when_they_are_sent()
    {
        await using var server = await LiveServer.StartAsync();
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.JoinAsync("ann");
        for (var n = 1; n <= 3; n++)
        {
            await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"a{{{n}}}","kind":"card","data":{"text":"{{{new string('x', 30_000)}}}"}}""");
            await ann.HearAsync("create");
        }
        var before = readings["eventonly.snapshots", "False"];
        await using var bob = await server.JoinAsync("bob");
        await using var cat = await server.JoinAsync("cat");
        await using var dan = await server.JoinAsync("dan");

        before.Should().Be(1, "the one of the empty project");
        await Eventually.IsAsync(() => (int)readings["eventonly.snapshots", "False"] == 2, "the large one is counted once");
        readings["eventonly.snapshots", "True"].Should().Be(0, "nobody agreed to compression");
        server.Log.Entries.Should().ContainSingle(entry => entry.Id == 212);
    }

    [Test]
    public async Task Connections_are_counted_while_they_are_open_and_by_how_they_ended()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ErrorsMax=1");
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        var cat = await server.ConnectAsync("cat");
        readings["eventonly.connections"].Should().Be(3);

        await ann.SendCloseAsync();
        await ann.HearCloseAsync();
        await bob.SayAsync("1");
        await bob.SayAsync("2");
        await bob.HearCloseAsync();
        await bob.SendCloseAsync();
        await cat.DisposeAsync();

        await Eventually.IsAsync(() => (int)readings["eventonly.connections"] == 0, "all have ended");
        readings["eventonly.connections.closed", "1000"].Should().Be(1);
        readings["eventonly.connections.closed", "4400"].Should().Be(1);
        readings["eventonly.connections.closed", "1006"].Should().Be(1, "its line ended without a word");
    }

    [Test]
    public async Task Bytes_are_those_on_the_line()
    {
        const string ping = """{"type":"ping","t":1}""";
        await using var server = await LiveServer.StartAsync();
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.ConnectAsync("ann");
        await Eventually.IsAsync(() => readings["eventonly.io", "transmit"] > 0, "what it was told is counted");
        var (received, sent) = (readings["eventonly.io", "receive"], readings["eventonly.io", "transmit"]);

        await ann.SayAsync(ping);
        var pong = await ann.HearAsync("pong");

        readings["eventonly.io", "receive"].Should().Be(received + 6 + ping.Length, "a head and a mask of six bytes come before it");
        await Eventually.IsAsync(() => (int)(readings["eventonly.io", "transmit"] - sent) == 2 + pong.Text.Length, "the pong and its head are counted");
    }

    [Test]
    public async Task A_sync_of_the_disk_is_timed_once_for_all_that_waited()
    {
        var data = Directory.CreateTempSubdirectory("eventonly-").FullName;
        try
        {
            await using var server = await LiveServer.StartAsync("--EventOnly:Journal:Durability=Disk", "--data", data);
            using var readings = new Readings(server.Metrics);
            await using var ann = await server.JoinAsync("ann");
            await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}""");
            await ann.HearAsync("create");

            await Eventually.IsAsync(() => (int)readings["eventonly.journal.sync.duration", "count"] == 1, "its sync is timed");
            readings["eventonly.journal.sync.duration", "sum"].Should().BePositive();
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Test]
    public async Task An_append_is_timed_until_its_project_goes_on_whether_it_had_to_wait_or_not([Values] bool waits)
    {
        var time = new ManualTime();
        using var metrics = new ServerMetrics(time);
        using var readings = new Readings(metrics);
        var (appending, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        var journal = new ScriptedJournal(Given.AJournal())
        {
            OnAppend = async _ =>
            {
                time.Advance(TimeSpan.FromSeconds(2));
                appending.SetResult();
                if (waits)
                    await released.Task;
                return null;
            },
        };
        await using var bench = await LoopBench.RunAsync(journal, time: time, metrics: metrics);
        var ann = await bench.EnterAsync("ann");

        await bench.BringAsync(new Inbound.Submit(ann.Member, 1, Given.Create("a"), HeardAt: time.GetTimestamp()));
        await appending.Task;
        if (waits)
            time.Advance(TimeSpan.FromSeconds(3));
        released.SetResult();
        await bench.LookAsync(ann);

        readings["eventonly.journal.append.duration", "sum"].Should().Be(waits ? 5 : 2);
        await Eventually.IsAsync(() => (int)readings["eventonly.command.duration", "count"] == 1, "its time is told after the fan-out");
        readings["eventonly.command.duration", "sum"].Should().Be(waits ? 5 : 2);
    }

    [Test]
    public async Task Who_does_not_take_what_is_new_is_behind_by_its_bytes()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal());
        var ann = await bench.EnterAsync("ann");
        var bob = await bench.EnterAsync("bob");
        await bench.SubmitAsync(ann, 1, Given.Create("a", """{"title":"x"}"""));
        await ann.HearAsync<ServerMessage.Happened>();
        var behind = CountOf(bench);

        bob.Events().Should().ContainSingle();

        (behind.Behind, behind.LagBytes > 100, behind.LagBytesMost == behind.LagBytes).Should().Be((1, true, true));
        CountOf(bench).Should().Match<Census>(census => census.Behind == 0 && census.LagBytes == 0 && census.Members == 2);
    }

    [Test]
    public async Task Who_is_behind_stays_so_while_others_come_and_go()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal());
        var (ann, bob) = (await bench.EnterAsync("ann"), await bench.EnterAsync("bob"));
        await bench.SubmitAsync(ann, 1, Given.Create("a", """{"title":"x"}"""));
        await ann.HearAsync<ServerMessage.Happened>();
        var before = CountOf(bench);

        var cat = await bench.EnterAsync("cat");
        var withCat = CountOf(bench);
        await bench.BringAsync(new Inbound.Exit(cat.Member, "l1"));
        await cat.HearAsync<ServerMessage.Done>();
        var withoutCat = CountOf(bench);
        bob.Heard();

        (before.Behind, withCat.Behind, withoutCat.Behind).Should().Be((1, 1, 1));
        (withCat.LagBytes, withoutCat.LagBytes).Should().Be((before.LagBytes, before.LagBytes));
        CountOf(bench).Behind.Should().Be(0);
    }

    [Test]
    public async Task Who_came_back_and_has_not_taken_yet_what_it_missed_is_behind()
    {
        await using var bench = await LoopBench.RunAsync(Given.AJournal());
        var ann = await bench.EnterAsync("ann");
        await bench.SubmitAsync(ann, 1, Given.Create("a", """{"title":"x"}"""));
        await ann.HearAsync<ServerMessage.Happened>();
        var epoch = ann.Heard<ServerMessage.Joined>().Head.Epoch;

        var back = await bench.BringInAsync("bob", Given.Join(since: new(epoch, 0)));
        await bench.LookAsync(ann);
        var behind = CountOf(bench);
        back.Events().Should().ContainSingle();

        (behind.Behind, behind.LagBytes > 100).Should().Be((1, true));
        CountOf(bench).Behind.Should().Be(0);
    }

    [Test]
    public async Task What_waits_for_its_project_is_counted()
    {
        await using var bench = await LoopBench.OpenAsync(Given.AJournal()); // and does not run
        for (var i = 0; i < 3; i++)
            await bench.BringInAsync($"guest-{i}");

        var census = CountOf(bench);

        (census.Inbox, census.InboxMost, census.Open).Should().Be((3, 3, 1));
    }

    [Test]
    public async Task Two_servers_in_one_process_do_not_count_for_each_other()
    {
        await using var one = await LiveServer.StartAsync();
        await using var other = await LiveServer.StartAsync();
        using var readings = new Readings(other.Metrics);

        await using var ann = await one.JoinAsync("ann");

        readings["eventonly.joins", "snapshot"].Should().Be(0);
        readings["eventonly.connections"].Should().Be(0);
    }

    private static Census CountOf(LoopBench bench)
    {
        var census = default(Census);
        bench.Loop.AddTo(ref census);
        return census;
    }
}
