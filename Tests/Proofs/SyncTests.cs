using System.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>A real server on a real file, whose syncs are watched, delayed, or fail.</summary>
[Category("Strace")]
internal sealed class SyncTests
{
    /// <summary>All by which a file is written or made durable, or a socket told something.</summary>
    private const string Calls = "fdatasync,fsync,pwrite64,pwritev,write,writev,sendto,sendmsg,sendmmsg";

    private static readonly int s_failures = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? 20 : 5;

    private Data _data = null!;

    [SetUp]
    public void MakeData() => _data = new();

    [TearDown]
    public void RemoveData() => _data.Dispose();

    [Test]
    public async Task Nobody_is_told_of_an_event_before_it_was_synced([Values(1, 6)] int projects)
    {
        var trace = Path.Combine(_data.Folder, "trace");
        Author[] authors = [.. Enumerable.Range(0, projects).Select(i => new Author($"ann{i}", $"p{i}"))];
        await using (var server = await RunningServer.StartAsync(_data.Folder))
        {
            foreach (var author in authors)
                await author.JoinAsync(server.Port);
            await using var bob = await server.JoinAsync("bob", "p0");
            await using (await Strace.AttachAsync(
                server.Id, "-y", "-s", "1000000", "-o", trace, "-e", $"trace={Calls}"))
            {
                for (var i = 0; i < 20; i++)
                    await Task.WhenAll(authors.Select(author => author.WriteAsync()));
                await bob.HearAsync("create", heard => heard.Number("seq") == 20);
            }
            foreach (var author in authors)
                await author.LeaveAsync();
        }

        var calls = SystemCalls.Parse(File.ReadLines(trace));
        SystemCalls.Told(calls).Count().Should().Be(20 * (projects + 1), "every author and one member have heard everything, and each time it was seen");
        SystemCalls.FindEarly(calls).Should().BeEmpty();
    }

    [Test]
    public async Task Nobody_is_told_too_early_either_where_any_one_sync_fails([Values(1, 6)] int projects, [Values(2, 7)] int failing)
    {
        var trace = Path.Combine(_data.Folder, "trace");
        Author[] authors = [.. Enumerable.Range(0, projects).Select(i => new Author($"ann{i}", $"p{i}"))];
        await using (var server = await RunningServer.StartAsync(_data.Folder))
        {
            foreach (var author in authors)
                await author.JoinAsync(server.Port);
            await using (await Strace.AttachAsync(
                server.Id, "-y", "-s", "1000000", "-o", trace, "-e", $"trace={Calls}", "-e", $"inject=fdatasync:error=EIO:when={failing}"))
            {
                for (var i = 0; i < 10; i++)
                    await Task.WhenAll(authors.Select(WriteAsync));
            }
            foreach (var author in authors)
                await author.LeaveAsync();
        }

        File.ReadLines(trace).Should().Contain(line => line.Contains("(INJECTED)", StringComparison.Ordinal), "else nothing failed");
        SystemCalls.FindEarly(SystemCalls.Parse(File.ReadLines(trace))).Should().BeEmpty();
        for (var i = 0; i < projects; i++)
            HistoryChecker.Check(await _data.ReadAsync($"p{i}"), authors[i]).Should().BeEmpty();
    }

    /// <summary>Writes one event, however often it is refused for now.</summary>
    private static async Task WriteAsync(Author author)
    {
        if ((await author.WriteAsync()).Type != "create")
            await Eventually.IsAsync(async () => (await author.TryAgainAsync()).Type == "create", "writing resumes");
    }

    [Test]
    public async Task An_acknowledgement_waits_for_a_slow_sync()
    {
        var ann = new Author("ann");
        await using var server = await RunningServer.StartAsync(_data.Folder);
        await ann.JoinAsync(server.Port);
        await using var strace = await Strace.AttachAsync(server.Id, "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=300000");

        for (var i = 0; i < 3; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await ann.WriteAsync();
            Stopwatch.GetElapsedTime(began).Should().BeGreaterThan(TimeSpan.FromMilliseconds(300), "the disk has it no sooner");
        }
        await ann.LeaveAsync();
    }

    [Test]
    public async Task After_a_failed_sync_nothing_of_its_group_is_acknowledged_and_writing_resumes_after_a_look_at_the_file()
    {
        for (var failing = 1; failing <= s_failures; failing++)
        {
            using var data = new Data();
            var ann = new Author("ann");
            await using (var server = await RunningServer.StartAsync(data.Folder))
            {
                await ann.JoinAsync(server.Port);
                await using var bob = await server.JoinAsync("bob");
                await using (await Strace.AttachAsync(
                    server.Id, "-o", "/dev/null", "-P", data.FirstSegment, "-e", "trace=fdatasync", "-e", $"inject=fdatasync:error=EIO:when={failing}"))
                {
                    for (var i = 1; i < failing; i++)
                        (await ann.WriteAsync()).Type.Should().Be("create");
                    var refused = await ann.WriteAsync();
                    refused.Type.Should().Be("reject", $"sync {failing} failed");
                    refused.Word("code").Should().Be("unavailable");
                }
                await Eventually.IsAsync(async () => (await ann.TryAgainAsync()).Type == "create", "writing resumes");
                await ann.WriteAsync();
                (await bob.HearAllAsync()).Where(heard => heard.Type == "create").Select(heard => heard.Number("n")).Should().Equal(Enumerable.Range(1, failing + 1).Select(n => (long)n));
                await ann.LeaveAsync();
                server.Log.Should().Contain(line => line.Contains("cannot be written", StringComparison.Ordinal));
            }

            HistoryChecker.Check(await data.ReadAsync(), ann).Should().BeEmpty($"sync {failing} failed");
        }
    }
}
