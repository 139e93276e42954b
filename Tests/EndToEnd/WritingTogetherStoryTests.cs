using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>Ann and Bob write in one text, over real sockets, and Cid comes later.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WritingTogetherStoryTests
{
    private const string Made = """{"type":"create","project":"apollo","n":1,"entity":"card-5","kind":"card","data":{"notes":{"$text":"Milk"},"title":"Shopping"}}""";

    [Test]
    public async Task Two_who_write_at_once_come_to_the_same_text_and_so_does_who_joins_later()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await ann.SayAsync(Made);
        await bob.HearAsync("create");

        await Task.WhenAll(
            ann.SayAsync(Edit(2, 1, """{"retain":4},{"insert":" and eggs"}""")),
            bob.SayAsync(Edit(1, 1, """{"insert":"Oat m"},{"delete":1},{"retain":3},{"insert":"!"}""")));
        await ann.HearAsync("update");
        await ann.HearAsync("update");
        await bob.HearAllAsync();
        await using var cid = await server.ConnectAsync("cid");
        await cid.JoinAsync("apollo");
        var snapshot = SnapshotOf(cid);

        var state = Folded(ann);
        var text = state.Entities["card-5"].Texts["notes"]!;
        text.Text.ToString().Should().BeOneOf("Oat milk! and eggs", "Oat milk and eggs!");
        Folded(bob).Hash.Should().Be(state.Hash);
        snapshot.Hash.Should().Be(state.Hash);
        snapshot.Entities.Single().Hash.Should().Be(state.Hash);
        (snapshot.Entities.Single().Version, snapshot.Entities.Single().Texts["notes"]!.Born).Should().Be((1L, 1L));
    }

    [Test]
    public async Task What_was_written_is_there_after_a_restart_and_edits_from_before_it_go_on([Values] bool isKept)
    {
        var folder = Directory.CreateTempSubdirectory("eventonly-text-");
        string[] settings = ["--EventOnly:Journal:Durability=Os", $"--EventOnly:Journal:Folder={folder.FullName}", .. isKept ? ["--EventOnly:Journal:SnapshotEvents=1"] : Array.Empty<string>()];
        try
        {
            await using (var server = await LiveServer.StartAsync(settings))
            {
                await using var ann = await server.JoinAsync("ann");
                await ann.SayAsync(Made);
                await ann.SayAsync(Edit(2, 1, """{"insert":"Oat "}"""));
                await ann.SayAsync("""{"type":"update","project":"apollo","n":3,"entity":"card-5","edit":{"field":"notes","base":1,"delta":[{"retain":5}]}}""");
                (await ann.HearAsync("reject")).Word("detail").Should().Be("not_normal");
                await server.StopAsync();
            }
            await using var again = await LiveServer.StartAsync(settings);
            await using var bob = await again.ConnectAsync("bob");
            await bob.JoinAsync("apollo");
            SnapshotOf(bob).Entities.Single().Texts["notes"]!.Text.ToString().Should().Be("Oat Milk");

            await bob.SayAsync(Edit(1, 2, """{"retain":8},{"insert":"!"}"""));
            await bob.HearAsync("update");
            await bob.SayAsync(Edit(2, 2, """{"insert":"¡"}"""));
            var last = await bob.HearAsync("update");

            last.Raw("edit").Should().Be("""{"field":"notes","delta":[{"insert":"¡"}],"len":10}""");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Queries_validation_and_the_past_know_texts()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await ann.SayAsync(Made);
        await ann.SayAsync(Edit(2, 1, """{"insert":"Oat "}"""));

        await ann.SayAsync("""{"type":"query","id":"q1","project":"apollo","where":{"notes":"Oat Milk"},"match":{"*":"OAT"},"sort":"-notes"}""");
        (await ann.HearAsync("result")).Raw("items").Should().Be("""[{"entity":"card-5","kind":"card","version":1,"data":{"notes":{"$text":"Oat Milk","born":1},"title":"Shopping"}}]""");
        await ann.SayAsync("""{"type":"validate","id":"v1","project":"apollo","command":{"type":"update","entity":"card-5","edit":{"field":"notes","base":2,"delta":[{"retain":9},{"insert":"x"}]}}}""");
        (await ann.HearAsync("verdict")).Word("code").Should().Be("invalid");
        await ann.SayAsync("""{"type":"history","id":"h1","project":"apollo","at":1}""");
        (await ann.HearAsync("snapshot", heard => heard.Word("id") == "h1")).Raw("entities").Should().Contain("""{"$text":"Milk","born":1}""");
        await ann.SayAsync("""{"type":"history","id":"h2","project":"apollo","last":5,"entity":"card-5","field":"notes"}""");
        (await ann.HearAsync("result")).Raw("events").Should().Contain("\"edit\":").And.Contain("\"create\"");
        await ann.SayAsync("""{"type":"history","id":"h3","project":"apollo","last":5,"entity":"card-5","field":"title"}""");
        (await ann.HearAsync("result")).Raw("events").Should().NotContain("\"edit\":");
    }

    private static string Edit(int n, long from, string parts) =>
        $$$"""{"type":"update","project":"apollo","n":{{{n}}},"entity":"card-5","edit":{"field":"notes","base":{{{from}}},"delta":[{{{parts}}}]}}""";

    /// <summary>What it was told when it joined.</summary>
    private static ServerMessage.Snapshot SnapshotOf(RawClient client)
    {
        var frame = client.Transcript.Single(heard => heard.Type == "snapshot").Text;
        new WireCodec(WireLimits.Trusted).TryDecode(Given.Utf8(frame), out ServerMessage? message, out _).Should().BeTrue();
        return (ServerMessage.Snapshot)message!;
    }

    private static ProjectState Folded(RawClient client) => client.Transcript
        .Select(heard => new WireCodec(WireLimits.Trusted).TryDecodeEvent(Given.Utf8(heard.Text))).OfType<ProjectEvent>().Aggregate(ProjectState.Empty, Fold.Apply);
}
