using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;

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
        public readonly List<ProjectState> Kept = []; // the oldest first
        public TaskCompletionSource Grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Epoch { get; } = epoch;

        /// <summary>The seq before the first line's.</summary>
        public long Floor { get; private set; }

        public long Head => Floor + Lines.Count;

        public byte[] this[long seq] => Lines[(int)(seq - Floor - 1)];

        public void DropTo(long seq)
        {
            Lines.RemoveRange(0, (int)(seq - Floor));
            Floor = seq;
        }
    }

    public ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
    {
        var book = BookOf(project);
        lock (book.Gate)
            return ValueTask.FromResult(new JournalHead(book.Epoch, book.Head, book.Floor));
    }

    public ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping)
    {
        var book = BookOf(project);
        TaskCompletionSource grown;
        for (var i = 0; i < entries.Count; i++)
            ArgumentOutOfRangeException.ThrowIfNotEqual(entries[i].Seq, expectedHead + 1 + i, nameof(entries));
        lock (book.Gate)
        {
            if (book.Head != expectedHead || succession.IsBroken)
            {
                succession.Break();
                return ValueTask.FromResult(new AppendResult(AppendOutcome.Conflict, book.Head));
            }
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
        var (seq, head) = SpanOf(book, from);
        for (; seq <= head; seq++)
        {
            stopping.ThrowIfCancellationRequested();
            yield return LineOf(book, seq);
        }
    }

    public async IAsyncEnumerable<JournalEntry> FollowAsync(
        string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        var book = BookOf(project);
        for (var (seq, _) = SpanOf(book, from); ; seq++)
        {
            while (!IsThere(book, seq, out var grown))
                await grown.WaitAsync(stopping);
            stopping.ThrowIfCancellationRequested();
            yield return LineOf(book, seq);
        }
    }

    public ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping)
    {
        var book = BookOf(project);
        lock (book.Gate)
        {
            var newest = book.Kept.FindLast(state => upTo.Includes(state.Seq, state.AtMs));
            return ValueTask.FromResult(newest ?? (book.Floor == 0 ? ProjectState.Empty : null));
        }
    }

    public ValueTask KeepAsync(string project, ProjectState state, CancellationToken waiting)
    {
        var book = BookOf(project);
        lock (book.Gate)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Seq, book.Head, nameof(state));
            var at = book.Kept.FindLastIndex(kept => kept.Seq < state.Seq) + 1;
            if (state.Seq > book.Floor && (at == book.Kept.Count || book.Kept[at].Seq != state.Seq))
                book.Kept.Insert(at, state);
        }
        return default;
    }

    public ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping)
    {
        var book = BookOf(project);
        lock (book.Gate)
        {
            if (book.Kept.FindLast(state => state.Seq <= seq) is { } floor)
            {
                book.DropTo(floor.Seq);
                book.Kept.RemoveAll(state => state.Seq < floor.Seq);
            }
            return ValueTask.FromResult(book.Floor);
        }
    }

    /// <summary>Memory is where the events are, so they stay.</summary>
    public ValueTask CloseAsync(string project) => default;

    /// <param name="grown">What to await where it is not there yet.</param>
    private static bool IsThere(Book book, long seq, out Task grown)
    {
        lock (book.Gate)
        {
            grown = book.Grown.Task;
            return book.Head >= seq;
        }
    }

    /// <summary>What there is to read from a seq on, both ends included.</summary>
    private static (long First, long Last) SpanOf(Book book, long from)
    {
        lock (book.Gate)
            return (Math.Max(from, book.Floor + 1), book.Head);
    }

    private static JournalEntry LineOf(Book book, long seq)
    {
        lock (book.Gate)
        {
            return seq > book.Floor
                ? new(seq, book[seq])
                : throw new JournalUnavailableException($"Event {seq} was dropped while it was about to be read.");
        }
    }

    private Book BookOf(string project) => _books.GetOrAdd(project, static (_, make) => new Book(make()), newEpoch);
}
