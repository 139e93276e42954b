using System.Text.RegularExpressions;
using EventOnly.Protocol.State;
using EventOnly.Tests.Server.Journals;
using EventOnly.Tests.Support;
using EventOnly.Tools;
using EventOnly.Tools.Record;
using EventOnly.Tools.Replay;

namespace EventOnly.Tests.Tools;

/// <summary>What happened becomes a script, and the script comes to the same state.</summary>
internal sealed class RecordTests
{
    private string _folder = "";

    private string Script => Path.Combine(_folder, "script.jsonl");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<ProjectEvent> Story(int events, int seed = 3)
    {
        var story = new AnyStory(Given.Chance(seed));
        while (story.State.Seq < events)
        {
            if (story.Go() is { } happened)
                yield return happened with { By = happened.Session == "session-0" ? "Ann Smith" : "Bob" };
        }
    }

    private static List<string> Record(IEnumerable<ProjectEvent> events, Redaction? redaction = null, ProjectState? before = null)
    {
        var recorder = new Recorder("apollo", redaction ?? new(false, false));
        List<string> lines = [.. recorder.Begin(before ?? ProjectState.Empty)];
        foreach (var happened in events)
            lines.AddRange(recorder.Take(happened));
        lines.Add(recorder.End());
        return lines;
    }

    private static async Task<Verdict> PlayAsync(LiveServer server, IReadOnlyList<string> lines) =>
        await ScriptRunner.RunAsync(EventOnly.Tools.Replay.Script.Parse("recorded", lines), server.Uri);

