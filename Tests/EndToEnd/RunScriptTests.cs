using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>run.sh and the tools as processes: what they mean by relative names, what their exit codes tell, and how they end in a pipe.</summary>
[Parallelizable(ParallelScope.All), Platform(Exclude = "Win")]
internal sealed class RunScriptTests
{
    /// <summary>Stands in place of the SDK: builds as it is told, and says what was started where.</summary>
    private const string Sdk = """
        #!/bin/sh
        case "$1" in
            --version) echo 10.0.100 ;;
            build) echo "Build of $2 in $PWD"; exit "${BUILD:-0}" ;;
            *) echo "in $PWD"; for each in "$@"; do echo "got $each"; done; exit 7 ;;
        esac
        """;

    private string _folder = "";

    [OneTimeSetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;
        File.WriteAllText(Path.Combine(_folder, "dotnet"), Sdk);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(_folder, "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("verify data", "Server")]
    [TestCase("repair data apollo --yes", "Server")]
    [TestCase("tail apollo --json", "Tools")]
    [TestCase("record apollo -o script.jsonl --data data", "Tools")]
    [TestCase("replay script.jsonl", "Tools")]
    [TestCase("page -o board.html", "Tools")]
    [TestCase("bench fanout --short --json figures.json", "Tests/Bench")]
    public async Task Relative_names_are_meant_from_where_the_caller_is(string verb, string project)
    {
        var (code, output, error) = await RunAsync($"'{Repository.PathOf("run.sh")}' {verb}");

        code.Should().Be(7, "the exit code is the tool's");
        string[] arguments = [Repository.PathOf(project, "bin", "Release", "net10.0", $"EventOnly.{Path.GetFileName(project)}.dll"), .. verb.Split(' ').Skip(verb.StartsWith("bench", StringComparison.Ordinal) ? 1 : 0)];
        output.Should().Be($"in {_folder}\n{string.Concat(arguments.Select(argument => $"got {argument}\n"))}");
        error.Should().BeEmpty("a build that succeeds says nothing");
    }

    [Test]
    public async Task Publishing_leaves_a_folder_that_it_did_not_make()
    {
        var mine = Directory.CreateDirectory(Path.Combine(_folder, "mine", "folder"));
        await File.WriteAllTextAsync(Path.Combine(mine.FullName, "letter.txt"), "Dear reader");

        var (code, _, error) = await RunAsync($"'{Repository.PathOf("run.sh")}' publish --output mine");

        (code, mine.EnumerateFiles().Count()).Should().Be((2, 1));
        error.Should().Contain("mine/folder' was not made by publish");
    }

    [TestCase("", "")]
    [TestCase("--port 9000", "--port 9000")]
    [TestCase("--data mine --port 9000", "--data $PWD/mine --port 9000")]
    [TestCase("--port 9000 --data=mine", "--port 9000 --data=$PWD/mine")]
    [TestCase("--data /mine", "--data /mine")]
    [TestCase("--data=/mine", "--data=/mine")]
    public async Task Served_is_the_project_s_own_folder_unless_the_caller_names_another(string arguments, string got)
    {
        var (_, output, _) = await RunAsync($"'{Repository.PathOf("run.sh")}' {arguments}");

        var expected = got.Replace("$PWD", _folder, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        output.Should().Be($"in {Repository.Root}\ngot {Repository.PathOf("Server", "bin", "Release", "net10.0", "EventOnly.Server.dll")}\n{string.Concat(expected.Select(argument => $"got {argument}\n"))}");
    }

    [TestCase("verify data")]
    [TestCase("replay script.jsonl")]
    [TestCase("tail apollo")]
    public async Task A_build_that_fails_is_told_and_is_not_taken_for_what_the_tool_found(string verb)
    {
        var (code, output, error) = await RunAsync($"BUILD=1 '{Repository.PathOf("run.sh")}' {verb}");

        code.Should().Be(2);
        output.Should().BeEmpty();
        error.Should().Contain($"in {Repository.Root}").And.Contain("cannot be built");
    }

    [Test]
    public async Task Tail_ends_well_when_its_reader_has_seen_enough([Values(1, 100)] int events)
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await EventOnly.Client.EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "apollo" });
        for (var i = 0; i < events; i++)
            await ann.CreateAsync("card", JsonFields.Empty);
        var tool = Path.Combine(AppContext.BaseDirectory, "EventOnly.Tools.dll");

        var (code, output, error) = await RunAsync($"set -o pipefail; dotnet '{tool}' tail apollo --from 0 --json --url {server.Uri} | head -1", withSdk: false);

        (code, error).Should().Be((0, ""));
        output.Should().StartWith("{\"type\":\"create\"").And.EndWith("}\n");
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string command, bool withSdk = true)
    {
        var start = new ProcessStartInfo("bash", ["-c", command]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        if (withSdk)
            start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
