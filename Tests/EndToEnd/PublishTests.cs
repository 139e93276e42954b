using System.Diagnostics;
using System.Reflection.PortableExecutable;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>What <c>./run.sh publish</c> makes, as it is copied to another machine: nothing of this repository is near it.</summary>
[Platform(Exclude = "Win")]
internal sealed class PublishTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private string _folder = "";
    private string _told = "";

    private static IEnumerable<string> Scripts => Directory.EnumerateFiles(Repository.PathOf("Tests", "scripts"), "*.jsonl").Order();

    [OneTimeSetUp]
    public async Task Publish()
    {
        _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;
        var (code, output, error) = await RunAsync(Repository.PathOf("run.sh"), "publish", "--output", Path.Combine(_folder, "out"));
        code.Should().Be(0, error);
        output.Should().Be($"{FolderOf("folder")}\n{FolderOf("single")}\n", "it says where they are, and nothing else");
        _told = error;
    }

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_replay_scripts_hold([Values("folder", "single")] string form)
    {
        var (code, output, error) = await RunAsync(Path.Combine(FolderOf(form), "EventOnly.Tools"), ["replay", "--quiet", .. Scripts]);

        code.Should().Be(0, output + error);
        output.Split('\n').Count(line => line.StartsWith("passed ", StringComparison.Ordinal)).Should().Be(Scripts.Count()).And.BePositive(output);
    }

    [Test]
    public void A_single_file_is_a_single_file() =>
        Directory.EnumerateFileSystemEntries(FolderOf("single")).Select(Path.GetFileName).Should().BeEquivalentTo("EventOnly.Server", "EventOnly.Tools");

    [Test]
    public async Task The_server_brings_its_page_and_its_settings([Values("folder", "single")] string form)
    {
        using var server = Process.Start(new ProcessStartInfo(Path.Combine(FolderOf(form), "EventOnly.Server"), ["--port", "0", "--durability", "memory"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = _folder,
        })!;
        try
        {
            var ready = await server.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
            ready.Should().StartWith("EventOnly is ready.", "Kestrel's own messages are not for the people who run this, say the settings");
            using var http = new HttpClient { BaseAddress = new(ready!.Split("Page: ")[1].Split(' ')[0]) };
            foreach (var (path, file) in new[] { ("/", "index.html"), ("/client/eventonly.js", "client/eventonly.js"), ("/app/board.css", "app/board.css") })
            {
                using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
                (await response.Content.ReadAsStringAsync()).Should().Be(await File.ReadAllTextAsync(Repository.PathOf("Web", file)));
                response.Headers.ETag.Should().NotBeNull("a browser asks by it whether its own is still good");
                using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
                using var unchanged = await http.SendAsync(again);
                unchanged.StatusCode.Should().Be(System.Net.HttpStatusCode.NotModified);
            }
            foreach (var path in new[] { "/appsettings.json", "/client", "/client/nothing.js", "/../appsettings.json" })
            {
                using var missing = await http.GetAsync(new Uri(path, UriKind.Relative));
                missing.StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound, path);
            }
        }
        finally
        {
            server.Kill();
        }
    }

    [Test]
    public void It_is_compiled_ahead_of_time([Values("EventOnly.Server.dll", "EventOnly.Protocol.dll", "EventOnly.Tools.dll")] string name)
    {
        if (_told.Length > 0)
            Lacking.Skip(_told);
        using var image = new PEReader(File.OpenRead(Path.Combine(FolderOf("folder"), name)));

        image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size.Should().BePositive();
    }

    private string FolderOf(string form) => Path.Combine(_folder, "out", form);

    private async Task<(int Code, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder,
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false" }, // what stays behind would keep our pipes open
        })!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(s_patience);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
