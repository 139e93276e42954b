using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Support;

/// <summary>A journal that does as another does, except where a test has something else happen.</summary>
#pragma warning disable CA1001 // a semaphore whose wait handle nobody asks for has nothing to dispose of
internal sealed class ScriptedJournal(IJournal inner) : IJournal
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _appending = new(1);

    /// <summary>Asked at each append, with the entries; null lets it happen.</summary>
    public Func<IReadOnlyList<JournalEntry>, ValueTask<AppendResult?>> OnAppend { get; set; } = _ => default;

    /// <summary>Asked at each opening; may throw.</summary>
    public Func<ValueTask> OnOpen { get; set; } = () => default;

    /// <summary>Asked at each keeping of a state; may throw.</summary>
    public Func<ProjectState, ValueTask> OnKeep { get; set; } = _ => default;

    /// <summary>Asked at each closing.</summary>
    public Func<ValueTask> OnClose { get; set; } = () => default;

    /// <summary>Asked when a reading begins; may throw.</summary>
    public Func<ValueTask> OnRead { get; set; } = () => default;

    /// <summary>The journal that it does as.</summary>
    public IJournal Inner { get; set; } = inner;

    public int Opened { get; private set; }

    /// <summary>How many entries were read, and how many states were asked for.</summary>
    public (int Entries, int States) Read { get; set; }

    public async ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
    {
        Opened++;
        await OnOpen();
        return await Inner.OpenAsync(project, stopping);
    }

    public async ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping)
    {
        await _appending.WaitAsync(stopping); // in the order of the calls, however long one takes
        try
        {
            if (!succession.IsBroken && await OnAppend(entries) is { } scripted)
            {
                if (scripted.Outcome != AppendOutcome.Committed)
                    succession.Break();
                return scripted;
            }
            return await Inner.AppendAsync(project, expectedHead, entries, succession, stopping);
        }
        catch
        {
            succession.Break();
            throw;
        }
        finally
        {
            _appending.Release();
        }
    }

    public async IAsyncEnumerable<JournalEntry> ReadAsync(string project, long from, [EnumeratorCancellation] CancellationToken stopping)
    {
        await OnRead();
        await foreach (var entry in Inner.ReadAsync(project, from, stopping))
        {
            Read = Read with { Entries = Read.Entries + 1 };
            yield return entry;
        }
    }

    public IAsyncEnumerable<JournalEntry> FollowAsync(string project, long from, CancellationToken stopping) => Inner.FollowAsync(project, from, stopping);

    public ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping)
    {
        Read = Read with { States = Read.States + 1 };
        return Inner.LoadAsync(project, upTo, stopping);
    }

    public async ValueTask KeepAsync(string project, ProjectState state, CancellationToken waiting)
    {
        await OnKeep(state).AsTask().WaitAsync(waiting);
        await Inner.KeepAsync(project, state, waiting);
    }

    public bool LacksState(string project) => Inner.LacksState(project);

    public ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping) => Inner.ForgetAsync(project, seq, stopping);

    public async ValueTask CloseAsync(string project)
    {
        await OnClose();
        await Inner.CloseAsync(project);
    }
}
