using System.Collections.Concurrent;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>
/// Finds the loop of a project by id; opens it on the first call and again after a fault; closes it when nobody has been in for a while. Owns every
/// loop until the server stops.
/// </summary>
internal sealed class ProjectDirectory : IAsyncDisposable
{
    /// <summary>How long stopping waits for states to be kept: without them the next opening folds more, which is all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>How often memory is looked at, at least.</summary>
    private static readonly TimeSpan s_sweepPeriod = TimeSpan.FromSeconds(5);

    private readonly IJournal _journal;
    private readonly ProjectOptions _options;
    private readonly JournalOptions _keeping;
    private readonly TimeProvider _time;
    private readonly ILogger<ProjectDirectory> _logger;
    private readonly ServerMetrics _metrics;
    private readonly ConcurrentDictionary<string, Lazy<OpenProject>> _open = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _patience;
    private readonly Task _sweeping;

    /// <summary>What all its projects may hold.</summary>
    public ProjectOptions Options => _options;

    public ProjectDirectory(IJournal journal, ProjectOptions options, JournalOptions keeping, TimeProvider time, ILogger<ProjectDirectory> logger, ServerMetrics? metrics = null)
    {
        (_journal, _options, _keeping, _time, _logger, _metrics) = (journal, options, keeping, time, logger, metrics ?? ServerMetrics.Unwatched);
        _patience = new(Timeout.InfiniteTimeSpan, time);
        _sweeping = SweepAsync();
    }

    private sealed record OpenProject(Task<ProjectLoop> Loop, Task Running);

    /// <summary>Projects that are open, or about to be, or not yet closed.</summary>
    public int OpenCount => _open.Count;

    /// <summary>How all that are open stand now. May be asked from any thread.</summary>
    public Census Count()
    {
        var census = default(Census);
        foreach (var (loop, _) in Loops())
            loop.AddTo(ref census);
        return census;
    }

    /// <summary>The loop of a project; null where as many are open as may be, and somebody is in each of them.</summary>
    public async ValueTask<ProjectLoop?> FindAsync(string id)
    {
        while (true)
        {
            if (!_open.TryGetValue(id, out var found))
            {
                if (OpenCount >= _options.OpenMax)
                {
                    if (!await TryMakeRoomAsync())
                        return null;
                    continue;
                }
                // Lazy: of two that ask at once, one opens.
                found = _open.GetOrAdd(id, PlaceFor);
            }
            var loop = await LoopOfAsync(id, found);
            if (!loop.HasRetired)
                return loop;
            await found.Value.Running; // it must have let go of the journal before it is opened anew
        }
    }

    private async ValueTask<ProjectLoop> LoopOfAsync(string id, Lazy<OpenProject> found)
    {
        try
        {
            return await found.Value.Loop;
        }
        catch
        {
            Forget(id, found); // the next one that asks tries again
            throw;
        }
    }

    /// <summary>Ends all loops, after what they have begun.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _patience.CancelAfter(s_patience);
        await _sweeping;
        foreach (var open in _open.Values)
            await open.Value.Running;
        _stopping.Dispose();
        _patience.Dispose();
    }

    private Lazy<OpenProject> PlaceFor(string id)
    {
        Lazy<OpenProject> place = null!;
        return place = new(() =>
        {
            var loop = ProjectLoop.OpenAsync(id, _journal, _options, _keeping, _time, _logger, _metrics, _stopping.Token, _patience.Token);
            return new(loop, RunAsync(id, loop, place));
        });
    }

    /// <param name="place">What to forget in the end: another may have taken the project's place by then.</param>
    private async Task RunAsync(string id, Task<ProjectLoop> opening, Lazy<OpenProject> place)
    {
        try
        {
            var loop = await opening;
            await loop.RunAsync(_stopping.Token);
            if (loop.HasRetired)
                await _journal.CloseAsync(id);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _logger.ProjectNotOpened(id, fault);
        }
        Forget(id, place);
    }

    /// <summary>One clock for all projects: every now and then those are closed that have been idle for long enough, or where memory runs short.</summary>
    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(_options.IdleAfter / 2 < s_sweepPeriod ? _options.IdleAfter / 2 : s_sweepPeriod, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var bytes = 0L;
                foreach (var (loop, _) in Loops())
                {
                    loop.Sweep(_options.IdleAfter);
                    if (!(loop.IdleSince is { } since && _time.GetElapsedTime(since) >= _options.IdleAfter && loop.TryRetire()))
                        bytes += loop.Bytes;
                }
                if (bytes > _options.OpenBytesMax)
                    RetireIdle(bytes - _options.OpenBytesMax);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Closes those that have been idle for longest, until so many bytes are given back or nobody is idle.</summary>
    private void RetireIdle(long bytes)
    {
        foreach (var (loop, _) in Loops().Where(open => open.Loop.IdleSince is not null).OrderBy(open => open.Loop.IdleSince))
        {
            if (bytes <= 0)
                return;
            if (loop.TryRetire())
                bytes -= loop.Bytes;
        }
    }

    /// <summary>Closes the project that has been idle for longest. False where none is idle.</summary>
    private async Task<bool> TryMakeRoomAsync()
    {
        while (true)
        {
            (ProjectLoop Loop, Task Running)? longest = null;
            var longestSince = long.MaxValue;
            foreach (var open in Loops())
            {
                if (open.Loop.HasRetired)
                {
                    await open.Running;
                    return true;
                }
                if (open.Loop.IdleSince is { } since && since < longestSince)
                    (longest, longestSince) = (open, since);
            }
            if (longest is not { } found)
                return false;
            if (!found.Loop.TryRetire())
                continue; // somebody came in just now
            await found.Running;
            return true;
        }
    }

    /// <summary>Those that are open by now.</summary>
    private IEnumerable<(ProjectLoop Loop, Task Running)> Loops()
    {
        foreach (var (_, place) in _open)
        {
            if (place.IsValueCreated && place.Value is { Loop.IsCompletedSuccessfully: true } open)
                yield return (open.Loop.GetAwaiter().GetResult(), open.Running);
        }
    }

    private void Forget(string id, Lazy<OpenProject> ended) =>
        ((ICollection<KeyValuePair<string, Lazy<OpenProject>>>)_open).Remove(new(id, ended));
}
