using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace EventOnly.Server.Journals;

/// <summary>Keeps journals in memory: for tests, and for <c>durability: memory</c>. Everything is gone with the process.</summary>
/// <param name="newEpoch">Makes the identity of a new journal; must not repeat.</param>
public sealed class MemoryJournal(Func<string> newEpoch) : IJournal
{
    private readonly ConcurrentDictionary<string, Book> _books = new(StringComparer.Ordinal);

    private sealed class Book(string epoch)
    {
        public readonly Lock Gate = new();
        public readonly List<byte[]> Lines = [];
        public TaskCompletionSource Grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Epoch { get; } = epoch;
    }

    public ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
    {
        var book = BookOf(project);
        lock (book.Gate)
            return ValueTask.FromResult(new JournalHead(book.Epoch, book.Lines.Count, Floor: 0));
    }

    public ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, CancellationToken stopping)
    {
        var book = BookOf(project);
        TaskCompletionSource grown;
        for (var i = 0; i < entries.Count; i++)
            ArgumentOutOfRangeException.ThrowIfNotEqual(entries[i].Seq, expectedHead + 1 + i, nameof(entries));
        lock (book.Gate)
        {
            if (book.Lines.Count != expectedHead)
                return ValueTask.FromResult(new AppendResult(AppendOutcome.Conflict, book.Lines.Count));
            foreach (var entry in entries)
                book.Lines.Add(entry.Json.ToArray());
            (grown, book.Grown) = (book.Grown, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        grown.SetResult();
        return ValueTask.FromResult(new AppendResult(AppendOutcome.Committed, expectedHead + entries.Count));
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(
        string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        await Task.CompletedTask;
        var book = BookOf(project);
        for (var (seq, head) = (Math.Max(from, 1), HeadOf(book)); seq <= head; seq++)
        {
            stopping.ThrowIfCancellationRequested();
            yield return LineOf(book, seq);
        }
    }

    public async IAsyncEnumerable<JournalEntry> FollowAsync(
        string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        var book = BookOf(project);
        for (var seq = Math.Max(from, 1); ; seq++)
        {
            while (!IsThere(book, seq, out var grown))
                await grown.WaitAsync(stopping);
            stopping.ThrowIfCancellationRequested();
            yield return LineOf(book, seq);
        }
    }

    /// <param name="grown">What to await where it is not there yet.</param>
    private static bool IsThere(Book book, long seq, out Task grown)
    {
        lock (book.Gate)
        {
            grown = book.Grown.Task;
            return book.Lines.Count >= seq;
        }
    }

    private static long HeadOf(Book book)
    {
        lock (book.Gate)
            return book.Lines.Count;
    }

    private static JournalEntry LineOf(Book book, long seq)
    {
        lock (book.Gate)
            return new(seq, book.Lines[(int)(seq - 1)]);
    }

    private Book BookOf(string project) => _books.GetOrAdd(project, static (_, make) => new Book(make()), newEpoch);
}
