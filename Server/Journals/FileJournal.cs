using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// Keeps journals as files of JSON lines, a folder per project (<see cref="JournalLine"/> has their grammar). What it has committed survives
/// what <see cref="JournalOptions.Durability"/> says; nobody reads an entry before that.
/// </summary>
internal sealed class FileJournal(
    JournalOptions options, IJournalFiles files, Func<string> newEpoch, ILogger<FileJournal> logger, TimeProvider? clock = null, ServerMetrics? metrics = null) : IJournal, IDisposable
{
    /// <summary>Projects that are opened at a time: more would only compete for the disk.</summary>
    private readonly SemaphoreSlim _opening = new(4);

    /// <summary>Snapshots are written one at a time, for they are nobody's hurry; and nothing is dropped beside.</summary>
    private readonly SemaphoreSlim _keeping = new(1);

    private readonly ConcurrentDictionary<string, Lazy<Task<Book>>> _books = new(StringComparer.Ordinal);
    private readonly GroupCommit _commits = new(
        options, new(files, options, newEpoch, clock ?? TimeProvider.System, logger), clock ?? TimeProvider.System, logger, metrics ?? ServerMetrics.Unwatched);
    private readonly Lock _gate = new();
    private readonly List<Task> _checks = [];
    private readonly HashSet<Book> _doubtful = [];
    private Task? _daybookRead;
    private SafeHandle? _folderLock;

    /// <summary>A journal on this machine's disk. Keeps its folder locked against other servers until it is disposed.</summary>
    /// <exception cref="IOException">The folder cannot be used, or another server uses it.</exception>
    public static FileJournal OnDisk(JournalOptions options, Func<string> newEpoch, ILogger<FileJournal> logger, ServerMetrics? metrics = null)
    {
        var files = new DiskFiles();
        options.FilesOpenMax = Math.Min(options.FilesOpenMax, Math.Max(1, DiskFiles.OpenMax() / 4)); // connections need the rest
        files.MakeFolder(options.Folder);
        var folderLock = DiskFiles.Lock(options.Folder);
        return new(options, files, newEpoch, logger, metrics: metrics) { _folderLock = folderLock };
    }

    public async ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
    {
        var book = await FindAsync(project, stopping);
        book.ThrowIfDamaged();
        return book.Head;
    }

    public async ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(entries[i].Seq, expectedHead + 1 + i, nameof(entries));
            JournalLine.ThrowIfNoEntry(entries[i].Json.Span);
        }
        Book book;
        try
        {
            book = await FindAsync(project, stopping);
        }
        catch (JournalUnavailableException)
        {
            succession.Break();
            return new(AppendOutcome.Unavailable, 0, Book.RetryAfterMs);
        }
        Check(book);
        // Not cancelled any more from here on: until the thread is done with the entries their memory is not the caller's.
        return await _commits.AppendAsync(new(book, expectedHead, entries, succession));
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(
        string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        var book = await FindAsync(project, stopping);
        book.ThrowIfDamaged();
        var head = book.Head;
        foreach (var entry in book.Read(Math.Max(from, head.Floor + 1), head.Seq))
        {
            stopping.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public async IAsyncEnumerable<JournalEntry> FollowAsync(
        string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        var book = await FindAsync(project, stopping);
        book.ThrowIfDamaged();
        for (var next = Math.Max(from, book.Head.Floor + 1); ;)
        {
            await book.GrownBeyond(next - 1).WaitAsync(stopping);
            if (book.IsClosed)
            {
                book = await FindAsync(project, stopping);
                book.ThrowIfDamaged();
                continue;
            }
            book.ThrowIfDamaged();
            foreach (var entry in book.Read(next, book.Head.Seq))
            {
                stopping.ThrowIfCancellationRequested();
                yield return entry;
                next = entry.Seq + 1;
            }
        }
    }

    public async ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping)
    {
        var book = await FindAsync(project, stopping);
        book.ThrowIfDamaged();
        ProjectState? state = null;
        await OnOwnThreadAsync(() => state = book.Load(upTo));
        return state;
    }

    public async ValueTask KeepAsync(string project, ProjectState state, CancellationToken waiting)
    {
        await _keeping.WaitAsync(waiting);
        try
        {
            var book = await FindAsync(project, waiting);
            book.ThrowIfDamaged();
            ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Seq, book.Head.Seq, nameof(state));
            if (!await _commits.RunAsync(book, static book => book.TrySettle()))
                throw new JournalUnavailableException($"The journal of project {project} cannot be synced.");
            await RunOnOwnThreadAsync(() => book.Keep(state));
        }
        finally
        {
            _keeping.Release();
        }
    }

    public bool LacksState(string project) =>