    [Test]
    public async Task A_recorded_story_plays_and_ends_in_the_state_it_had([Values(1, 2, 3)] int seed)
    {
        await using var server = await LiveServer.StartAsync();
        var events = Story(120, seed).ToArray();
        events.Should().Contain(happened => happened.IsBatch);

        var lines = Record(events);

        lines[^1].Should().Contain($"\"hash\":\"{events.Aggregate(ProjectState.Empty, Fold.Apply).Hash}\"");
        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public async Task A_recorded_story_that_lacks_a_line_fails()
    {
        await using var server = await LiveServer.StartAsync();
        var lines = Record([
            Given.Event(1, new Change.Created("a", "card", 1, Given.Fields("{}"))),
            Given.Event(2, new Change.Incremented("a", 1, [new("votes", 1)])),
        ]);

        var verdict = await PlayAsync(server, [.. lines.Where(line => !line.Contains("increment", StringComparison.Ordinal))]);

        verdict.Failure!.Reason.Should().Contain("state is another one");
    }

    [Test]
    public async Task A_recording_that_begins_in_the_middle_makes_what_was_there_before()
    {
        await using var server = await LiveServer.StartAsync();
        var events = Story(100).ToArray();
        var before = events[..60].Aggregate(ProjectState.Empty, Fold.Apply);
        before.Entities.Should().NotBeEmpty();

        var lines = Record(events[60..], before: before);

        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
        lines[^1].Should().Contain($"\"entities\":{events.Aggregate(ProjectState.Empty, Fold.Apply).Entities.Count},");
    }

    [Test]
    public async Task What_was_there_before_is_made_anew_with_its_nulls_and_whatever_its_size()
    {
        await using var server = await LiveServer.StartAsync();
        var fields = Enumerable.Range(0, 40).Select(i => $"\"f{i:00}\":{i}").Concat(["\"y1\":null", "\"y2\":{\"deep\":{\"none\":null}}", "\"y3\":null", "\"y4\":[null,{\"a\":null}]"])
            .Concat(Enumerable.Range(0, 3).Select(i => $"\"z{i}\":\"{new string('x', 20_000)}\""));
        var data = Given.Fields("{" + string.Join(',', fields) + "}");
        var before = ProjectState.FromSnapshot(7, [new Entity("a", "card", 5, data), new Entity("b", "card", 7, JsonFields.Empty)]);

        var lines = Record([], before: before);

        var made = lines.Count(line => line.Contains("\"entity\":\"a\"", StringComparison.Ordinal));
        made.Should().BeGreaterThan(2);
        lines[^1].Should().Contain(ProjectState.FromSnapshot(0, [new Entity("a", "card", made, data), new Entity("b", "card", made + 1, JsonFields.Empty)]).Hash.ToString());
        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public void An_event_that_is_missing_or_not_understood_cannot_be_recorded()
    {
        var events = Story(5).ToArray();
        FluentActions.Invoking(() => Record([events[0], events[2]])).Should().Throw<RecordException>().WithMessage("*missing*");
        FluentActions.Invoking(() => Record([events[0] with { Changes = [], IsBatch = true }])).Should().Throw<RecordException>().WithMessage("*does not know*");
    }

    [Test]
    public void Redaction_leaves_no_name_and_no_text_and_keeps_shape_and_equality()
    {
        const string data = """{"done":true,"n":[1,2.5,null],"nested":{"to":"Bob Brown","x":"secret plan"},"title":"secret plan","empty":"","z":"Ü€"}""";
        ProjectEvent[] events =
        [
            new(1, 1, "Ann Smith", "s1", 1, false, [new Change.Created("card-1", "card", 1, Given.Fields(data))]),
            new(2, 2, "Bob Brown", "s2", 1, true, [new Change.Patched("card-1", 2, Given.Fields("""{"title":"other text","tags":["secret plan"]}""")), new Change.Deleted("card-1")]),
            new(3, 3, "Ann Smith", "s3", 1, false, [new Change.Created("card-2", "card", 3, Given.Fields("""{"title":"other text"}"""))]),
        ];

        var text = string.Join('\n', Record(events, new(users: true, texts: true)));

        foreach (var original in new[] { "Ann", "Smith", "Bob", "Brown", "secret", "plan", "other", "Ü", "€" })
            text.Should().NotContain(original);
        text.Should().Contain("\"user\":\"u1\"").And.Contain("\"user\":\"u2\"").And.Contain("card-1").And.Contain("\"kind\":\"card\"").And.Contain("\"n\":[1,2.5,null]").And.Contain("\"empty\":\"\"");
        var titles = Regex.Matches(text, "\"title\":\"(?<t>[^\"]*)\"").Select(match => match.Groups["t"].Value).ToArray();
        titles.Select(title => title.Length).Should().Equal("secret plan".Length, "other text".Length, "other text".Length);
        titles[1].Should().Be(titles[2]).And.NotBe(titles[0]);
        Regex.Match(text, "\"tags\":\\[\"(?<t>[^\"]*)\"").Groups["t"].Value.Should().Be(titles[0]);
    }

    [Test]
    public void Pseudonyms_of_many_short_texts_stay_different()
    {
        var redaction = new Redaction(users: false, texts: true);
        var made = Enumerable.Range(0x4e00, 3000).Select(c => redaction.Fields(Given.Fields($$"""{"a":"{{(char)c}}"}""")).ToString()).ToArray();
        made.Should().OnlyHaveUniqueItems();
        redaction.Fields(Given.Fields("""{"a":"a"}""")).ToString().Should().NotBe("""{"a":"a"}""");
    }

    [Test]
    public async Task A_segment_is_a_script_and_several_that_follow_each_other_are_one()
    {
        await using var server = await LiveServer.StartAsync();
        var bench = await SegmentsBench.MakeAsync();
        var files = new List<FileInfo>();
        foreach (var path in bench.Segments)
        {
            files.Add(new(Path.Combine(_folder, Path.GetFileName(path))));
            await File.WriteAllBytesAsync(files[^1].FullName, bench.Disk[path]);
        }

        var scripts = await EventOnly.Tools.Replay.Script.LoadAsync(files, _ => Assert.Fail("Nothing is left out."));

        var verdict = await ScriptRunner.RunAsync(scripts.Should().ContainSingle().Which, server.Uri);
        verdict.Passed.Should().BeTrue(verdict.ToString());
        scripts[0].Lines[^1].Text.Should().Contain(bench.State.Hash.ToString());
        var alone = () => EventOnly.Tools.Replay.Script.LoadAsync(files[1..], _ => { });
        (await alone.Should().ThrowAsync<ScriptException>()).WithMessage("*begins after*");
    }

    [Test]
    public async Task A_folder_is_recorded_without_what_a_crash_left_half_written()
    {
        await using var server = await LiveServer.StartAsync();
        var bench = await SegmentsBench.MakeAsync();
        Directory.CreateDirectory(Path.Combine(_folder, "apollo"));
        foreach (var path in bench.Segments)
            await File.WriteAllBytesAsync(Path.Combine(_folder, "apollo", Path.GetFileName(path)), bench.Disk[path]);
        await File.AppendAllTextAsync(Path.Combine(_folder, "apollo", Path.GetFileName(bench.Segments[^1])), """{"type":"create","proj""");
        await File.WriteAllTextAsync(Path.Combine(_folder, "apollo", "damaged-1.lost.jsonl"), "not to be read");

        (await RecordAsync(data: _folder)).Should().Be(ExitCode.Ok);

        var lines = await File.ReadAllLinesAsync(Script);
        lines[^1].Should().Contain($"\"seq\":30,").And.Contain(bench.State.Hash.ToString());
        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
        Directory.GetFiles(_folder, "*.part").Should().BeEmpty();
    }

    [TestCase(4, "not an event")]
    [TestCase(4, """{"type":"segment"}""")]
    [TestCase(4, null)]
    public async Task A_broken_line_with_events_behind_it_is_no_unfinished_end(int at, string? line)
    {
        var last = (await CopySegmentsAsync())[^1];
        var lines = (await File.ReadAllLinesAsync(last)).ToList();
        if (line is null)
            lines.RemoveAt(at);
        else
            lines[at] = line;
        lines.Count.Should().BeGreaterThan(at + 1);
        await File.WriteAllLinesAsync(last, lines);
        var told = new StringWriter();

        (await RecordAsync(data: _folder, error: told)).Should().Be(ExitCode.WrongUsage);

        told.ToString().Should().Contain($"{Path.GetFileName(last)}, line {at + 1}: not the event").And.Contain("verify");
        File.Exists(Script).Should().BeFalse();
    }

    [Test]
    public async Task A_daybook_that_a_crash_has_left_is_told()
    {
        var segments = await CopySegmentsAsync();
        var told = new StringWriter();
        await RecordAsync(data: _folder, error: told);
        told.ToString().Should().BeEmpty();
        await File.WriteAllTextAsync(Path.Combine(_folder, "daybook-2.jsonl"), "not to be read");

        (await RecordAsync(data: _folder, error: told)).Should().Be(ExitCode.Ok);

        told.ToString().Should().StartWith("daybook-2.jsonl: not looked at");
        var leftOut = new List<string>();
        await EventOnly.Tools.Replay.Script.LoadAsync(segments.Select(path => new FileInfo(path)), leftOut.Add);
        leftOut.Should().ContainSingle().Which.Should().StartWith("daybook-2.jsonl: not looked at");
    }

    [Test]
    public async Task A_recording_ends_at_the_event_it_is_to_end_at([Values] bool fromServer)
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await AnnAsync(server, events: 5);
        await CopySegmentsAsync();

        (await RecordAsync(data: fromServer ? null : _folder, uri: server.Uri, to: 3)).Should().Be(ExitCode.Ok);

        var lines = await File.ReadAllLinesAsync(Script);
        lines[^1].Should().Contain("\"seq\":3,");
        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public async Task Following_records_what_happens_up_to_the_last_event_that_is_wanted()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await AnnAsync(server, events: 2);

        var recording = RecordAsync(uri: server.Uri, to: 4, follows: true);
        await Eventually.IsAsync(() => server.Connections.Count == 2, "it is connected");
        recording.IsCompleted.Should().BeFalse();
        for (var i = 0; i < 5; i++)
            await ann.CreateAsync("card", JsonFields.Empty);

        (await recording.WaitAsync(RawClient.Patience)).Should().Be(ExitCode.Ok);
        (await File.ReadAllLinesAsync(Script))[^1].Should().Contain("\"seq\":4,");
    }

    [Test]
    public async Task Following_ends_well_with_Ctrl_C_and_the_script_is_whole()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await AnnAsync(server, events: 2);
        using var stopping = new CancellationTokenSource();

        var recording = RecordAsync(uri: server.Uri, follows: true, ct: stopping.Token);
        await Eventually.IsAsync(() => server.Connections.Count == 2, "it is connected");
        await Eventually.IsAsync(async () =>
        {
            await ann.CreateAsync("card", Given.Fields("{\"live\":true}")); // again and again, for a file's buffer must be full before anything is seen
            return ReadBeside(Script + ".part").Contains("live", StringComparison.Ordinal);
        }, "something that happened was recorded");
        await stopping.CancelAsync();

        (await recording.WaitAsync(RawClient.Patience)).Should().Be(ExitCode.Ok);
        var lines = await File.ReadAllLinesAsync(Script);
        lines.Should().Contain(line => line.Contains("live", StringComparison.Ordinal));
        var verdict = await PlayAsync(server, lines);
        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    private static string ReadBeside(string file)
    {
        if (!File.Exists(file))
            return "";
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static async Task<EventOnly.Client.EventOnlyClient> AnnAsync(LiveServer server, int events)
    {
        var ann = await EventOnly.Client.EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "apollo", UserName = "Ann" });
        for (var i = 0; i < events; i++)
            await ann.CreateAsync("card", JsonFields.Empty);
        return ann;
    }

