using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// Opens a project's folder: checks every line behind the newest snapshot, makes durable what is whole, and cuts what a crash left half written,
/// which is kept aside. What stands before that snapshot is checked when it is read.
/// <code>
///   no segment ------------------------------> a new journal of a new epoch
///   bad line, and nothing shows it was synced -> kept in NAME.torn-N, cut
///   bad line that was synced, a gap, a segment of another journal -> DamagedJournalException, nothing is touched
///   the first segments are gone, and there is no snapshot -> DamagedJournalException
/// </code>
/// </summary>
internal sealed class Recovery(IJournalFiles files, string folder, string project, Func<string> newEpoch, ILogger logger)
{
    private readonly List<Segment> _segments = [];
    private readonly Places _places = new(files, folder, project);
    private uint _crc;
    private long _head;

    /// <summary>The identity of the journal, of which there is one even where it has no events.</summary>
    public string Epoch { get; private set; } = "";

    public IReadOnlyList<Segment> Segments => _segments;

    public Snapshots Snapshots { get; } = new(project, folder, files, logger);

    public void Run()
    {
        files.MakeFolder(folder);
        var names = files.List(folder);
        if (names.Contains(Repair.Marker))
            throw new DamagedJournalException(Path.Combine(folder, Repair.Marker), 1, 0, "a repair was begun and has not ended");
        var afters = names.Select(Segment.AfterOf).OfType<long>().ToArray();
        if (afters.Length == 0 && names.Any(name => SnapshotFile.SeqOf(name) is not null))
            throw new DamagedJournalException(PathOf(0), 1, 0, "it is gone, though there are snapshots of its events");
        if (afters.Length == 0)
        {
            files.SyncFolder(Path.GetDirectoryName(folder)!); // the folder may be left from an attempt that ended before this
            BeginWith(0);
        }
        _places.Afters = afters;
        Snapshots.Open(names, afters.FirstOrDefault(), _places.Judge);
        if (afters is [> 0 and var after, ..] && Snapshots.Kept.Count == 0)
            throw Snapshots.Failure ?? new DamagedJournalException(PathOf(after), 1, after, "the events before it are gone, and no snapshot holds what they came to");
        var start = Snapshots.Kept.LastOrDefault(header => afters.Contains(header.After));
        for (var i = 0; i < afters.Length; i++)
        {
            var segment = new Segment(PathOf(afters[i]), afters[i]);
            if (afters[i] < start?.After)
                Pass(segment, next: afters[i + 1]);
            else
                Check(segment, start, isLast: i == afters.Length - 1);
        }
        files.SyncFolder(folder); // the process that made the last segment may have been killed before it could
    }

    /// <summary>Takes a segment whose events a snapshot holds: only that it hangs between its neighbours is checked.</summary>
    private void Pass(Segment segment, long next)
    {
        using var file = files.OpenToRead(segment.Path);
        var lines = new LineReader(file, 0, Math.Min(file.Length, Segment.HeaderBytesMax));
        if (!lines.TryNext(out var line) || !JournalLine.TryReadHeader(line.Span, out var header, out var crc))
            throw new DamagedJournalException(segment.Path, 1, segment.After, "it does not fit its checksum, though it was once on the disk");
        CheckNeighbours(segment, header);
        segment.Grow(new(segment.After, lines.Offset, crc));
        if (!JournalLine.TryReadCrcBefore(file, file.Length, out crc))
            throw new DamagedJournalException(segment.Path, next - segment.After + 1, next, "its last line is not whole, though it was once on the disk");
        GrowBySnapshots(segment);
        segment.Grow(new(next, file.Length, crc));
        _segments.Add(segment);
        (_head, _crc) = (next, crc);
    }

    /// <summary>The place of every snapshot is one from which reading can begin.</summary>
    private Place GrowBySnapshots(Segment segment)
    {
        foreach (var header in Snapshots.Kept.Where(header => header.After == segment.After))
            segment.Grow(header.Place, isSnapshots: true);
        return segment.End;
    }

    private void CheckNeighbours(Segment segment, SegmentHeader header)
    {
        if (header.Project != project || header.After != segment.After || (_segments.Count > 0 && (header.Chain != _crc || header.Epoch != Epoch)))
            throw new DamagedJournalException(segment.Path, 1, segment.After, $"it belongs to project '{header.Project}', epoch '{header.Epoch}', after seq {header.After}");
        Epoch = header.Epoch;
    }

