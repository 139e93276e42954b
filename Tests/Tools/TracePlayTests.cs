using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Tests.Support;
using EventOnly.Tools.Traces;

namespace EventOnly.Tests.Tools;

/// <summary>Recorded sessions, and made-up ones with surrogate pairs, through real clients and the live server: all end with the same text, and it is the right one.</summary>
internal sealed class TracePlayTests
{
    /// <summary>Of each recorded session, unless all is played.</summary>
    private const int EditsOfEach = 2000;

    private const string Small = "sveltecomponent";

    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    [TestCase("automerge-paper")]
    [TestCase("rustcode")]
    [TestCase(Small)]
    [TestCase("json-crdt-blog-post")]
    [TestCase("friendsforever_flat")]
    [TestCase("clownschool_flat")]
    public async Task A_recorded_session_ends_as_recorded_through_the_live_server(string name)
    {
        var trace = (SequentialTrace)TraceReader.Read(RecordedTraces.Find($"seq-{name}.json.gz"));
        await using var server = await LiveServer.StartAsync();

        var played = s_long || name == Small ? trace : trace.Take(EditsOfEach);
        var verdict = await TracePlayer.PlayAsync(played, server.Uri, new());

        verdict.Failure.Should().BeNull();
        verdict.Edits.Should().Be(played.Edits.Count);
        verdict.Events.Should().BeInRange(verdict.Edits, verdict.Edits + 10, "each edit is an event, but for the few long pastes, which are several");
    }

    [Test]
    public void The_recorded_session_of_two_at_once_ends_as_recorded() =>
        TraceRun.PlayHere((ConcurrentTrace)TraceReader.Read(RecordedTraces.Find("conc-friendsforever.script.jsonl.gz"))).Told.Should().StartWith("passed");

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public async Task A_made_up_session_with_surrogate_pairs_ends_alike_everywhere(int writers)
    {
        var trace = MakeUp(seed: writers, edits: s_long ? 5000 : 400);
        await using var server = await LiveServer.StartAsync();
        var told = 0;

        var verdict = await TracePlayer.PlayAsync(trace, server.Uri, new() { Writers = writers, OnEdit = edit => told = edit });

        verdict.Failure.Should().BeNull();
        told.Should().Be(trace.Edits.Count);
        trace.End.Any(char.IsSurrogate).Should().BeTrue();
        verdict.ToString().Should().StartWith($"passed made-up: {trace.Edits.Count:N0} edits by {writers} writer").And.Contain($"as {verdict.Events:N0} events").And.Contain("edits/s");
        if (writers == 1)
            verdict.Events.Should().BeInRange(1, trace.Edits.Count);
        else
            verdict.Events.Should().Be(trace.Edits.Count);
    }

    [Test]
    public async Task Writers_take_turns()
    {
        await using var server = await LiveServer.StartAsync();
        await using var watcher = await EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "turns" });
        using var events = watcher.EventsAsync(happened => happened.Changes is [Change.Edited]);

        await TracePlayer.PlayAsync(new("typed", "", [.. Enumerable.Repeat(Delta.Replace(0, 0, "a"), 7)], "aaaaaaa"), server.Uri, new() { Writers = 3, Project = "turns" });

        var authors = new List<string>();
        await foreach (var happened in events)
        {
            authors.Add(happened.By);
            if (authors.Count == 7)
                break;
        }
        authors.Should().Equal("writer-1", "writer-2", "writer-3", "writer-1", "writer-2", "writer-3", "writer-1");
    }

    [Test]
    public async Task A_text_that_ends_otherwise_fails_and_it_is_said_where([Values(1, 2)] int writers)
    {
        var trace = MakeUp(seed: 7, edits: 20);
        await using var server = await LiveServer.StartAsync();

        var verdict = await TracePlayer.PlayAsync(trace with { End = trace.End + "!" }, server.Uri, new() { Writers = writers });

        verdict.Passed.Should().BeFalse();
        verdict.ToString().Should().Be($"FAILED made-up: the text ends otherwise than recorded, from unit {trace.End.Length} of {trace.End.Length + 1} on: it has {trace.End.Length}");
    }

    [Test]
    public async Task A_refusal_fails_the_trace_with_what_the_server_said()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:TextUnitsMax=16");

        var verdict = await TracePlayer.PlayAsync(new("long", "", [Delta.Replace(0, 0, new('x', 17))], new('x', 17)), server.Uri, new());

        verdict.ToString().Should().StartWith("FAILED long: ").And.Contain("too long");
    }

    private static SequentialTrace MakeUp(int seed, int edits)
    {
        var (chance, all) = (Given.Chance(seed), new List<Delta>());
        var start = AnyText.Of(chance, 50) + "\U0001F600";
        var text = start;
        while (all.Count < edits)
        {
            var change = AnyText.Change(chance, text);
            if (change.IsEmpty)
                continue;
            text = AnyText.Changed(text, change);
            all.Add(change);
        }
        return new("made-up", start, all, text);
    }
}
