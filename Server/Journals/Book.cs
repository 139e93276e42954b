using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// One project's journal on disk: what is durable of it, and the write under way. Many read; one thread writes.
/// <code>
///   Good --write failed--> cut back to what is durable --> Good
///     |                              +--that failed too--+
///     +--sync failed-------------------------------------+--> Doubtful --reopened and checked--> Good
///   a line that does not fit its checksum, found whenever --> Damaged, until somebody repairs it and the server starts anew
///   Good and used by nobody --> Closed; the next call opens a new book
/// </code>
/// </summary>
/// <param name="whenDoubtful">Told when it is to be <see cref="Check">checked</see>, within the call that found that out.</param>
internal sealed partial class Book(
    string project, string folder, IJournalFiles files, JournalOptions options, ILogger logger, Action<Book> whenDoubtful)
{
    /// <summary>How soon to try again what failed: disks that are full or failing seldom change sooner.</summary>
    public const int RetryAfterMs = 1000;

    private readonly Lock _gate = new();
    private readonly List<Segment> _segments = [];
    private readonly List<PendingAppend> _appends = [];
    private readonly List<Place> _written = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Condition _condition;
    private long _durable;
    private long _posted;
    private bool _failed;
    private IJournalFile? _file;

    private enum Condition { Good, Doubtful, Checking, Damaged, Closed }

    public string Epoch { get; private set; } = "";

    public JournalHead Head
    {
        get
        {
            lock (_gate)
                return new(Epoch, _segments[^1].End.Seq, Floor);
        }
    }

    /// <summary>Whether its file is open for writing.</summary>
    public bool HasFile => _file is not null;

    public bool CanBeWritten
    {
        get
        {
            lock (_gate)
                return _condition == Condition.Good;
        }
    }

    /// <summary>Reads and checks the folder. Call once, before anything else.</summary>
    public void Open(Func<string> newEpoch)
    {
        var recovery = new Recovery(files, folder, project, newEpoch, logger);
        try
        {
            recovery.Run();
        }
        catch (DamagedJournalException damage)
        {
            Quarantine(damage);
            return;
        }
        Epoch = recovery.Epoch;
        _segments.AddRange(recovery.Segments);
        _snapshots = recovery.Snapshots;
        _shallRoll = _snapshots.Kept is [.., var newest] && newest.After == _segments[^1].After && Retention.IsOn(options);
        _durable = _posted = _segments[^1].End.Seq;
    }

    /// <exception cref="JournalUnavailableException">The journal is damaged.</exception>
    public void ThrowIfDamaged()
    {
        lock (_gate)
        {
            if (_condition == Condition.Damaged)
                throw new JournalUnavailableException($"The journal of project {project} is damaged.");
        }
    }

    /// <summary>Takes an append into the group under way; true where it is the first.</summary>
    public bool Add(PendingAppend append)
    {
        _appends.Add(append);
        return _appends.Count == 1;
    }

    /// <summary>Whether the next write is nothing but that: the file is open, and no other is begun. Whoever appends at the time may ask.</summary>
    public bool JustWrites => _file is not null && !WouldRoll;

    private bool WouldRoll => (_shallRoll || _segments[^1].End.Offset >= options.SegmentBytesMax) && _segments[^1].End.Seq > _segments[^1].After;

    /// <summary>Writes all appends of the group. False where there is nothing to sync.</summary>
    public bool TryWrite(Utf8Buffer lines)
    {
        _written.Clear();
        lines.Clear();
        if (!CanBeWritten)
            return false;
        try
        {
            if (WouldRoll)
                Roll();
            Encode(lines, _segments[^1].End);
            if (_written.Count == 0)
                return false;
            _file ??= files.Open(_segments[^1].Path);
            _file.WriteAll(_segments[^1].End.Offset, lines.Written);
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            CutBack();
            return false;
        }
    }

    private void Encode(Utf8Buffer lines, Place end)
    {
        var begin = end.Offset;
        foreach (var append in _appends)
        {
            if (!append.Fits(end.Seq))
                continue;
            foreach (var entry in append.Entries)
            {
                var crc = JournalLine.Write(lines, entry.Json.Span, _durable, end.Crc);
                end = new(end.Seq + 1, begin + lines.Length, crc);
                _written.Add(end);
            }
        }
    }

    private void Roll()
    {
        var end = _segments[^1].End;
        if (!TrySettle())
            throw new IOException("The segment that is full could not be synced.");
        var (file, segment) = Recovery.Begin(files, folder, new(project, Epoch, end.Seq, end.Crc));
        CloseFile();
        _file = file;
        lock (_gate)
        {
            _segments.Add(segment);
            _shallRoll = false;
        }
    }

    /// <summary>Where what was written belongs. Valid between writing and finishing.</summary>
    public Post Post() =>
        new(project, Epoch, _segments[^1].After, _segments[^1].End.Offset, _segments[^1].End.Crc, _written.Count);

    /// <summary>Makes what was written durable. False where that failed: then nothing was appended.</summary>
    public bool TrySync() => TrySync(_written[^1].Seq);

    /// <summary>What was written is durable elsewhere; the segment itself is still to be synced.</summary>
    public void CountAsDurable() => _durable = _written[^1].Seq;

    /// <summary>Syncs the segment where it holds what is durable elsewhere only. False where that failed, or is useless before the disk was read again.</summary>
    public bool TrySettle()
    {
        lock (_gate)
        {
            if (_posted == _segments[^1].End.Seq)
                return true;
            if (_condition != Condition.Good)
                return false;
        }
        return TrySync(_segments[^1].End.Seq);
    }

    private bool TrySync(long seq)
    {
        var file = _file;
        try
        {
            file ??= files.Open(_segments[^1].Path);
            file.Sync();
            _durable = _posted = seq;
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            Doubt();
            return false;
        }
        finally
        {
            if (file != _file)
                file?.Dispose();
        }
    }

    /// <summary>Ends the group: what was written can be read from now on, and all that waited are told.</summary>
    public void Finish(bool isDurable)
    {
        TaskCompletionSource? grown = null;
        long head;
        lock (_gate)
        {
            if (isDurable && _written.Count > 0)
            {
                foreach (var place in _written)
                    _segments[^1].Grow(place);
                (grown, _grown) = (_grown, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            head = _segments.Count > 0 ? _segments[^1].End.Seq : 0;
        }
        if (grown is not null && _failed)
        {
            _failed = false;
            logger.JournalResumed(project);
        }
        foreach (var append in _appends)
        {
            append.End(append switch
            {
                { IsConflict: false } when isDurable || append.Entries.Count == 0 => new(AppendOutcome.Committed, append.ExpectedHead + append.Entries.Count),
                { IsConflict: true } when append.ExpectedHead != head => new(AppendOutcome.Conflict, head),
                _ => new(AppendOutcome.Unavailable, head, RetryAfterMs),
            });
        }
        _appends.Clear();
        grown?.SetResult();
    }

    public void CloseFile()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>The entries from a seq up to a seq, both included.</summary>
    public IEnumerable<JournalEntry> Read(long from, long to)
    {
        Segment[] segments;
        lock (_gate)
            segments = [.. _segments];
        foreach (var segment in segments)
        {
            Place start, end;
            lock (_gate)
                (start, end) = (segment.Before(from), segment.End);
            if (end.Seq < from || start.Seq >= to)
                continue;
            foreach (var entry in Read(segment, start, end))
            {
                if (entry.Seq > to)
                    yield break;
                if (entry.Seq >= from)
                    yield return entry;
            }
        }
    }

    private IEnumerable<JournalEntry> Read(Segment segment, Place place, Place end)
    {
        using var file = OpenToRead(segment.Path);
        var lines = new LineReader(file, place.Offset, end.Offset);
        while (place.Seq < end.Seq)
        {
            ReadOnlyMemory<byte> line;
            bool isThere;
            try
            {
                isThere = lines.TryNext(out line);
            }
            catch (IOException failure)
            {
                throw new JournalUnavailableException($"The journal of project {project} cannot be read.", failure);
            }
            if (!isThere || !JournalLine.TryRead(line.Span, place.Crc, out var crc, out _, out var members))
            {
                Quarantine(new(segment.Path, place.Seq - segment.After + 2, place.Seq + 1, "it does not fit its checksum"));
                throw new JournalUnavailableException($"The journal of project {project} is damaged.");
            }
            var json = new byte[members + 1];
            line.Span[..members].CopyTo(json);
            json[members] = (byte)'}';
            place = new(place.Seq + 1, lines.Offset, crc);
            yield return new(place.Seq, json);
        }
    }

    private IJournalFile OpenToRead(string path)
    {
        try
        {
            return files.OpenToRead(path);
        }
        catch (IOException failure)
        {
            throw new JournalUnavailableException($"The journal of project {project} cannot be read.", failure);
        }
    }

    /// <summary>Ends when something was appended after the caller last looked at <see cref="Head"/>.</summary>
    public Task GrownBeyond(long seq)
    {
        lock (_gate)
            return _segments[^1].End.Seq > seq || _condition == Condition.Closed ? Task.CompletedTask : _grown.Task;
    }

    private void Quarantine(DamagedJournalException damage)
    {
        lock (_gate)
            _condition = Condition.Damaged;
        logger.JournalDamaged(project, damage.File, damage.Line, damage.Seq, damage.What, Path.GetDirectoryName(folder) ?? ".");
    }
}
