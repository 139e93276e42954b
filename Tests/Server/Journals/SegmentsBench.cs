using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>The files of a journal of real events in several segments, for tests that change them.</summary>
internal sealed class SegmentsBench
{
    public const string Folder = JournalBench.Folder + "/" + JournalBench.Project;

    private SegmentsBench(SimulatedDisk disk, ProjectState state) => (Disk, State) = (disk, state);

    public SimulatedDisk Disk { get; }

    /// <summary>What the events fold to.</summary>
    public ProjectState State { get; }

    public string[] Segments => [.. Disk.Paths.Where(path => Segment.AfterOf(Path.GetFileName(path)) is not null)];

    public static async Task<SegmentsBench> MakeAsync(int events = 30, int segmentBytes = 2048)
    {
        using var bench = new JournalBench(new(Given.Chance(1)), new() { SegmentBytesMax = segmentBytes });
        var story = new AnyStory(Given.Chance(2));
        await bench.Journal.OpenAsync(JournalBench.Project, default);
        while (story.State.Seq < events)
        {
            if (story.Go() is { } happened)
                (await bench.Journal.AppendAsync(JournalBench.Project, happened.Seq - 1, [Given.Line(happened)], default)).Outcome.Should().Be(AppendOutcome.Committed);
        }
        return new(bench.Disk, story.State);
    }

    /// <summary>The same files on a new disk, some of them changed; null takes one away.</summary>
    public SegmentsBench With(params (string Path, byte[]? Bytes)[] changed)
    {
        var disk = new SimulatedDisk(Given.Chance(1));
        disk.MakeFolder(Folder);
        foreach (var path in Disk.Paths.Where(path => changed.All(change => change.Path != path)))
            disk[path] = [.. Disk[path]];
        foreach (var (path, bytes) in changed)
        {
            if (bytes is not null)
                disk[path] = bytes;
        }
        return new(disk, State);
    }

    /// <summary>The same files on another disk.</summary>
    public SegmentsBench On(SimulatedDisk disk)
    {
        foreach (var path in Disk.Paths)
            disk[path] = [.. Disk[path]];
        return new(disk, State);
    }

    /// <summary>The same files with one changed as lines.</summary>
    public SegmentsBench WithLines(string path, Func<List<byte[]>, IEnumerable<byte[]>> change) => With((path, [.. change(Lines(path)).SelectMany(line => line)]));

    /// <summary>A file's lines, each with its line break.</summary>
    public List<byte[]> Lines(string path)
    {
        var lines = new List<byte[]>();
        for (var rest = Disk[path].AsSpan(); !rest.IsEmpty;)
        {
            var length = rest.IndexOf((byte)'\n') + 1;
            lines.Add(rest[..length].ToArray());
            rest = rest[length..];
        }
        return lines;
    }

    public Task<VerifiedProject> VerifyAsync(bool folds = false, string folder = Folder, string project = JournalBench.Project) =>
        new Verification(Disk, folder, project, folds).RunAsync();
}
