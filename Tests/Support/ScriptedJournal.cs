using EventOnly.Server.Journals;

namespace EventOnly.Tests.Support;

/// <summary>A journal that does as another does, except where a test has something else happen.</summary>
internal sealed class ScriptedJournal(IJournal inner) : IJournal
{
    /// <summary>Asked at each append, with the entries; null lets it happen.</summary>
    public Func<IReadOnlyList<JournalEntry>, ValueTask<AppendResult?>> OnAppend { get; set; } = _ => default;

    /// <summary>Asked at each opening; may throw.</summary>
    public Func<ValueTask> OnOpen { get; set; } = () => default;

    public int Opened { get; private set; }

    public async ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
    {
        Opened++;
        await OnOpen();
        return await inner.OpenAsync(project, stopping);
    }

    public async ValueTask<AppendResult> AppendAsync(string project, long expectedHead, IReadOnlyList<JournalEntry> entries, CancellationToken stopping) =>
        await OnAppend(entries) ?? await inner.AppendAsync(project, expectedHead, entries, stopping);

    public IAsyncEnumerable<JournalEntry> ReadAsync(string project, long from, CancellationToken stopping) => inner.ReadAsync(project, from, stopping);

    public IAsyncEnumerable<JournalEntry> FollowAsync(string project, long from, CancellationToken stopping) => inner.FollowAsync(project, from, stopping);
}
