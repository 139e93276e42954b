using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Server.Projects;

/// <summary>
/// Looks back into journals: pages of events, and states of moments, which are folded from the nearest state that is known or kept. Runs beside
/// the projects' loops, a few questions at a time and on threads of their own, so that what happens now need not wait for what is long past.
/// </summary>
internal sealed class History(IJournal journal, ProjectOptions options, ILogger<History>? logger = null) : IDisposable
{
    /// <summary>Events that are folded on from a known state before the journal is asked for a nearer one, which costs the loading of a snapshot.</summary>
    private const int FoldRatherThanLoad = 20_000;

    /// <summary>How often a question is begun because old events are dropped while it is worked on.</summary>
    private const int TriesMax = 3;

    private readonly SemaphoreSlim _looking = new(options.LookingBackMax);

    private readonly PastStates _known = new(options.PastStatesMax, options.PastBytesMax);

    /// <summary>Projects whose past could not be read when somebody last asked.</summary>
    private readonly ConcurrentDictionary<string, bool> _unreadable = new(StringComparer.Ordinal);

    private readonly ILogger _logger = logger ?? NullLogger<History>.Instance;

    /// <param name="head">The last seq that the asker may see.</param>
    /// <exception cref="JournalUnavailableException">The journal cannot be read just now.</exception>
    public async Task<HistoryPage> PageAsync(string project, HistoryQuery query, long head, PageBounds bounds, CancellationToken cancelled)
    {
        var page = await LookAsync(
            project, there => OnOwnThreadAsync<HistoryPage?>(
                async () => await HistoryPage.ReadAsync(journal, project, query, there.Floor, head, bounds, cancelled)),
            cancelled);
        // Told as it is now: what was dropped during the reading is missing on the page.
        return page! with { Floor = (await journal.OpenAsync(project, cancelled)).Floor };
    }

    /// <summary>The state after the event of a seq; null where that is not, or no longer, in the journal.</summary>
    /// <exception cref="JournalUnavailableException">The journal cannot be read just now.</exception>
    public async Task<ProjectState?> AtSeqAsync(string project, ProjectState present, long seq, CancellationToken cancelled)
    {
        if (seq == present.Seq)
            return present;
        if (seq > present.Seq)
            return null;
        var now = await journal.OpenAsync(project, cancelled);
        if (seq >= now.Floor && _known.Find(project, now.Epoch, seq) is { } known && known.Seq == seq)
            return known;
        return await LookAsync(project, there => AtSeqAsync(project, there, seq, cancelled), cancelled);
    }

    /// <summary>The state after the last event that is not later than a time, the present for a time to come; null where that is no longer in the journal.</summary>
    /// <exception cref="JournalUnavailableException">The journal cannot be read just now.</exception>
    public async Task<ProjectState?> AtTimeAsync(string project, ProjectState present, long atMs, CancellationToken cancelled)
    {
        if (atMs >= present.AtMs)
            return present;
        return await LookAsync(
            project,
            async there =>
            {
                if (await OnOwnThreadAsync(() => SeqAtAsync(project, there.Floor, present.Seq - 1, atMs, cancelled)) is not { } seq)
                    return null;
                var past = await AtSeqAsync(project, there, seq, cancelled);
                return past is { Seq: > 0 } && past.AtMs > atMs ? null : past; // the first state there still is may be later than that
            },
            cancelled);
    }

