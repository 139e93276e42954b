using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Server;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Journals;

/// <summary>The file journal on this machine's disk.</summary>
internal sealed class FileJournalTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    private FileJournal Open(JournalOptions? options = null)
    {
        options ??= new();
        options.Folder = _folder;
        return FileJournal.OnDisk(options, () => Guid.NewGuid().ToString("n")[16..], NullLogger<FileJournal>.Instance);
    }

    private static async Task<string[]> ReadAsync(FileJournal journal, string project = "apollo", long from = 1)
    {
        var read = new List<string>();
        await foreach (var entry in journal.ReadAsync(project, from, default))
            read.Add($"{entry.Seq} {Given.Text(entry.Json.Span)}");
        return [.. read];
    }

    [Test]
    public async Task What_was_appended_is_there_after_a_restart_in_the_same_epoch()
    {
        JournalHead before;
        using (var journal = Open())
        {
            await journal.AppendAsync("apollo", 0, [Given.Line(1, """{"a":1}"""), Given.Line(2, "{}")], default);
            before = await journal.OpenAsync("apollo", default);
        }

        using var again = Open();
        (await again.OpenAsync("apollo", default)).Should().Be(before).And.Be(new JournalHead(before.Epoch, 2, 0));
        (await ReadAsync(again)).Should().Equal("""1 {"a":1}""", "2 {}");
        before.Epoch.Should().MatchRegex("^[0-9a-f]{16}$");
    }

    [Test]
    public async Task A_segment_is_JSON_lines_that_begin_with_a_header_and_end_with_a_checksum()
    {
        using (var journal = Open())
            await journal.AppendAsync("apollo", 0, [Given.Line(1, """{"a":1}""")], default);

        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "apollo", "00000000000000000001.jsonl"));
        lines.Should().HaveCount(2);
        using var header = JsonDocument.Parse(lines[0]);
        header.RootElement.GetProperty("project").GetString().Should().Be("apollo");
        lines[1].Should().MatchRegex("""^\{"a":1,"synced":0,"crc":"[0-9a-f]{8}"\}$""");
    }

    [Test]
    public async Task Segments_roll_and_reading_begins_anywhere()
    {
        var entries = Enumerable.Range(1, 3000).Select(seq => Given.Line(seq, JournalBench.Text(seq, 100))).ToArray();
        using (var journal = Open(new() { SegmentBytesMax = 200_000, FilesOpenMax = 1 }))
        {
            foreach (var chunk in entries.Chunk(100))
            {
                await journal.AppendAsync("apollo", chunk[0].Seq - 1, chunk, default);
                await journal.AppendAsync("other", chunk[0].Seq - 1, chunk, default);
            }
        }
        Directory.GetFiles(Path.Combine(_folder, "apollo")).Length.Should().BeInRange(2, 4);

        using var again = Open();
        foreach (var from in (long[])[0, 1, 2, 700, 1499, 1500, 2999, 3000, 3001])
        {
            (await ReadAsync(again, from: from)).Should()
                .Equal(entries.Skip((int)Math.Max(0, from - 1)).Select(entry => $"{entry.Seq} {Given.Text(entry.Json.Span)}"));
        }
    }

    [Test]
    public async Task Many_who_append_at_once_share_writes_and_none_is_mixed_up()
    {
        using var journal = Open();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async writer =>
        {
            for (var seq = 1; seq <= 50; seq++)
            {
                var result = await journal.AppendAsync($"p{writer}", seq - 1, [Given.Line(seq, $$"""{"by":{{writer}},"seq":{{seq}}}""")], default);
                result.Should().Be(new AppendResult(AppendOutcome.Committed, seq));
            }
        }));
        for (var writer = 0; writer < 32; writer++)
            (await ReadAsync(journal, $"p{writer}")).Should().Equal(Enumerable.Range(1, 50).Select(seq => $$"""{{seq}} {"by":{{writer}},"seq":{{seq}}}"""));
    }

    [Test]
    public async Task Of_several_who_expect_the_same_head_one_appends()
    {
        using var journal = Open();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i => await journal.AppendAsync("apollo", 0, [Given.Line(1, $$"""{"i":{{i}}}""")], default)));
        results.Count(result => result.Outcome == AppendOutcome.Committed).Should().Be(1);
        results.Where(result => result.Outcome != AppendOutcome.Committed).Should().AllBeEquivalentTo(new AppendResult(AppendOutcome.Conflict, 1));
        (await ReadAsync(journal)).Should().ContainSingle();
    }

    [Test]
    public async Task Who_follows_hears_what_is_appended_later()
    {
        using var journal = Open();
        await journal.AppendAsync("apollo", 0, [Given.Line(1)], default);
        var heard = new List<long>();
        var following = Task.Run(async () =>
        {
            await foreach (var entry in journal.FollowAsync("apollo", 1, default))
            {
                heard.Add(entry.Seq);
                if (entry.Seq == 20)
                    return;
            }
        });
        for (var seq = 2; seq <= 20; seq++)
            await journal.AppendAsync("apollo", seq - 1, [Given.Line(seq)], default);
        await following.WaitAsync(RawClient.Patience);
        heard.Should().Equal(Enumerable.Range(1, 20).Select(seq => (long)seq));
    }

    [Test]
    public void A_second_server_on_the_same_folder_does_not_start()
    {
        using (Open())
            this.Invoking(test => test.Open()).Should().Throw<IOException>().WithMessage($"The data folder '{_folder}'*another server*");
        Open().Dispose();
    }

    [Test]
    public void A_server_application_says_so_before_it_starts()
    {
        using var first = Open();
        FluentActions.Invoking(() => ServerApplication.Build(["--port", "0", "--data", _folder])).Should().Throw<IOException>().WithMessage("*another server*");
    }

    [TestCase("..")]
    [TestCase("a/b")]
    [TestCase("A")]
    [TestCase("")]
    public async Task What_is_no_project_id_is_no_folder(string project)
    {
        using var journal = Open();
        await journal.Invoking(j => j.OpenAsync(project, default).AsTask()).Should().ThrowAsync<ArgumentException>();
    }

    [Test]
    public async Task A_restarted_server_has_the_state_the_epoch_and_the_numbers_of_commands()
    {
        string[] settings = ["--EventOnly:Journal:Durability=Disk", $"--EventOnly:Journal:Folder={_folder}"];
        const string Create = """{"type":"create","project":"apollo","n":1,"entity":"card-1","kind":"card","data":{"votes":1}}""";
        string epoch, secret;
        await using (var server = await LiveServer.StartAsync(settings))
        {
            await using var ann = await server.ConnectAsync();
            epoch = (await ann.JoinAsync("apollo")).Word("epoch")!;
            secret = ann.Secret;
            await ann.SayAsync(Create);
            (await ann.HearAsync("create")).Number("seq").Should().Be(1);
        }

        await using var again = await LiveServer.StartAsync(settings);
        await using var annAgain = await again.ConnectAsync();
        var joined = await annAgain.JoinAsync("apollo", secret: secret);
        joined.Word("epoch").Should().Be(epoch);
        joined.Number("seq").Should().Be(1);
        annAgain.Transcript.Single(heard => heard.Type == "snapshot").Text.Should().Contain("card-1");

        await annAgain.SayAsync(Create);
        var answer = await annAgain.HearAsync("ack");
        answer.Flag("duplicate").Should().BeTrue();
        answer.Number("seq").Should().Be(1);
    }

    [Test]
    public async Task A_damaged_project_is_answered_unavailable_and_the_rest_of_the_server_goes_on()
    {
        using (var journal = Open())
        {
            for (var seq = 1; seq <= 3; seq++)
                await journal.AppendAsync("apollo", seq - 1, [Given.Line(Given.Event(seq, "session", seq, new Change.Deleted("a")))], default);
        }
        var segment = Path.Combine(_folder, "apollo", "00000000000000000001.jsonl");
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[200] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);

        await using var server = await LiveServer.StartAsync("--EventOnly:Journal:Durability=Disk", $"--EventOnly:Journal:Folder={_folder}");
        server.Log.Announce(202);
        server.Log.Announce(302);
        await using var ann = await server.ConnectAsync();
        var answer = await ann.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"a-secret-of-a-session"}""");
        answer.Type.Should().Be("error");
        answer.Word("code").Should().Be("unavailable");
        await ann.JoinAsync("other");
        server.Log.Entries.Single(entry => entry.Id == 302).Message.Should().Contain(segment);
    }
}
