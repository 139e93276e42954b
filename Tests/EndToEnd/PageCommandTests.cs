using System.Collections.Immutable;
using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The commands that docs/durability.md shows for looking into a data folder do so.</summary>
[Category("Jq")]
internal sealed class PageCommandTests
{
    private string _root = "";

    [SetUp]
    public void MakeRoot() => _root = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(_root, recursive: true);

    private static IEnumerable<string> Commands => File.ReadAllText(Repository.PathOf("docs", "durability.md")).Split("```bash\n").Skip(1)
        .SelectMany(part => part.Split("\n```")[0].Split('\n')).Where(line => line.Contains("jq ", StringComparison.Ordinal));

    /// <summary>Two projects with events, a batch among them, snapshots, and a daybook, as a server has them.</summary>
    private async Task<FileJournal> ADataFolderAsync()
    {
        var journal = FileJournal.OnDisk(new() { Folder = Path.Combine(_root, "data"), FilesSyncedMax = 0 }, () => "e", NullLogger<FileJournal>.Instance);
        var state = ProjectState.Empty;
        for (var seq = 1L; seq <= 12; seq++)
        {
            ProjectEvent happened = seq < 12 ? StateBench.Event(seq) : Batch(seq, [.. StateBench.Event(9).Changes, .. StateBench.Event(10).Changes]);
            (await journal.AppendAsync("apollo", seq - 1, [Given.Line(happened)], default)).Outcome.Should().Be(AppendOutcome.Committed);
            state = Fold.Apply(state, happened);
            if (seq is 6 or 11)
                await journal.KeepAsync("apollo", state, default);
        }
        await journal.AppendAsync("gemini", 0, [Given.Line(StateBench.Event(1))], default);
        return journal;
    }

    private static ProjectEvent Batch(long seq, ImmutableArray<Change> changes) => new(seq, 1000 * seq, "ann", "session-1", seq, true, changes);

    [Test]
    public async Task Each_command_of_the_page_gives_lines([ValueSource(nameof(Commands))] string command)
    {
        using var journal = await ADataFolderAsync();
        Directory.GetFiles(Path.Combine(_root, "data"), "daybook-*.jsonl").Should().NotBeEmpty();

        var (code, output, error) = await RunAsync(command.Replace("00000000000000050000.snapshot", SnapshotFile.NameOf(11), StringComparison.Ordinal));

        code.Should().Be(0, error);
        output.Should().NotBeNullOrWhiteSpace();
        if (command.Contains(".ops", StringComparison.Ordinal))
            output.Should().Contain("\"type\":\"create\"").And.Contain("\"type\":\"batch\"");
        if (command.Contains("*.snapshot", StringComparison.Ordinal))
            output.Trim().Split('\n').Should().HaveCount(2, "there are two snapshots");
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string command)
    {
        var version = await ProcessAsync("bash", "-c", "jq --version");
        if (version.Code != 0)
            Lacking.Skip("jq is missing.");
        return await ProcessAsync("bash", "-c", "set -o pipefail; " + command);
    }

    private async Task<(int Code, string Output, string Error)> ProcessAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _root,
            })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await error);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Lacking.Skip($"{program} is missing: {missing.Message}");
            throw;
        }
    }
}
