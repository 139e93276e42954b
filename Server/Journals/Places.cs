namespace EventOnly.Server.Journals;

/// <summary>Whether the places that snapshots say they stand at are places of this journal.</summary>
internal sealed class Places(IJournalFiles files, string folder, string project)
{
    private readonly Dictionary<long, SegmentHeader?> _headers = [];

    /// <summary>What the segments that are there begin after, in order.</summary>
    public IReadOnlyList<long> Afters { get; set; } = [];

    /// <summary>What keeps a snapshot from fitting; null where it fits.</summary>
    public string? Judge(SnapshotHeader snapshot)
    {
        // Where its segment has been dropped, the next one begins right behind it and hangs from the same line.
        var isDropped = !Afters.Contains(snapshot.After);
        var after = isDropped ? snapshot.Seq : snapshot.After;
        if (!Afters.Contains(after) || HeaderOf(after) is not { } segment)
            return $"no segment begins after seq {after}";
        if (snapshot.Project != project || snapshot.Epoch != segment.Epoch)
            return $"it belongs to epoch '{snapshot.Epoch}' of project '{snapshot.Project}'";
        if (isDropped)
            return segment.Chain == snapshot.Place.Crc ? null : "it is of other events than the journal's";
        using var file = files.OpenToRead(PathOf(after));
        return snapshot.Place.Offset > file.Length ? "it stands beyond the journal's end"
            : JournalLine.TryReadCrcBefore(file, snapshot.Place.Offset, out var crc) && crc == snapshot.Place.Crc ? null
            : "it is of other events than the journal's";
    }

    private SegmentHeader? HeaderOf(long after)
    {
        if (_headers.TryGetValue(after, out var known))
            return known;
        using var file = files.OpenToRead(PathOf(after));
        var lines = new LineReader(file, 0, Math.Min(file.Length, Segment.HeaderBytesMax));
        return _headers[after] = lines.TryNext(out var line) && JournalLine.TryReadHeader(line.Span, out var header, out _) ? header : null;
    }

    private string PathOf(long after) => Path.Combine(folder, Segment.NameOf(after));
}