    /// <summary>
    /// Looks when its turn has come. What is not found while old events were dropped is looked for again: it may be there, only not from where it
    /// was looked for.
    /// </summary>
    private async Task<T?> LookAsync<T>(string project, Func<JournalHead, Task<T?>> look, CancellationToken cancelled) where T : class
    {
        await _looking.WaitAsync(cancelled);
        try
        {
            for (var tries = 1; ; tries++)
            {
                var there = await journal.OpenAsync(project, cancelled);
                var (found, failure) = await TryLookAsync(look, there);
                if (found is null && (await journal.OpenAsync(project, cancelled)).Floor > there.Floor)
                {
                    if (tries < TriesMax)
                        continue;
                    failure ??= new($"Events of project {project} are dropped faster than they can be read.");
                }
                if (failure is not null)
                    ExceptionDispatchInfo.Throw(failure);
                _unreadable.TryRemove(project, out _);
                return found;
            }
        }
        catch (JournalUnavailableException failure)
        {
            if (_unreadable.TryAdd(project, true)) // a disk that stays unreadable is told once
                _logger.PastNotRead(project, failure);
            throw;
        }
        finally
        {
            _looking.Release();
        }
    }

    private static async Task<(T? Found, JournalUnavailableException? Failure)> TryLookAsync<T>(
        Func<JournalHead, Task<T?>> look, JournalHead there) where T : class
    {
        try
        {
            return (await look(there), null);
        }
        catch (JournalUnavailableException failure)
        {
            return (null, failure);
        }
    }

    private async Task<ProjectState?> AtSeqAsync(string project, JournalHead there, long seq, CancellationToken cancelled)
    {
        if (seq < there.Floor)
            return null;
        var start = _known.Find(project, there.Epoch, seq);
        if (start?.Seq < there.Floor)
            start = null; // the events behind it are no longer there
        if (start is null || seq - start.Seq > FoldRatherThanLoad)
        {
            var kept = await journal.LoadAsync(project, Moment.AfterSeq(seq), cancelled);
            if (start is null || kept?.Seq > start.Seq)
                start = kept;
        }
        var past = start is null || start.Seq == seq ? start : await OnOwnThreadAsync(() => FoldAsync(project, start, seq, cancelled));
        if (past is not null)
            _known.Add(project, there.Epoch, past);
        return past;
    }

    private async Task<ProjectState?> FoldAsync(string project, ProjectState start, long seq, CancellationToken cancelled)
    {
        var (builder, codec) = (new StateBuilder(start), new WireCodec(WireLimits.Trusted));
        await foreach (var entry in journal.ReadAsync(project, start.Seq + 1, cancelled))
        {
            if (entry.Seq != builder.Seq + 1)
                return null; // they were dropped meanwhile
            builder.Apply(Read(codec, project, entry));
            if (entry.Seq == seq)
                return builder.ToState();
        }
        return null;
    }

    /// <summary>The last seq from <paramref name="low"/> to <paramref name="high"/> that is not later than a time: events have the order of their times.</summary>
    private async Task<long?> SeqAtAsync(string project, long low, long high, long atMs, CancellationToken cancelled)
    {
        while (low < high)
        {
            var middle = low + (high - low + 1) / 2;
            if (await TimeOfAsync(project, middle, cancelled) is not { } time)
                return null;
            (low, high) = time <= atMs ? (middle, high) : (low, middle - 1);
        }
        return low;
    }

    private async Task<long?> TimeOfAsync(string project, long seq, CancellationToken cancelled)
    {
        await foreach (var entry in journal.ReadAsync(project, seq, cancelled))
            return entry.Seq == seq ? Read(new(WireLimits.Trusted), project, entry).AtMs : null;
        return null;
    }

    /// <summary>A journal may read without ever giving its thread back; the pool's are for what happens now.</summary>
    private static Task<T> OnOwnThreadAsync<T>(Func<Task<T>> read) =>
        Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    /// <summary>The event of a line. A line of a type that this version does not know is a fault: who passes over it is not what the project is.</summary>
    public static ProjectEvent Read(WireCodec codec, string project, JournalEntry entry) =>
        codec.TryDecodeEvent(entry.Json.Span) is { Changes.Length: > 0 } happened
            ? happened
            : throw new InvalidDataException($"Event {entry.Seq} of project {project} cannot be read.");

    public void Dispose() => _looking.Dispose();
}
