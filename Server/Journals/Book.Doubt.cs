using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>After the disk failed: nothing is added before what is durable was read again.</summary>
internal sealed partial class Book
{
    /// <summary>After a fault of ours in the middle of a group: nobody knows what was written, so it is read again before anything is added.</summary>
    public void Abandon()
    {
        Doubt();
        Finish(isDurable: false);
    }

    private void Doubt()
    {
        CloseFile();
        lock (_gate)
        {
            if (_condition != Condition.Good)
                return;
            _condition = Condition.Doubtful;
        }
        whenDoubtful(this);
    }

    /// <summary>After a failed write: what was told to have failed must not come back.</summary>
    private void CutBack()
    {
        try
        {
            _file?.Truncate(_segments[^1].End.Offset);
            if (options.Durability == Durability.Disk)
                _file?.Sync(); // else what comes next might be durable elsewhere while this still stands there
        }
        catch (IOException)
        {
            Doubt();
        }
    }

    private void Fail(IOException failure)
    {
        if (!_failed) // a disk that stays full is told once
            logger.AppendFailed(project, folder, failure);
        _failed = true;
    }

    /// <summary>Whether the caller shall <see cref="Check"/> it: after a failed sync nothing is appended until the disk was read again.</summary>
    public bool ShallBeChecked()
    {
        lock (_gate)
        {
            if (_condition != Condition.Doubtful)
                return false;
            _condition = Condition.Checking;
            return true;
        }
    }

    /// <summary>Opens the last segment anew, cuts it back to what is durable, and reads whether that is there.</summary>
    public void Check()
    {
        Segment segment;
        lock (_gate)
            segment = _segments[^1];
        var condition = Condition.Doubtful;
        try
        {
            using var file = files.Open(segment.Path);
            file.Truncate(segment.End.Offset);
            CheckLines(file, segment);
            Recovery.Keep(file, segment.Before(_posted + 1).Offset, segment.End.Offset);
            _durable = _posted = segment.End.Seq;
            condition = Condition.Good;
        }
        catch (DamagedJournalException damage)
        {
            Quarantine(damage);
        }
        catch (IOException failure)
        {
            Fail(failure);
        }
        finally
        {
            lock (_gate)
                _condition = _condition == Condition.Checking ? condition : _condition; // somebody may have read what is damaged, just now
        }
    }

    private static void CheckLines(IJournalFile file, Segment segment)
    {
        var lines = new LineReader(file, 0, segment.End.Offset);
        if (!lines.TryNext(out var line) || !JournalLine.TryReadHeader(line.Span, out _, out var crc))
            throw new DamagedJournalException(segment.Path, 1, segment.After, "it does not fit its checksum");
        var seq = segment.After;
        while (lines.TryNext(out line))
        {
            if (!JournalLine.TryRead(line.Span, crc, out crc, out _, out _))
                break;
            seq++;
        }
        if (seq != segment.End.Seq || crc != segment.End.Crc)
            throw new DamagedJournalException(segment.Path, seq - segment.After + 2, seq + 1, "it does not fit its checksum");
    }
}
