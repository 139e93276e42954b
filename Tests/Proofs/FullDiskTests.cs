using System.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>A real server on a real disk that has no space left. (The same on a simulated disk, anywhere: <c>FileJournalFaultTests</c>.)</summary>
internal sealed class FullDiskTests
{
    private static readonly string s_text = new('x', 8_000);
    private static readonly TimeSpan s_resumption = TimeSpan.FromSeconds(5);

    private string _disk = "";

    [SetUp]
    public async Task MountSmallDisk()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            Lacking.Skip("Only root can mount a small disk.");
        var folder = Directory.CreateTempSubdirectory("eventonly-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder) != 0)
        {
            Directory.Delete(folder);
            Lacking.Skip("A small disk cannot be mounted here.");
        }
        _disk = folder;
    }

    [TearDown]
    public async Task Unmount()
    {
        if (_disk.Length == 0)
            return;
        await RunAsync("umount", "--lazy", _disk);
        Directory.Delete(_disk);
        _disk = "";
    }

    private string Data => Path.Combine(_disk, "data");

    /// <param name="projects">More than a few share one file for their durability, which finds no space either.</param>
    [Test]
    public async Task A_full_disk_refuses_commands_and_nothing_else_and_writing_resumes_by_itself([Values(1, 24)] int projects, [Values("disk", "os")] string durability)
    {
        var filler = Path.Combine(_disk, "filler");
        await File.WriteAllBytesAsync(filler, new byte[2 * 1024 * 1024]);
        Author[] authors = [.. Enumerable.Range(0, projects).Select(i => new Author($"ann{i}", $"p{i}"))];
        await using (var server = await RunningServer.StartAsync(Data, "--durability", durability))
        {
            foreach (var author in authors)
                await author.JoinAsync(server.Port);
            await using var bob = await server.JoinAsync("bob", "p0");

            await WriteUntilAllAreRefusedAsync(authors);
            await HearAndAskAsync(bob, authors[0]);
            server.IsRunning.Should().BeTrue();

            File.Delete(filler);
            await Task.WhenAll(authors.Select(WriteUntilAcceptedAsync));
            (await authors[0].WriteAsync(s_text)).Type.Should().Be("create");
            await bob.HearAsync("create", heard => heard.Number("n") == authors[0].Sent[^1].N);
            foreach (var author in authors)
                await author.LeaveAsync();
        }

        for (var i = 0; i < projects; i++)
            HistoryChecker.Check(await Proofs.Data.ReadAsync(Data, $"p{i}"), authors[i]).Should().BeEmpty();
    }

    /// <summary>One who is refused leaves room for another, and a shared file that cannot be written goes; so it ends when nobody was let in for a while.</summary>
    private static async Task WriteUntilAllAreRefusedAsync(Author[] authors)
    {
        for (var (round, refusedRounds) = (0, 0); refusedRounds < 3; round++)
        {
            round.Should().BeLessThan(500, "the disk is full at last");
            var answers = await Task.WhenAll(authors.Select(author => author.WriteAsync(s_text)));
            foreach (var refused in answers.Where(answer => answer.Type != "create"))
                BeRefusedForNow(refused);
            refusedRounds = Array.Exists(answers, answer => answer.Type == "create") ? 0 : refusedRounds + 1;
        }
    }

    private static async Task WriteUntilAcceptedAsync(Author author)
    {
        var began = Stopwatch.GetTimestamp();
        while ((await author.TryAgainAsync(s_text)).Type != "create")
            Stopwatch.GetElapsedTime(began).Should().BeLessThan(s_resumption);
    }

    private static void BeRefusedForNow(Heard answer)
    {
        answer.Type.Should().Be("reject");
        answer.Word("code").Should().Be("unavailable");
        answer.Number("retryAfterMs").Should().BePositive();
    }

    /// <summary>What needs no disk goes on.</summary>
    private static async Task HearAndAskAsync(RawClient bob, Author ann)
    {
        await ann.Client.SayAsync("""{"type":"broadcast","project":"p0","topic":"hello","data":1}""");
        (await bob.HearAsync("broadcast")).Word("topic").Should().Be("hello");
        var result = await bob.RequestAsync("""{"type":"query","id":"$id","project":"p0","limit":1}""");
        result.List("items").Should().ContainSingle();
        var page = await bob.RequestAsync("""{"type":"history","id":"$id","project":"p0","from":1,"limit":1}""");
        page.List("events").Should().ContainSingle();
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
