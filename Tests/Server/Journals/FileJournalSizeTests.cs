using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Journals;

/// <summary>What a closed project costs, and what a large one costs to open: on this machine's disk, with bounds that only a fault passes.</summary>
[NonParallelizable] // it counts the memory of the process
internal sealed class FileJournalSizeTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("eventonly-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    private FileJournal Open() => FileJournal.OnDisk(
        new() { Folder = _folder, Durability = Durability.Os }, () => Guid.NewGuid().ToString("n")[16..], NullLogger<FileJournal>.Instance);

    [Test]
    public async Task Projects_that_were_open_once_cost_next_to_nothing()
    {
        const int projects = 500;
        using var journal = Open();
        await using var directory = new ProjectDirectory(journal, new(), new(), TimeProvider.System, NullLogger<ProjectDirectory>.Instance);
        await UseAsync(journal, directory, 0, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await UseAsync(journal, directory, 100, projects);

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / projects;
        TestContext.Out.WriteLine($"{each} bytes for each of {projects} closed projects");
        each.Should().BeLessThan(1024);
    }

    private static async Task UseAsync(FileJournal journal, ProjectDirectory directory, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            var loop = (await directory.FindAsync($"p{i}"))!;
            await journal.AppendAsync($"p{i}", 0, [Given.Line(1)], default);
            loop.TryRetire().Should().BeTrue();
        }
        await Eventually.IsAsync(() => directory.OpenCount == 0, "all have closed", TimeSpan.FromMinutes(1));
    }

    [Test]
    public async Task A_large_project_opens_from_its_snapshot()
    {
        const int entities = 100_000;
        const int tail = 1000;
        var sessions = Enumerable.Range(0, 1000).Select(i => KeyValuePair.Create($"session-{i:d16}", new SessionMark(i + 1, 1, i + 1)));
        var state = ProjectState.Restore(entities, 1000, Enumerable.Range(1, entities).Select(
            i => KeyValuePair.Create($"card-{i:d6}", Given.Entity($"card-{i:d6}", $$"""{"title":"A card of the board","text":"It says this and that, as cards do.","votes":{{i}} }""", version: i))), sessions);
        using (var journal = Open())
        {
            foreach (var chunk in Enumerable.Range(1, entities + tail).Chunk(1000))
            {
                await journal.AppendAsync(Given.ProjectId, chunk[0] - 1, [.. chunk.Select(seq => Given.Line(Given.Event(
                    seq, new Change.Patched($"card-{seq % entities + 1:d6}", seq, Given.Fields($$"""{"votes":{{seq}} }""")))))], default);
            }
            var keeping = Stopwatch.StartNew();
            await journal.KeepAsync(Given.ProjectId, state, default);
            TestContext.Out.WriteLine($"kept in {keeping.ElapsedMilliseconds} ms");
        }
        for (var i = 0; i < 3; i++)
        {
            using var again = Open();
            var cpu = Environment.CpuUsage.TotalTime;
            var opening = Stopwatch.StartNew();
            var head = await again.OpenAsync(Given.ProjectId, default);
            var recovered = opening.ElapsedMilliseconds;
            var loop = await ProjectLoop.OpenAsync(Given.ProjectId, again, new(), new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, default);
            TestContext.Out.WriteLine($"opened in {opening.ElapsedMilliseconds} ms ({(Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds:f0} ms of work), {recovered} of them for the journal");
            head.Seq.Should().Be(entities + tail);
            opening.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
            loop.Floor.Should().Be(0);
        }
    }
}
