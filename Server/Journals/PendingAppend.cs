namespace EventOnly.Server.Journals;

/// <summary>An append that waits for its group, and what became of it.</summary>
internal sealed class PendingAppend(Book book, long expectedHead, IReadOnlyList<JournalEntry> entries)
{
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Book Book { get; } = book;

    public long ExpectedHead { get; } = expectedHead;

    public IReadOnlyList<JournalEntry> Entries { get; } = entries;

    public Task<AppendResult> Done => _done.Task;

    public bool IsConflict { get; set; }

    public void End(AppendResult result) => _done.TrySetResult(result);
}
