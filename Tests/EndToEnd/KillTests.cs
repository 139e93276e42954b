using System.Diagnostics;
using System.Text.Json;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.EndToEnd;

/// <summary>A real server process that is killed again and again while clients write, and send again what they do not know the fate of.</summary>
internal sealed class KillTests
{
    private static readonly int s_kills = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? 200 : 20;

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    /// <summary>Writes one command after the other and remembers what was acknowledged, by number.</summary>
    private sealed class Writer(int id)
    {
        private readonly string _secret = Guid.NewGuid().ToString("n");
        private long _n = 1;

        public Dictionary<long, long> Acked { get; } = [];

        public Dictionary<long, long> AckedBy { get; } = [];

        public string Session { get; private set; } = "";

        public async Task WriteAsync(int port, Func<bool> isKilled)
        {
            try
            {
                await using var client = await RawClient.DialAsync(port);
                await client.UpgradeAsync();
                await client.IntroduceAsync($"writer {id}");
                await client.JoinAsync("apollo", secret: _secret);
                Session = client.Session;
                while (true)
                {
                    await client.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{_n}}},"entity":"w{{{id}}}-{{{_n}}}","kind":"card","data":{"votes":1}}""");
                    var answer = await client.HearAsync(
                        "create", heard => heard.Type == "ack" || (heard.Word("session") == Session && heard.Number("n") == _n), orType: "ack");
                    if (answer.Type == "create")
                        Acked[_n] = answer.Number("seq");
                    else
                        AckedBy[_n] = answer.Number("seq"); // sent again: it took effect at or before this seq
                    _n++;
                }
            }
            catch (Exception lost) when (isKilled() && lost is not OutOfMemoryException)
            {
                // Whatever it was that ended the line, the command under way is sent again in the next life.
            }
        }
    }

    [Test]
    public async Task Nothing_acknowledged_is_lost_or_done_twice_however_often_the_process_is_killed()
    {
        var chance = Given.Chance(9);
        Writer[] writers = [.. Enumerable.Range(0, 4).Select(id => new Writer(id))];
        for (var kill = 0; kill < s_kills; kill++)
        {
            using var server = Start();
            var port = await PortAsync(server);
            var killed = false;
            var writing = writers.Select(writer => writer.WriteAsync(port, () => Volatile.Read(ref killed))).ToArray();
            using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(chance.Next(50, 500)))) // the moment of the kill is the test's input
                await timer.WaitForNextTickAsync();
            Volatile.Write(ref killed, true);
            server.Kill(); // SIGKILL
            await server.WaitForExitAsync().WaitAsync(RawClient.Patience);
            await Task.WhenAll(writing).WaitAsync(RawClient.Patience);
            await CompareAsync(writers);
        }
        writers.Sum(writer => writer.Acked.Count).Should().BeGreaterThan(s_kills * 4, "else there was nothing to lose");
    }

    private async Task CompareAsync(Writer[] writers)
    {
        using var journal = FileJournal.OnDisk(new() { Folder = _folder }, () => "0123456789abcdef", NullLogger<FileJournal>.Instance);
        var written = new Dictionary<(string Session, long N), long>();
        var seq = 0L;
        await foreach (var entry in journal.ReadAsync("apollo", 1, default))
        {
            using var json = JsonDocument.Parse(entry.Json);
            json.RootElement.GetProperty("seq").GetInt64().Should().Be(++seq, "there is no gap");
            written.TryAdd((json.RootElement.GetProperty("session").GetString()!, json.RootElement.GetProperty("n").GetInt64()), seq)
                .Should().BeTrue("a command takes effect once");
        }
        foreach (var writer in writers)
        {
            foreach (var (n, at) in writer.Acked)
                written.GetValueOrDefault((writer.Session, n)).Should().Be(at, "it was acknowledged so");
            foreach (var (n, by) in writer.AckedBy)
                written.GetValueOrDefault((writer.Session, n)).Should().BeInRange(1, by, "it was acknowledged so");
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll"), "--port", "0", "--data", _folder, "--log", "Error"];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<int> PortAsync(Process server)
    {
        var ready = await server.StandardOutput.ReadLineAsync().WaitAsync(RawClient.Patience);
        return new Uri(ready!.Split("Page: ")[1].Split(' ')[0]).Port;
    }
}
