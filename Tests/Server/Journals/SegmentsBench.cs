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

    /// <summary>
    /// The files of a journal of the events of <see cref="StateBench"/>, with the states of 20, 40 and 60 of its <see cref="KeptHead"/> events.
    /// </summary>
    /// <param name="isDropped">Whether the events up to 20 have been dropped.</param>
    public static async Task<SegmentsBench> MakeKeptAsync(bool isDropped)
    {
        using var bench = new JournalBench(new(Given.Chance(1)), new() { SegmentBytesMax = 2048, KeepEvents = isDropped ? 1 : 0 });
        foreach (var seq in (long[])[20, 40, 60])
        {
            await bench.WriteAsync(seq);
            await bench.KeepAsync(seq);
        }
        await bench.WriteAsync(KeptHead);
        if (isDropped)
            (await bench.ForgetAsync(20)).Should().Be(20);
        return new(bench.Disk, StateBench.StateAt(KeptHead));
    }

    public const long KeptHead = 70;

    public string[] Snapshots => [.. Disk.Paths.Where(path => SnapshotFile.SeqOf(Path.GetFileName(path)) is not null)];

    public static string SnapshotOf(long seq) => Folder + "/" + SnapshotFile.NameOf(seq);

    /// <summary>The same files with some segment or snapshot cut, changed or gone.</summary>
    public SegmentsBench WithAccident(Random chance)
    {
        string[] paths = [.. Segments, .. Snapshots];
        var path = paths[chance.Next(paths.Length)];
        var bytes = Disk[path].ToArray();
        if (bytes.Length > 0)
            bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
        return With((path, chance.Next(8) switch { 0 => null, 1 => bytes[..chance.Next(bytes.Length + 1)], _ => bytes }));
    }

    /// <summary>The same files with a bit of an event's line changed.</summary>
    public SegmentsBench WithBadEvent(long seq)
    {
        var path = Segments.Last(path => Segment.AfterOf(Path.GetFileName(path)) < seq);
        return WithLines(path, lines =>
        {
            lines[(int)(seq - Segment.AfterOf(Path.GetFileName(path))!.Value)][20] ^= 1;
            return lines;
        });
    }

    /// <summary>The same files with a byte of a snapshot changed.</summary>
    public SegmentsBench WithBadSnapshot(long seq)
    {
        byte[] bytes = [.. Disk[SnapshotOf(seq)]];
        bytes[^30] ^= 1;
        return With((SnapshotOf(seq), bytes));
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
