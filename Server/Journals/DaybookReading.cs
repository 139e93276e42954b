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
/// </code>
/// </summary>
internal sealed class DaybookReading(IJournalFiles files, string folder, ILogger logger)
{
    private readonly Dictionary<string, IReadOnlyList<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IJournalFile> _touched = new(StringComparer.Ordinal);
    private readonly List<ReadOnlyMemory<byte>> _lines = [];

    /// <exception cref="IOException">The disk failed; what was done may be done again.</exception>
    public void Run()
    {
        var numbers = files.List(folder).Select(Daybook.NumberOf).OfType<int>().Order().ToArray();
        try
        {
            foreach (var number in numbers)
                Read(Path.Combine(folder, Daybook.NameOf(number)));
            foreach (var segment in _touched.Values)
                segment.Sync();
        }
        finally
        {
            foreach (var segment in _touched.Values)
                segment.Dispose();
        }
        foreach (var number in numbers)
            files.Delete(Path.Combine(folder, Daybook.NameOf(number)));
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
        var project = Path.Combine(folder, post.Project);
        var path = Path.Combine(project, Segment.NameOf(post.After));
        if (!_names.TryGetValue(project, out var names))
            _names[project] = names = files.List(project);
        if (!names.Contains(Path.GetFileName(path)))
            return; // the project was removed, or its segment dropped, and so are the events
        if (!_touched.TryGetValue(path, out var segment))
            _touched[path] = segment = files.Open(path);
        if (!IsOfEpoch(segment, post.Epoch))
            return;
        if (!JournalLine.TryReadCrcBefore(segment, post.Offset, out var crc) || crc != post.Chain || HasOther(segment, post))
        {
            logger.PostNotFitting(post.Project, path, post.Lines, post.Offset);
            return;
        }
        var offset = post.Offset;
        foreach (var line in _lines)
        {
            segment.WriteAll(offset, line.Span);
            segment.WriteAll(offset + line.Length, "\n"u8);
            offset += line.Length + 1;
        }
    }

    private static bool IsOfEpoch(IJournalFile segment, string epoch) =>
        new LineReader(segment, 0, segment.Length).TryNext(out var line) && JournalLine.TryReadHeader(line.Span, out var header, out _)
        && header.Epoch == epoch;

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