    private void Check(Segment segment, SnapshotHeader? start, bool isLast)
    {
        if (_segments.Count > 0 && segment.After != _head)
            throw new DamagedJournalException(segment.Path, 1, _head, $"it should continue from {_head}; a segment is missing, or one too many");
        using var file = files.Open(segment.Path);
        var length = file.Length;
        var lines = new LineReader(file, 0, length);
        if (!lines.TryNext(out var line) || !JournalLine.TryReadHeader(line.Span, out var header, out var crc))
        {
            CutOrRefuse(segment, file, new(segment.After, 0, _crc), 1, length, isLast);
            BeginWith(segment.After);
            return;
        }
        CheckNeighbours(segment, header);
        var place = new Place(segment.After, lines.Offset, crc);
        segment.Grow(place);
        var (lineNumber, lastWrite, lastSynced) = (1L, 0L, segment.After);
        if (start?.After == segment.After)
        {
            // Before the snapshot was written, all up to it was on the disk.
            place = GrowBySnapshots(segment);
            lines = new(file, place.Offset, length);
            (lineNumber, lastWrite, lastSynced) = (1 + place.Seq - segment.After, place.Offset, -1);
        }
        while (lines.TryNext(out line))
        {
            lineNumber++;
            if (!JournalLine.TryRead(line.Span, place.Crc, out crc, out var synced, out _))
                break;
            if (synced != lastSynced)
                (lastWrite, lastSynced) = (place.Offset, synced);
            place = new(place.Seq + 1, lines.Offset, crc);
            segment.Grow(place);
        }
        if (place.Offset < length)
            CutOrRefuse(segment, file, place, lineNumber, length, isLast);
        _segments.Add(segment);
        (_head, _crc) = (place.Seq, place.Crc);
        if (isLast)
            Keep(file, lastWrite, place.Offset);
    }

    /// <summary>
    /// Makes the last write durable, which nobody may have waited for: who opens this journal will act on it. It is written once more, for a
    /// sync that failed before may have left the system in the belief that nothing is left to write.
    /// </summary>
    public static void Keep(IJournalFile file, long from, long to)
    {
        var bytes = new byte[to - from];
        file.ReadAll(from, bytes);
        file.WriteAll(from, bytes);
        file.Sync();
    }

    private void CutOrRefuse(Segment segment, IJournalFile file, Place good, long line, long length, bool isLast)
    {
        var seq = line == 1 ? segment.After : good.Seq + 1;
        var rest = new byte[length - good.Offset];
        file.ReadAll(good.Offset, rest);
        if (!isLast || JournalLine.ShowsDamage(rest, good.Crc, seq))
            throw new DamagedJournalException(segment.Path, line, seq, "it does not fit its checksum, though it was once on the disk");
        if (rest.Length == 0)
            return;
        var aside = SetAside(segment.Path, rest);
        file.Truncate(good.Offset);
        file.Sync();
        logger.TornTailCut(project, segment.Path, rest.Length, good.Seq, aside);
    }

    private string SetAside(string path, ReadOnlySpan<byte> rest)
    {
        var names = files.List(folder);
        var n = 1;
        while (names.Contains($"{Path.GetFileName(path)}.torn-{n}"))
            n++;
        var aside = $"{path}.torn-{n}";
        using var file = files.Open(aside);
        file.WriteAll(0, rest);
        file.Sync();
        files.SyncFolder(folder);
        return aside;
    }

    private void BeginWith(long after)
    {
        if (_segments.Count == 0)
            Epoch = newEpoch();
        var (file, segment) = Begin(files, folder, new(project, Epoch, after, _crc));
        file.Dispose();
        _segments.Add(segment);
        (_head, _crc) = (after, segment.End.Crc);
    }

    /// <summary>Makes a segment that holds no event yet; it is durable when this returns.</summary>
    public static (IJournalFile File, Segment Segment) Begin(IJournalFiles files, string folder, SegmentHeader header)
    {
        var line = new Utf8Buffer();
        var crc = JournalLine.Write(line, header);
        var segment = new Segment(Path.Combine(folder, Segment.NameOf(header.After)), header.After);
        var file = files.Open(segment.Path);
        try
        {
            file.Truncate(0); // what an attempt that failed has left
            file.WriteAll(0, line.Written);
            file.Sync();
            files.SyncFolder(folder);
            segment.Grow(new(header.After, line.Length, crc));
            return (file, segment);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private string PathOf(long after) => Path.Combine(folder, Segment.NameOf(after));
}