    /// <summary>A folder with the project's segments: their paths.</summary>
    private async Task<string[]> CopySegmentsAsync()
    {
        var bench = await SegmentsBench.MakeAsync();
        Directory.CreateDirectory(Path.Combine(_folder, "apollo"));
        foreach (var path in bench.Segments)
            await File.WriteAllBytesAsync(Path.Combine(_folder, "apollo", Path.GetFileName(path)), bench.Disk[path]);
        return [.. Directory.GetFiles(Path.Combine(_folder, "apollo")).Order(StringComparer.Ordinal)];
    }

    [Test]
    public async Task A_server_is_recorded_and_plays_again_from_any_event_on()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await EventOnly.Client.EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "apollo", UserName = "Ann" });
        await ann.CreateAsync("card", Given.Fields("""{"votes":1}"""), "c1");
        await ann.BatchAsync([Given.Create("c2"), Given.Increment("c1", "votes", 2)]);
        await ann.DeleteAsync("c2");
        await ann.UpdateAsync("c1", Given.Fields("""{"title":"Milk"}"""));

        foreach (var from in new long?[] { null, 3 })
        {
            (await RecordAsync(uri: server.Uri, from: from)).Should().Be(ExitCode.Ok);
            var lines = await File.ReadAllLinesAsync(Script);
            if (from is null)
                lines[^1].Should().Contain(ann.StateHash);
            var verdict = await PlayAsync(server, lines);
            verdict.Passed.Should().BeTrue(verdict.ToString());
        }
    }

    [Test]
    public async Task What_cannot_be_recorded_leaves_no_file()
    {
        (await RecordAsync(data: Path.Combine(_folder, "nowhere"))).Should().Be(ExitCode.WrongUsage);
        Directory.GetFiles(_folder).Should().BeEmpty();
    }

    private Task<int> RecordAsync(
        string? data = null, Uri? uri = null, long? from = null, long? to = null, bool follows = false, TextWriter? error = null, CancellationToken ct = default) =>
        new Recording("apollo", new(false, false), from, to, isQuiet: true, TextWriter.Null, error ?? TextWriter.Null)
            .RunAsync(Script, data, uri ?? new(ServerOption.Default), follows, ct);
}
