namespace EventOnly.Server.Journals;

/// <summary>An append that waits for its group, and what became of it.</summary>
internal sealed class PendingAppend(Book book, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession)
{
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Book Book { get; } = book;

    public long ExpectedHead { get; } = expectedHead;

    public IReadOnlyList<JournalEntry> Entries { get; } = entries;

    public Task<AppendResult> Done => _done.Task;

    public bool IsConflict { get; private set; }

    /// <summary>Whether it fits where the journal stands now, on the thread that appends. Where not, nothing of its succession fits any more.</summary>
    public bool Fits(long head)
    {
        IsConflict = succession.IsBroken || ExpectedHead != head;
        if (IsConflict)
            succession.Break();
        return !IsConflict;
    }

    public void End(AppendResult result)
    {
        if (result.Outcome != AppendOutcome.Committed)
            succession.Break(); // before it is told, so that nothing that waits behind it gets in
        _done.TrySetResult(result);
    }
}