#pragma warning disable RS0030 // it is asked only where it has ended, by a loop that must not wait
        _books.TryGetValue(project, out var found) && found is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && found.Value.Result.LacksState;
#pragma warning restore RS0030

    public async ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping)
    {
        await _keeping.WaitAsync(stopping);
        try
        {
            var book = await FindAsync(project, stopping);
            book.ThrowIfDamaged();
            var floor = 0L;
            await RunOnOwnThreadAsync(() => floor = book.FloorUpTo(seq));
            await _commits.RunAsync(book, book => book.TryShorten(floor));
            await DropUnusedAsync(project, book);
            return book.Head.Floor;
        }
        finally
        {
            _keeping.Release();
        }
    }

    private async Task DropUnusedAsync(string project, Book book)
    {
        try
        {
            await RunOnOwnThreadAsync(book.DropUnused);
        }
        catch (IOException failure)
        {
            logger.EventsNotDropped(project, failure); // they are out of use all the same; the next attempt drops them too
        }
    }

    public async ValueTask CloseAsync(string project)
    {
        try
        {
            if (!_books.TryGetValue(project, out var found) || !found.IsValueCreated)
                return;
            var book = await found.Value;
            if (await _commits.ReleaseAsync(book)) // first: a new book must not open beside one that still writes
                _books.TryRemove(new(project, found));
        }
        catch (IOException)
        {
            // It could not be opened, which has been told to whoever wanted it; there is nothing to close.
        }
    }

    public void Dispose()
    {
        WaitForChecks(); // what has been put right can be synced at the end
        _commits.Dispose();
        WaitForChecks();
        foreach (var book in _doubtful.Where(book => book.ShallBeChecked()))
            book.Check(); // once more: what was refused must not be there at the next start
        _folderLock?.Dispose();
        _opening.Dispose();
        _keeping.Dispose();
    }

    private void WaitForChecks()
    {
        Task[] checks;
        lock (_gate)
            checks = [.. _checks];
        Task.WaitAll(checks);
    }

    /// <exception cref="JournalUnavailableException">The disk failed; the next call tries again.</exception>
    private async Task<Book> FindAsync(string project, CancellationToken stopping)
    {
        if (_books.TryGetValue(project, out var there) && there is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } open })
            return await open;
        var found = _books.GetOrAdd(project, key => new Lazy<Task<Book>>(() => OpenBookAsync(key))); // Lazy: of two that ask at once, one opens
        try
        {
            return await found.Value.WaitAsync(stopping);
        }
        catch (IOException failure)
        {
            if (_books.TryRemove(new(project, found)))
                logger.JournalNotOpened(project, failure);
            throw new JournalUnavailableException($"The journal of project {project} cannot be opened.", failure);
        }
    }

    private async Task<Book> OpenBookAsync(string project)
    {
        if (!Names.IsProjectId(project))
            throw new ArgumentException("A project's id is its folder's name, and this is none.", nameof(project));
        await ReadDaybookAsync();
        var book = new Book(project, Path.Combine(options.Folder, project), files, options, logger, Check);
        await OnOwnThreadAsync(() => book.Open(newEpoch));
        return book;
    }

    /// <summary>Once, before the first project is opened: what a crash has left there belongs into the projects' files.</summary>
    private Task ReadDaybookAsync()
    {
        lock (_gate)
        {
            if (_daybookRead is null or { IsFaulted: true })
                _daybookRead = OnOwnThreadAsync(new DaybookReading(files, options, logger).Run);
            return _daybookRead;
        }
    }

    /// <summary>Where that is due. It reports to the book, whom the next append asks.</summary>
    private void Check(Book book)
    {
        if (!book.ShallBeChecked())
            return;
        lock (_gate)
        {
            _doubtful.Add(book);
            _checks.RemoveAll(check => check.IsCompleted);
            _checks.Add(CheckAsync(book));
        }
    }

    private async Task CheckAsync(Book book)
    {
        try
        {
            await OnOwnThreadAsync(book.Check);
            lock (_gate)
                _doubtful.RemoveWhere(book => book.CanBeWritten);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.JournalFaulted(fault);
        }
    }

    /// <summary>Reading and syncing would hold up the pool.</summary>
    private async Task OnOwnThreadAsync(Action work)
    {
        await _opening.WaitAsync();
        try
        {
            await RunOnOwnThreadAsync(work);
        }
        finally
        {
            _opening.Release();
        }
    }

    private static Task RunOnOwnThreadAsync(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
