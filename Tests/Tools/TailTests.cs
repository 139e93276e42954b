using System.Collections.Concurrent;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;
using EventOnly.Tools;
using EventOnly.Tools.Tail;

namespace EventOnly.Tests.Tools;

/// <summary>Following a project: each event once and in order, and text of users that stays text.</summary>
internal sealed class TailTests
{
    [Test]
    public async Task Between_what_was_and_what_comes_there_is_neither_gap_nor_double()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await ConnectAsync(server, "Ann");
        for (var i = 0; i < 300; i++)
            await ann.CreateAsync("card", JsonFields.Empty, $"before-{i}");
        using var stopping = new CancellationTokenSource();
        var writing = WriteAsync(ann, stopping.Token);

        for (var round = 0; round < 5; round++)
        {
            await using var client = await ConnectAsync(server, "tail");
            var seqs = new List<long>();
            await new EventFeed(client, happened => seqs.Add(happened.Seq), Assert.Fail, Assert.Fail).RunAsync(0, client.Seq + 200, follows: true, default).WaitAsync(RawClient.Patience);
            seqs.Should().Equal(Enumerable.Range(1, seqs.Count).Select(seq => (long)seq)).And.HaveCountGreaterThan(500);
        }
        await stopping.CancelAsync();
        await writing;
    }

    [Test]
    public async Task A_line_that_breaks_leaves_no_hole()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await ConnectAsync(server, "Ann");
        await using var client = await ConnectAsync(server, "tail");
        var seqs = new ConcurrentQueue<long>();
        var running = new EventFeed(client, happened => seqs.Enqueue(happened.Seq), Assert.Fail, Assert.Fail).RunAsync(0, 40, follows: true, default);
        for (var i = 1; i <= 40; i++)
        {
            await ann.CreateAsync("card", JsonFields.Empty, $"c{i}");
            if (i % 10 == 0)
                client.AbortConnection();
        }
        await running.WaitAsync(RawClient.Patience);
        seqs.Should().Equal(Enumerable.Range(1, 40).Select(seq => (long)seq));
    }

    [Test]
    public async Task Ctrl_C_ends_it_well_and_no_server_does_not()
    {
        await using var server = await LiveServer.StartAsync();
        using var stopping = new CancellationTokenSource();
        var running = TailCommand.RunAsync(server.Uri, "apollo", null, null, isJson: false, TextWriter.Null, TextWriter.Null, stopping.Token);
        await Eventually.IsAsync(() => server.Connections.Count > 0, "it is connected");
        await stopping.CancelAsync();

        (await running.WaitAsync(RawClient.Patience)).Should().Be(ExitCode.Ok);
        (await TailCommand.RunAsync(new("ws://127.0.0.1:1/ws"), "apollo", null, null, isJson: false, TextWriter.Null, TextWriter.Null, default)).Should().Be(ExitCode.WrongUsage);
    }

    [Test]
    public void An_event_is_one_line_and_text_of_users_moves_no_cursor()
    {
        var happened = new ProjectEvent(1042, 1_795_248_000_123, "An\u202en", "s", 1, true,
        [
            new Change.Created("c1", "card", 1042, Given.Fields("""{"t":"\u001b[2J\u009b1m\u2028"}""")), new Change.Incremented("c1", 1042, [new("votes", -2)]), new Change.Deleted("c2"),
        ]);

        EventLine.ForPeople(happened, isColoured: false).Should().Be(
            """2026-11-21 08:00:00.123    1042  An\u202en  batch of 3: create card c1 {"t":"\u001b[2J\u009b1m\u2028"}; update c1 votes -2; delete c2""");
        EventLine.ForPeople(happened, isColoured: true).Should().Contain("\e[33mAn\\u202en\e[0m");
        EventLine.Json("apollo", happened, forTerminal: true).Should().StartWith("""{"type":"batch","project":"apollo","seq":1042,""").And.NotContain("\u009b").And.Contain("\\u009b");
        EventLine.Json("apollo", happened, forTerminal: false).Should().Contain("\u009b");
    }

    private static Task<EventOnlyClient> ConnectAsync(LiveServer server, string user) =>
        EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "apollo", UserName = user });

    private static async Task WriteAsync(EventOnlyClient client, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
            await client.CreateAsync("card", JsonFields.Empty, ct: default);
    }
}
