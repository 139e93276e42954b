using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// After a crash: puts what the daybooks hold into the segments it belongs to, syncs those, and removes the daybooks. To be done before any
/// project is opened, and harmless to be done again.
/// <code>
///   the segment has the lines        -> written once more and synced, for who wrote them may never have synced them
///   it ends before, or holds garbage -> written and synced
///   it holds other good lines there, -> left alone: the post is of a group that failed, or the project's folder was replaced
///     is gone, or of another epoch
///   a post before has put lines there -> its group was refused and cut away, else this one would stand behind it: they go
/// </code>
/// </summary>
internal sealed class DaybookReading(IJournalFiles files, JournalOptions options, ILogger logger)
{
    private readonly Dictionary<string, IReadOnlyList<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IJournalFile> _touched = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _epochs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ends = new(StringComparer.Ordinal); // of what was put into a segment
    private readonly List<ReadOnlyMemory<byte>> _lines = [];

    /// <exception cref="IOException">The disk failed; what was done may be done again.</exception>
    public void Run()
    {
        var numbers = files.List(options.Folder).Select(Daybook.NumberOf).OfType<int>().Order().ToArray();
        try
        {
            foreach (var number in numbers)
                Read(Path.Combine(options.Folder, Daybook.NameOf(number)));
            foreach (var segment in _touched.Values)
                segment.Sync();
        }
        finally
        {
            CloseAll();
        }
        foreach (var number in numbers)
            files.Delete(Path.Combine(options.Folder, Daybook.NameOf(number)));
    }

    private void Read(string path)
    {
        using var file = files.OpenToRead(path);
        var lines = new LineReader(file, 0, file.Length);
        if (!lines.TryNext(out var line) || !Post.IsHead(line.Span, out var head))
            return; // it was being made: nothing was acknowledged by it
        var bad = -1L;
        while (true)
        {
            var start = lines.Offset;
            if (!lines.TryNext(out line))
                break;
            if (Post.TryRead(line.Span, head, out var post, out var synced))
            {
                if (bad >= 0 && synced > bad)
                    logger.DaybookDamaged(path, bad);
                bad = -1;
                if (TryReadLines(lines, post))
                    Apply(post);
                else
                    bad = start;
            }
            else if (bad < 0)
            {
                bad = start; // the end, if a crash cut a group short; any of its sectors may be there, so later posts are looked for
            }
        }
    }

    /// <summary>Reads the lines of a post. Where they do not fit, the reader may stand anywhere behind.</summary>
    private bool TryReadLines(LineReader reader, Post post)
    {
        _lines.Clear();
        var crc = post.Chain;
        for (var i = 0; i < post.Lines; i++)
        {
            if (!reader.TryNext(out var line) || !JournalLine.TryRead(line.Span, crc, out crc, out _, out _))
                return false;
            _lines.Add(line.ToArray());
        }
        return true;
    }

    private void Apply(Post post)
    {
        var project = Path.Combine(options.Folder, post.Project);
        var path = Path.Combine(project, Segment.NameOf(post.After));
        if (!_names.TryGetValue(project, out var names))
            _names[project] = names = files.List(project);
        if (!names.Contains(Path.GetFileName(path)))
            return; // the project was removed, or its segment dropped, and so are the events
        var segment = Touch(path);
        if (EpochOf(path, segment) != post.Epoch)
            return;
        var isTakenBack = _ends.TryGetValue(path, out var end) && post.Offset < end;
        if (!JournalLine.TryReadCrcBefore(segment, post.Offset, out var crc) || crc != post.Chain || (!isTakenBack && HasOther(segment, post)))
        {
            logger.PostNotFitting(post.Project, path, post.Lines, post.Offset);
            return;
        }
        if (isTakenBack)
            segment.Truncate(post.Offset);
        var offset = post.Offset;
        foreach (var line in _lines)
        {
            segment.WriteAll(offset, line.Span);
            segment.WriteAll(offset + line.Length, "\n"u8);
            offset += line.Length + 1;
        }
        _ends[path] = offset;
    }

    private IJournalFile Touch(string path)
    {
        if (_touched.TryGetValue(path, out var segment))
            return segment;
        if (_touched.Count >= options.FilesOpenMax)
        {
            foreach (var full in _touched.Values)
                full.Sync();
            CloseAll();
        }
        return _touched[path] = files.Open(path);
    }

    private void CloseAll()
    {
        foreach (var segment in _touched.Values)
            segment.Dispose();
        _touched.Clear();
    }

    private string? EpochOf(string path, IJournalFile segment)
    {
        if (_epochs.TryGetValue(path, out var known))
            return known;
        var lines = new LineReader(segment, 0, Math.Min(segment.Length, Segment.HeaderBytesMax));
        return _epochs[path] = lines.TryNext(out var line) && JournalLine.TryReadHeader(line.Span, out var header, out _) ? header.Epoch : null;
    }

    /// <summary>Whether the segment goes on with good lines that are not these.</summary>
    private bool HasOther(IJournalFile segment, Post post)
    {
        var reader = new LineReader(segment, post.Offset, segment.Length);
        var crc = post.Chain;
        foreach (var line in _lines)
        {
            if (!reader.TryNext(out var there) || !JournalLine.TryRead(there.Span, crc, out crc, out _, out _))
                return false;
            if (!there.Span.SequenceEqual(line.Span))
                return true;
        }
        return false;
    }
}
