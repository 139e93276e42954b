namespace EventOnly.Server.Journals;

/// <summary>
/// Appends of which each was decided on the one before, while that was still under way. When one fails those behind it fail too, even where the
/// journal happens to stand where they expect it: what is there then is another history. Begin a new one after a failure.
/// </summary>
public sealed class Succession
{
    private volatile bool _isBroken;

    public bool IsBroken => _isBroken;

    /// <summary>The journal's, before it answers an append that failed.</summary>
    public void Break() => _isBroken = true;
}

/// <summary>Appending without anything under way before it.</summary>
public static class SingleAppend
{
    /// <inheritdoc cref="IJournal.AppendAsync"/>
    public static ValueTask<AppendResult> AppendAsync(
        this IJournal journal, string project, long expectedHead, IReadOnlyList<JournalEntry> entries, CancellationToken stopping) =>
        journal.AppendAsync(project, expectedHead, entries, new Succession(), stopping);
}
