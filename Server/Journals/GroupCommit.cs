using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>
/// The one thread that appends, for all projects: takes all that waits, writes once per project, syncs each file once, then answers.
/// While it syncs the next group gathers, so the slower the disk, the larger the groups.
/// </summary>
internal sealed class GroupCommit : IDisposable
{
    private readonly JournalOptions _options;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _bell = new(false);
    private readonly Thread _thread;
    private readonly LinkedList<Book> _withFile = new(); // the longest unused first
    private readonly Dictionary<Book, LinkedListNode<Book>> _nodes = [];
    private readonly Queue<Errand> _errands = new();
    private List<PendingAppend> _waiting = [];
    private bool _stopped;

    public GroupCommit(JournalOptions options)
    {
        _options = options;
        _thread = new(Run) { Name = "journal", IsBackground = true }; // a thread of its own: a sync would hold up the pool
        _thread.Start();
    }

    public Task<AppendResult> AppendAsync(PendingAppend append)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _waiting.Add(append);
        }
        _bell.Set();
        return append.Done;
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
        }
        _bell.Set();
        return errand.Done.Task;
    }

    /// <summary>Lets go of a book: its file is closed, and what is appended to it from now on is refused. False where it cannot be closed yet.</summary>
    public Task<bool> ReleaseAsync(Book book) => RunAsync(book, static book => book.TryClose());

    /// <summary>Ends the thread after what waits.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
        }
        _bell.Set();
        _thread.Join();
        _bell.Dispose();
        foreach (var book in _withFile)
            book.CloseFile();
    }

    private void Run()
    {
        var group = new List<PendingAppend>();
        var books = new List<Book>();
        var lines = new Utf8Buffer(64 * 1024);
        while (true)
        {
            bool isLast;
            Errand? errand;
            lock (_gate)
            {
                (group, _waiting) = (_waiting, group);
                isLast = _stopped;
                _errands.TryDequeue(out errand);
            }
            if (errand is not null)
                Run(errand);
            if (group.Count > 0)
                Commit(group, books, lines);
            else if (errand is not null)
                continue;
            else if (isLast)
                return;
            else
                _bell.WaitOne();
        }
    }

    private void Commit(List<PendingAppend> group, List<Book> books, Utf8Buffer lines)
    {
        foreach (var append in group)
        {
            if (append.Book.Add(append))
                books.Add(append.Book);
        }
        group.Clear();
        var written = new List<Book>();
        foreach (var book in books)
        {
            if (book.TryWrite(lines))
                written.Add(book);
            else
                book.Finish(isDurable: false);
            Remember(book);
        }
        foreach (var book in written)
            book.Finish(_options.Durability != Durability.Disk || book.TrySync());
        books.Clear();
        CloseSome();
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
