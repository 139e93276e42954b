using EventOnly.Protocol.State;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Support;

/// <summary>A journal in which every append waits until the test says what becomes of it.</summary>
internal sealed class HeldJournal(IJournal inner) : IJournal
{
    private readonly List<Held> _appends = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal sealed record Held(long ExpectedHead, JournalEntry[] Entries, Succession Succession, TaskCompletionSource<AppendResult> Done);

    /// <summary>The journal that it holds back from. Others may write to it.</summary>
    public IJournal Inner => inner;

    public int Count
    {
        get
        {
            lock (_appends)
                return _appends.Count;
        }
    }

    /// <summary>Waits until that many appends have been asked for, and gives the last of them.</summary>
    public async Task<Held> HeldAsync(int count)
    {
        while (true)
        {
            Task grown;
            lock (_appends)
            {
                if (_appends.Count >= count)
                    return _appends[count - 1];
                grown = _grown.Task;
            }
            await grown.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Lets an append happen.</summary>
    public async Task LetAsync(int number)
    {
        var held = await HeldAsync(number);
        held.Done.SetResult(await inner.AppendAsync(Given.ProjectId, held.ExpectedHead, held.Entries, held.Succession, CancellationToken.None));
    }

    /// <summary>Has an append fail.</summary>
    public async Task RefuseAsync(int number, AppendResult result)
    {
        var held = await HeldAsync(number);
        held.Succession.Break();
        held.Done.SetResult(result);
    }

    public ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping)
    {
        var held = new Held(
            expectedHead, [.. entries.Select(entry => new JournalEntry(entry.Seq, entry.Json.ToArray()))], succession,
            new(TaskCreationOptions.RunContinuationsAsynchronously));
        TaskCompletionSource grown;
        lock (_appends)
        {
            _appends.Add(held);
            (grown, _grown) = (_grown, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        grown.SetResult();
        return new(held.Done.Task);
    }

    public ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping) => inner.OpenAsync(project, stopping);

    public IAsyncEnumerable<JournalEntry> ReadAsync(string project, long from, CancellationToken stopping) => inner.ReadAsync(project, from, stopping);

    public IAsyncEnumerable<JournalEntry> FollowAsync(string project, long from, CancellationToken stopping) => inner.FollowAsync(project, from, stopping);

    public ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping) => inner.LoadAsync(project, upTo, stopping);

    public ValueTask KeepAsync(string project, ProjectState state, CancellationToken waiting) => inner.KeepAsync(project, state, waiting);

    public ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping) => inner.ForgetAsync(project, seq, stopping);

    public ValueTask CloseAsync(string project) => inner.CloseAsync(project);
}
