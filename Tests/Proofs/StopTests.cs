using System.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>The end that a supervisor asks for, in the middle of the work.</summary>
internal sealed class StopTests
{
    private const int Connections = 1000;
    private const int Projects = 100;
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(5);

    [Test]
    public async Task A_stop_under_load_tells_everybody_to_come_back_and_loses_nothing_that_was_acknowledged()
    {
        if (OperatingSystem.IsWindows())
            Lacking.Skip("There are no signals here.");
        using var data = new Data();
        Author[] authors = [.. Enumerable.Range(0, Projects).Select(i => new Author($"ann{i}", $"p{i}"))];
        await using var server = await RunningServer.StartAsync(data.Folder);
        await Parallel.ForEachAsync(authors, async (author, _) => await author.JoinAsync(server.Port));
        var listeners = new RawClient[Connections - Projects];
        await Parallel.ForAsync(0, listeners.Length, async (i, _) => listeners[i] = await server.JoinAsync($"bob{i}", $"p{i % Projects}"));

        var hearing = listeners.Select(HearEndAsync).ToArray();
        var writing = authors.Select(WriteAsync).ToArray();
        await Eventually.IsAsync(() => authors.All(author => author.Acked > 2), "all are at work", TimeSpan.FromSeconds(60));
        var began = Stopwatch.GetTimestamp();
        await server.TerminateAsync();
        var exitCode = await server.ExitAsync();
        var took = Stopwatch.GetElapsedTime(began);

        exitCode.Should().Be(0);
        took.Should().BeLessThan(s_stop);
        (await Task.WhenAll([.. hearing, .. writing]).WaitAsync(RawClient.Patience)).Should().AllBeEquivalentTo(1012);
        foreach (var client in listeners.Concat(authors.Select(author => author.Client)))
        {
            client.Transcript[^1].Type.Should().Be("disconnect");
            await client.DisposeAsync();
        }
        for (var i = 0; i < Projects; i++)
            HistoryChecker.Check(await data.ReadAsync($"p{i}"), authors[i]).Should().BeEmpty();
    }

    /// <summary>Listens to the end and answers the close; its code.</summary>
    private static async Task<int> HearEndAsync(RawClient client)
    {
        var code = await client.HearCloseAsync();
        await client.SendCloseAsync(code);
        return code;
    }

    /// <summary>Writes until it is sent away; the close code.</summary>
    private static async Task<int> WriteAsync(Author author)
    {
        try
        {
            while (true)
                await author.WriteAsync();
        }
        catch (SentAwayException)
        {
            return await HearEndAsync(author.Client);
        }
    }
}
