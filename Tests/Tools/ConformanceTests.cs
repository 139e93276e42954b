using EventOnly.Server;
using EventOnly.Tests.Simulation;
using EventOnly.Tests.Support;
using EventOnly.Tools.Replay;
using Microsoft.AspNetCore.Builder;

namespace EventOnly.Tests.Tools;

/// <summary>Every script, played by the C# client, by the JavaScript client, and by both in turns, against a real server on a real port.</summary>
[Parallelizable]
public sealed class ConformanceTests
{
    private NodeScripts? _node;
    private string _data = null!;

    private static IEnumerable<TestCaseData> Scripts =>
        from file in Directory.EnumerateFiles(Repository.PathOf("Tests", "scripts"), "*.jsonl").Order()
        from crew in Enum.GetValues<Crew>()
        select Case(file, crew);

    private static TestCaseData Case(string file, Crew crew)
    {
        var script = new TestCaseData(file, crew).SetArgDisplayNames(Path.GetFileName(file), crew.ToString());
        return crew == Crew.CSharp ? script : script.SetCategory("Node");
    }

    [SetUp]
    public void MakeFolder() => _data = Directory.CreateTempSubdirectory("eventonly").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_data, recursive: true);

    [OneTimeTearDown]
    public async Task EndProcess()
    {
        if (_node is not null)
            await _node.DisposeAsync();
    }

    [TestCaseSource(nameof(Scripts))]
    public async Task A_script_holds_whoever_plays_it(string file, Crew crew)
    {
        await using var server = new RestartableServer(_data);
        await server.StartAsync();

        var verdict = await ScriptRunner.RunAsync(
            await Script.LoadAsync(new FileInfo(file)), server.Uri, new() { Connect = ConnectingOf(crew), Restart = server.RestartAsync });

        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    private Connecting ConnectingOf(Crew crew)
    {
        if (crew == Crew.CSharp)
            return ScriptClient.ConnectAsync;
        var node = _node ??= new();
        var connected = 0;
        return crew == Crew.JavaScript ? node.ConnectAsync
            : (uri, connect, project, frames, random, ct) =>
                (connected++ % 2 == 0 ? node.ConnectAsync : (Connecting)ScriptClient.ConnectAsync)(uri, connect, project, frames, random, ct);
    }

    /// <summary>A server in this process that keeps its data, so that it may end and come back.</summary>
    private sealed class RestartableServer(string data) : IAsyncDisposable
    {
        private WebApplication? _server;

        public Uri Uri { get; private set; } = null!;

        public async Task StartAsync(int port = 0)
        {
            _server = ServerApplication.Build(["--port", $"{port}", "--data", data, "--durability", "os", "--log", "Error"]);
            await _server.StartAsync();
            Uri = new UriBuilder(_server.Urls.First()) { Scheme = "ws", Path = "/ws" }.Uri;
        }

        public async Task RestartAsync(CancellationToken ct)
        {
            await DisposeAsync();
            await StartAsync(Uri.Port);
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null)
                await _server.DisposeAsync();
        }
    }
}
