using EventOnly.Tests.Proofs;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>
/// A real server process that is killed again and again while clients write, and send again what they do not know the fate of, and others watch
/// and come back with the position they have. In the end all their notes are compared with the journal.
/// </summary>
internal sealed class KillTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";

    [TestCase("disk", 20, 200)]
    [TestCase("os", 5, 20)]
    public async Task Nothing_acknowledged_is_lost_or_done_twice_and_nobody_sees_a_gap_however_often_the_process_is_killed(string durability, int killsShort, int killsLong)
    {
        var kills = s_long ? killsLong : killsShort;
        using var data = new Data();
        var chance = Given.Chance(9);
        Author[] authors = [.. Enumerable.Range(0, 8).Select(id => new Author($"writer{id}"))];
        Watcher[] watchers = [.. Enumerable.Range(0, 2).Select(id => new Watcher($"watcher{id}"))];
        for (var kill = 1; kill <= kills; kill++)
        {
            await using var server = await RunningServer.StartAsync(data.Folder, "--durability", durability);
            var killed = false;
            bool IsKilled() => Volatile.Read(ref killed);
            var acknowledged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] working = [.. authors.Select(author => WriteAsync(author, server.Port, IsKilled, acknowledged)), .. watchers.Select(watcher => watcher.WatchAsync(server.Port, IsKilled))];
            if (kill % 2 == 0) // on a busy machine the others may be killed before anybody has come in
                await acknowledged.Task.WaitAsync(RawClient.Patience);
            using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(chance.Next(50, 500)))) // the moment of the kill is the test's input
                await timer.WaitForNextTickAsync();
            Volatile.Write(ref killed, true);
            await server.KillAsync();
            await Task.WhenAll(working).WaitAsync(RawClient.Patience);
            if (kill % 10 == 0 || kill == kills)
                await CompareAsync(data, authors, watchers);
        }
        authors.Sum(author => author.Acked).Should().BeGreaterThan(kills * 4, "else there was nothing to lose");
        watchers.Sum(watcher => watcher.Resumptions).Should().BeGreaterThan(0, "else nobody came back");
    }

    private static async Task CompareAsync(Data data, Author[] authors, Watcher[] watchers) =>
        HistoryChecker.Check(
            await data.ReadAsync(),
            authors.Where(author => author.Session.Length > 0).ToDictionary(author => author.Session, author => author.Sent),
            watchers.Select((watcher, i) => ($"watcher{i}", watcher.Watches)).ToDictionary(named => named.Item1, named => named.Watches)).Should().BeEmpty();

    private static async Task WriteAsync(Author author, int port, Func<bool> isKilled, TaskCompletionSource acknowledged)
    {
        try
        {
            await author.JoinAsync(port);
            await author.ResendAsync();
            while (true)
            {
                await author.WriteAsync();
                acknowledged.TrySetResult();
            }
        }
        catch (Exception lost) when (isKilled() && lost is not OutOfMemoryException)
        {
            // Whatever it was that ended the line, the command under way is sent again in the next life.
        }
        finally
        {
            await author.LeaveAsync();
        }
    }
}
