using EventOnly.Protocol.State;

namespace EventOnly.Server.Journals;

/// <summary>The states kept beside the events, and what may go because of them.</summary>
internal sealed partial class Book
{
    private Snapshots _snapshots = new(project, folder, files, logger);
    private volatile bool _shallRoll;
    private volatile bool _isInUse;

    /// <summary>Whether a state that was kept turned out not to be whole and nothing newer was kept since.</summary>
    public bool LacksState => _snapshots.LacksState;

    /// <summary>Whether it is closed: a new book of the project may be open.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _condition == Condition.Closed;
        }
    }

    /// <summary>What remains of the past begins with the first event, or with the oldest state that is kept behind what was dropped.</summary>
    private long Floor
    {
        get
        {
            var after = _segments[0].After;
            return after == 0 ? 0 : _snapshots.Kept.FirstOrDefault(kept => kept.Seq >= after)?.Seq ?? after; // those before are about to go
        }
    }

    /// <summary>The newest state kept at or before a moment, else the empty one; null where the past does not reach back that far.</summary>
    /// <exception cref="JournalUnavailableException">
    /// No state can be read, and the events that would make up for it are gone. Where the book is opened, it is damaged then; where it is in use, its user
    /// has the present, will keep it anew, and only who asks for the past goes without.
    /// </exception>
    public ProjectState? Load(Moment upTo)
    {
        Segment first;
        lock (_gate)
            first = _segments[0];
        if (_snapshots.Load(header => header.Seq >= first.After && upTo.Includes(header.Seq, header.AtMs)) is { } state)
            return Use(state);
        if (first.After == 0)
            return Use(ProjectState.Empty);
        if (_snapshots.Kept.Any(kept => kept.Seq >= first.After && upTo.Includes(kept.Seq, kept.AtMs)))
            throw new JournalUnavailableException($"A state of project {project} cannot be read just now."); // one that is not whole is kept no more
        if (_snapshots.Kept.Any(kept => kept.Seq >= first.After))
            return null;
        if (_isInUse)
            throw new JournalUnavailableException($"No state of project {project} can be read, and the events before it are gone.");
        Quarantine(new(first.Path, 1, first.After, "the events before it are gone, and no snapshot holds what they came to"));
        throw new JournalUnavailableException($"The journal of project {project} is damaged.");
    }

    private ProjectState Use(ProjectState state)
    {
        _isInUse = true;
        return state;
    }

    /// <summary>Keeps a state, all of whose events are on the disk.</summary>
    /// <exception cref="IOException">It could not be kept.</exception>
    public void Keep(ProjectState state)
    {
        if (state.Seq == 0 || state.Seq < Head.Floor || (!_snapshots.LacksState && _snapshots.Kept.Any(kept => kept.Seq == state.Seq)))
        {
            _snapshots.LacksState = false;
            return;
        }
        var (after, place) = PlaceOf(state.Seq);
        var header = new SnapshotHeader(project, Epoch, state.AtMs, after, place, state.Entities.Count, state.Sessions.Count, state.Hash);
        _snapshots.Keep(header, state);
        lock (_gate)
            _shallRoll = Retention.IsOn(options); // only whole segments can be dropped
    }

    /// <summary>The place behind an event, and what its segment begins after.</summary>
    private (long After, Place Place) PlaceOf(long seq)
    {
        Segment segment;
        Place place, end;
        lock (_gate)
        {
            // A state at the floor, whose own segment was dropped, hangs from the first line of the next one.
            segment = _segments.Find(segment => segment.After < seq && segment.End.Seq >= seq) ?? _segments.Find(segment => segment.After == seq)
                ?? throw new JournalUnavailableException($"Event {seq} of project {project} has been dropped.");
            (place, end) = (segment.Before(seq + 1), segment.End);
        }
        using var file = OpenToRead(segment.Path);
        var lines = new LineReader(file, place.Offset, end.Offset);
        while (place.Seq < seq)
        {
            if (!lines.TryNext(out var line) || !JournalLine.TryRead(line.Span, place.Crc, out var crc, out _, out _))
            {
                Quarantine(new(segment.Path, place.Seq - segment.After + 2, place.Seq + 1, "it does not fit its checksum"));
                throw new JournalUnavailableException($"The journal of project {project} is damaged.");
            }
            place = new(place.Seq + 1, lines.Offset, crc);
        }
        return (segment.After, place);
    }

    /// <summary>The seq up to which events may be dropped: that of the newest whole snapshot up to a seq, read to its end; 0 where there is none.</summary>
    public long FloorUpTo(long seq) => _snapshots.Load(header => header.Seq <= seq)?.Seq ?? 0;

    /// <summary>Takes the segments out of use that hold nothing after a seq. On the journal's thread.</summary>
    public bool TryShorten(long floor)
    {
        lock (_gate)
        {
            while (_segments.Count > 1 && _segments[0].End.Seq <= floor)
                _segments.RemoveAt(0);
        }
        return true;
    }

    /// <summary>
    /// Removes what is out of use. One by one from the oldest on, each for good before the next: whatever ends it in between, what is left is
    /// without a gap.
    /// </summary>
    public void DropUnused()
    {
        long after;
        lock (_gate)
            after = _segments[0].After;
        foreach (var name in files.List(folder).Where(name => Segment.AfterOf(name) < after))
        {
            files.Delete(Path.Combine(folder, name));
            files.SyncFolder(folder);
        }
        _snapshots.DropBefore(after);
    }

    /// <summary>Ends its use: whoever still holds it is refused. False where something has still to be put right. On the journal's thread.</summary>
    public bool TryClose()
    {
        lock (_gate)
        {
            if (_condition != Condition.Good)
                return false;
        }
        if (options.Durability == Durability.Disk && !TrySettle())
            return false;
        TaskCompletionSource grown;
        lock (_gate)
        {
            if (_condition != Condition.Good)
                return false; // somebody has read what is damaged, just now
            _condition = Condition.Closed;
            grown = _grown;
        }
        CloseFile();
        grown.SetResult(); // who follows goes on with the next book
        return true;
    }
}
