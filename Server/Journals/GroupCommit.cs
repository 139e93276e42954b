using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// Appends for all projects, one group at a time: takes all that waits, writes once per project, makes it durable, then answers. A group of few
/// projects syncs each one's segment; a group of many syncs the <see cref="Daybook"/> instead. While it syncs the next group gathers, so the slower
/// the disk, the larger the groups. It is the work of a thread of its own; but where it is nothing but a write, which nobody syncs, whoever appends
/// while nobody is at work does it at once, for a write into the system's memory takes less time than waking a thread.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    private readonly JournalOptions _options;
    private readonly Daybook _daybook;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ServerMetrics _metrics;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _bell = new(false);
    private readonly Thread _thread;
    private readonly LinkedList<Book> _withFile = new(); // the longest unused first
    private readonly Dictionary<Book, LinkedListNode<Book>> _nodes = [];
    private readonly List<Book> _books = [];
    private readonly List<Book> _written = [];
    private readonly Utf8Buffer _lines = new(64 * 1024);
    private readonly Queue<Errand> _errands = new();
    private List<PendingAppend> _waiting = [];
    private List<PendingAppend> _group = []; // of who is at work
    private Worker _worker; // who it is: all of this is theirs, and the gate's only what waits
    private bool _stopped;

    public GroupCommit(JournalOptions options, Daybook daybook, TimeProvider time, ILogger logger, ServerMetrics metrics)
    {
        (_options, _daybook, _time, _logger, _metrics) = (options, daybook, time, logger, metrics);
        _thread = new(Run) { Name = "journal", IsBackground = true }; // a thread of its own: a sync would hold up the pool
        _thread.Start();
    }

    private enum Worker { None, OwnThread, Passer }

    public Task<AppendResult> AppendAsync(PendingAppend append)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _waiting.Add(append);
            if (_worker != Worker.None || _options.Durability == Durability.Disk || !append.Book.JustWrites)
            {
                Ring();
                return append.Done;
            }
            _worker = Worker.Passer;
            (_group, _waiting) = (_waiting, _group);
        }
        Commit(_group);
        lock (_gate)
        {
            _worker = Worker.None;
            if (_waiting.Count > 0 || _errands.Count > 0 || _stopped)
                Ring(); // who only passes works for nobody else
        }
        return append.Done;
    }

    /// <summary>Within the gate: wakes the thread, unless a passer is at work, who does so in the end.</summary>
    private void Ring()
    {
        if (_worker != Worker.Passer)
            _bell.Set();
    }

    /// <summary>Something to be done with a book between two groups.</summary>
    private sealed record Errand(Book Book, Func<Book, bool> Work, TaskCompletionSource<bool> Done);

    /// <summary>Does something with a book on the thread that appends, so that no append is under way meanwhile; gives what it gave.</summary>
    public Task<bool> RunAsync(Book book, Func<Book, bool> work)
    {
        var errand = new Errand(book, work, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _errands.Enqueue(errand);
            Ring();
        }
        return errand.Done.Task;
    }

    /// <summary>Lets go of a book: its file is closed, and what is appended to it from now on is refused. False where it cannot be closed yet.</summary>
    public Task<bool> ReleaseAsync(Book book) => RunAsync(book, book =>
    {
        if (!book.TryClose())
            return false;
        _daybook.Forget(book);
        return true;
    });

    /// <summary>Ends the thread after what waits.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            Ring();
        }
        _thread.Join();
        _bell.Dispose();
        foreach (var book in _withFile)
            book.CloseFile();
    }

    private void Run()
    {
        for (var goesOn = true; goesOn;)
        {
            if (!TryBegin(out var errand, out var isLast))
            {
                _bell.WaitOne();
                continue;
            }
            if (errand is not null)
                Run(errand);
            var hasWorked = errand is not null || _group.Count > 0;
            if (_group.Count > 0)
                Commit(_group);
            else if (!hasWorked && !isLast)
                hasWorked = Try(() => _daybook.Settle(share: 0));
            lock (_gate)
                _worker = Worker.None;
            goesOn = hasWorked || !isLast;
            if (!hasWorked && goesOn)
                _bell.WaitOne();
        }
        Try(() =>
        {
            _daybook.End();
            return true;
        });
    }

    /// <summary>Takes all that waits; false where a passer is at work, who rings in the end.</summary>
    private bool TryBegin(out Errand? errand, out bool isLast)
    {
        lock (_gate)
        {
            (errand, isLast) = (null, _stopped);
            if (_worker != Worker.None)
                return false;
            _worker = Worker.OwnThread;
            (_group, _waiting) = (_waiting, _group);
            _errands.TryDequeue(out errand);
            return true;
        }
    }

    /// <summary>A fault in what can be done later shall not end the thread that all appends wait for.</summary>
    private bool Try(Func<bool> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _logger.JournalFaulted(fault);
            return false;
        }
    }

    private void Commit(List<PendingAppend> group)
    {
        foreach (var append in group)
        {
            if (append.Book.Add(append))
                _books.Add(append.Book);
        }
        group.Clear();
        try
        {
            CommitBooks();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _logger.JournalFaulted(fault);
            foreach (var book in _books)
                book.Abandon();
        }
        _books.Clear();
        _written.Clear();
    }

    private void CommitBooks()
    {
        var isShared = _options.Durability == Durability.Disk && _books.Count > _options.FilesSyncedMax && _daybook.TryBegin();
        foreach (var book in _books)
        {
            if (book.TryWrite(_lines))
            {
                _written.Add(book);
                if (isShared)
                    _daybook.Add(book, _lines.Written);
            }
            else
            {
                book.Finish(isDurable: false);
            }
            Remember(book);
            CloseSome();
        }
        var began = _time.GetTimestamp();
        isShared = isShared && _daybook.TrySync();
        foreach (var book in _written)
        {
            if (isShared)
                book.CountAsDurable();
            book.Finish(isShared || _options.Durability != Durability.Disk || book.TrySync());
        }
        if (_metrics.TimesSyncs && _options.Durability == Durability.Disk && _written.Count > 0)
            _metrics.SyncTook(_time.GetElapsedTime(began));
        if (_daybook.IsBehind)
            _daybook.Settle(isShared ? _daybook.Share : 0);
    }

    private void Run(Errand errand)
    {
        try
        {
            errand.Done.SetResult(errand.Work(errand.Book));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            errand.Done.SetException(fault);
        }
        Remember(errand.Book);
        CloseSome();
    }

    private void Remember(Book book)
    {
        if (_nodes.Remove(book, out var node))
            _withFile.Remove(node);
        if (book.HasFile)
            _nodes[book] = _withFile.AddLast(book);
    }

    private void CloseSome()
    {
        while (_withFile.Count > _options.FilesOpenMax)
        {
            var book = _withFile.First!.Value;
            book.CloseFile();
            Remember(book);
        }
    }
}
