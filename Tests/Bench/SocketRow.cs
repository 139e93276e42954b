using System.Diagnostics;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Server;
using EventOnly.Server.Journals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Bench;

/// <summary>The same appends through the whole server: a socket for each writer, over loopback.</summary>
internal static class SocketRow
{
    public static async Task<Appended> MeasureAsync(BenchRun run, int writers)
    {
        var name = $"disk, {writers} writers, 1 project, over sockets";
        run.Tell(name);
        Appended? appended = null;
        await run.InFolderAsync(async folder =>
        {
            var acked = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
            var files = new CountingFiles(new DiskFiles());
            using (var journal = BenchJournals.Open(folder, files))
                appended = await WriteAsync(run, journal, files, name, writers, acked);
            using var reopened = BenchJournals.Open(folder, new(new DiskFiles()));
            await JournalCheck.CompareAsync(reopened, "p0", acked);
        });
        return appended!;
    }

    private static async Task<Appended> WriteAsync(
        BenchRun run, FileJournal journal, CountingFiles files, string name, int writers, Dictionary<string, IReadOnlyList<long>> acked)
    {
        await using var server = ServerApplication.Build(["--port", "0"], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<IJournal>(journal); // the later one counts
        });
        await server.StartAsync();
        var uri = new UriBuilder(server.Urls.First()) { Scheme = "ws", Path = "/ws" }.Uri;
        var gate = new AppendGate(run.Sizes.EventsMax);
        var durations = new Histogram();
        var writing = Enumerable.Range(0, writers).Select(i => Task.Run(() => WriteAsync(uri, $"a-secret-of-writer-{i}", gate, durations, acked))).ToArray();

        await WaitAsync(run.Sizes.WarmUpTime);
        var (began, syncs) = (Stopwatch.GetTimestamp(), files.Syncs);
        gate.Measure();
        await WaitAsync(run.Sizes.RowTime);
        await Task.WhenAny(gate.Counted, Task.WhenAll(writing));
        var (time, synced) = (Stopwatch.GetElapsedTime(began), files.Syncs - syncs);
        gate.Close();
        await Task.WhenAll(writing).WaitAsync(TimeSpan.FromSeconds(60));
        await server.StopAsync();
        return new(name, writers, time, durations, synced);
    }

    private static async Task WaitAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }

    private static async Task WriteAsync(Uri uri, string secret, AppendGate gate, Histogram durations, Dictionary<string, IReadOnlyList<long>> acked)
    {
        await using var connection = await EventOnlyConnection.ConnectAsync(uri);
        await connection.SendAsync(new ClientMessage.Connect("bench", null, null, null));
        await HearAsync<ServerMessage.Connected>(connection);
        await connection.SendAsync(new ClientMessage.Join("j", "p0", secret, null, [], Listen: false, null));
        var session = (await HearAsync<ServerMessage.Joined>(connection)).Session;
        var seqs = new List<long>();
        do
        {
            var began = Stopwatch.GetTimestamp();
            await connection.SendAsync(new ClientMessage.Submit("p0", seqs.Count + 1, BenchWriter.CommandOf(session, seqs.Count + 1)));
            seqs.Add((await HearAsync<ServerMessage.Ack>(connection)).Seq);
            if (!gate.ShallCount())
                continue;
            lock (durations)
                durations.Add(Stopwatch.GetElapsedTime(began));
        }
        while (gate.TryGoOn());
        lock (acked)
            acked.Add(session, seqs);
    }

    private static async Task<T> HearAsync<T>(EventOnlyConnection connection)
        where T : ServerMessage
    {
        while (true)
        {
            switch (await connection.ReceiveMessageAsync())
            {
                case T heard:
                    return heard;
                case null or ServerMessage.Reject or ServerMessage.Error or ServerMessage.Disconnect:
                    throw new BrokenPromiseException("The server refused a writer or sent it away.");
                case ServerMessage.Ping ping:
                    await connection.SendAsync(new ClientMessage.Pong(ping.T));
                    break;
            }
        }
    }
}
