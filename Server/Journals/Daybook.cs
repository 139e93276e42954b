using System.Globalization;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// Makes a group that touches many projects durable by one sync: what their segments got is written once more, into one file, and that is
/// synced. The segments are synced later, a few at a time; then the file goes. After a crash <see cref="DaybookReading"/> puts the lines where they
/// belong. <see cref="Post"/> has the grammar. Used by one thread.
/// <code>
///   group -> daybook-2.jsonl (synced at once) --full--> its books are synced one after the other --all--> deleted
/// </code>
/// </summary>
/// <param name="newId">Makes what no other daybook has, so that lines of an old one never fit.</param>
internal sealed class Daybook(IJournalFiles files, JournalOptions options, Func<string> newId, TimeProvider time, ILogger logger)
{
    /// <summary>How long the end may take to sync what is behind; what is left then, the next start reads.</summary>
    private static readonly TimeSpan s_endTime = TimeSpan.FromSeconds(1.5);

    private readonly Utf8Buffer _lines = new(64 * 1024);
    private readonly Utf8Buffer _scratch = new();
    private readonly Queue<Volume> _full = new();
    private Volume? _current;
    private int? _number;
    private bool _failed;

    /// <summary>One file, and the books whose segments are behind it.</summary>
    private sealed class Volume(string path, IJournalFile file, uint head)
    {
        public string Path { get; } = path;

        public IJournalFile File { get; } = file;

        public uint Head { get; } = head;

        public long End { get; set; }

        public HashSet<Book> Behind { get; } = [];
    }

    /// <summary>Whether there are segments to sync so that a full file can go.</summary>
    public bool IsBehind => _full.Count > 0;

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"daybook-{number}.jsonl");

    /// <summary>The number in a daybook's name; null where it is another file's.</summary>
    public static int? NumberOf(string name) =>
        name.StartsWith("daybook-", StringComparison.Ordinal) && name.EndsWith(".jsonl", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(8, name.Length - 14), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Begins a group. False where there is no file to write to: then each segment is to be synced.</summary>
    public bool TryBegin()
    {
        _lines.Clear();
        try
        {
            if (_current is { } used && used.End >= options.DaybookBytesMax)
                Retire();
            _current ??= NewVolume();
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            return false;
        }
    }

    /// <summary>Takes what a book has written to its segment.</summary>
    public void Add(Book book, ReadOnlySpan<byte> lines)
    {
        book.Post().Write(_lines, _scratch, _current!.End, _current.Head);
        _lines.Raw(lines);
        _current.Behind.Add(book);
    }

    /// <summary>Makes the group durable. False where that failed: then each segment is to be synced, and what stands here counts for nothing.</summary>
    public bool TrySync()
    {
        var volume = _current!;
        try
        {
            volume.File.WriteAll(volume.End, _lines.Written);
            volume.File.Sync();
            volume.End += _lines.Length;
            _failed = false;
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            Retire(); // what a failed sync has left in it is not to be trusted, and what it had before is still needed
            TakeBack(volume);
            return false;
        }
    }

    /// <summary>What was refused must not come back after a crash.</summary>
    private void TakeBack(Volume volume)
    {
        try
        {
            using var file = files.Open(volume.Path);
            file.Truncate(volume.End);
            file.Sync();
        }
        catch (IOException failure)
        {
            Fail(failure);
        }
    }

    /// <summary>Syncs some segments that are behind, more of them the more the group had. True where that led on.</summary>
    /// <param name="share">How much of a file's life has passed, 0 to 1: as much of the segments is synced, so that files do not gather.</param>
    public bool Settle(double share)
    {
        if (!_full.TryPeek(out var volume))
            return false;
        var count = 1 + (int)(2 * share * volume.Behind.Count);
        var before = volume.Behind.Count;
        foreach (var book in volume.Behind.Where(book => book.CanBeWritten).Take(count).ToArray())
        {
            if (book.TrySettle())
                volume.Behind.Remove(book);
        }
        var ledOn = volume.Behind.Count == 0 ? TryRemove(volume) : volume.Behind.Count < before;
        if (!ledOn)
            _full.Enqueue(_full.Dequeue()); // what cannot be done just now shall not hold up the others
        return ledOn;
    }

    /// <summary>How much of a file's life the group was.</summary>
    public double Share => (double)_lines.Length / options.DaybookBytesMax;

    /// <summary>The book ends and nothing of it is behind.</summary>
    public void Forget(Book book)
    {
        _current?.Behind.Remove(book);
        foreach (var volume in _full)
            volume.Behind.Remove(book);
    }

    /// <summary>Syncs all that is behind and removes the files, as far as that can be done; what is left, the next start reads.</summary>
    public void End()
    {
        var start = time.GetTimestamp();
        if (_current is not null)
            Retire();
        for (var volumes = _full.Count; volumes > 0 && _full.Count > 0; volumes--)
        {
            while (time.GetElapsedTime(start) < s_endTime && Settle(share: 0))
            {
            }
        }
    }

    private Volume NewVolume()
    {
        _number = 1 + (_number ?? files.List(options.Folder).Max(NumberOf).GetValueOrDefault());
        var path = Path.Combine(options.Folder, NameOf(_number.Value));
        var file = files.Open(path);
        try
        {
            _scratch.Clear();
            var head = Post.WriteHead(_scratch, newId());
            file.WriteAll(0, _scratch.Written);
            file.Sync();
            files.SyncFolder(options.Folder);
            return new(path, file, head) { End = _scratch.Length };
        }
        catch (IOException)
        {
            file.Dispose();
            TryDelete(path); // else a disk that is full would get one more with every group
            throw;
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (IOException)
        {
            // The next start removes it.
        }
    }

    private void Retire()
    {
        _current!.File.Dispose();
        _full.Enqueue(_current);
        _current = null;
    }

    private bool TryRemove(Volume volume)
    {
        try
        {
            files.Delete(volume.Path);
            _full.Dequeue();
            return true;
        }
        catch (IOException failure)
        {
            Fail(failure);
            return false;
        }
    }

    private void Fail(IOException failure)
    {
        if (!_failed) // told once; the segments are synced one by one meanwhile
            logger.DaybookFailed(options.Folder, failure);
        _failed = true;
    }
}
