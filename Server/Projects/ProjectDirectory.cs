using System.Collections.Concurrent;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Projects;

/// <summary>Finds the loop of a project by id; opens it on the first call and again after a fault. Owns every loop until the server stops.</summary>
internal sealed class ProjectDirectory(IJournal journal, ProjectOptions options, TimeProvider time, ILogger<ProjectDirectory> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<OpenProject>> _open = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    private sealed record OpenProject(Task<ProjectLoop> Loop, Task Running);

    /// <summary>The loop of a project; null where as many are open as may be.</summary>
    public async ValueTask<ProjectLoop?> FindAsync(string id)
    {
        if (!_open.TryGetValue(id, out var found))
        {
            if (_open.Count >= options.OpenMax)
                return null;
            // Lazy: of two that ask at once, one opens.
            found = _open.GetOrAdd(id, PlaceFor);
        }
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
        foreach (var open in _open.Values)
            await open.Value.Running;
        _stopping.Dispose();
    }

    private Lazy<OpenProject> PlaceFor(string id)
    {
        Lazy<OpenProject> place = null!;
        return place = new(() =>
        {
            var loop = ProjectLoop.OpenAsync(id, journal, options, time, logger, _stopping.Token);
            return new(loop, RunAsync(id, loop, place));
        });
    }

    /// <param name="place">What to forget in the end: another may have taken the project's place by then.</param>
    private async Task RunAsync(string id, Task<ProjectLoop> opening, Lazy<OpenProject> place)
    {
        try
        {
            await (await opening).RunAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.ProjectNotOpened(id, fault);
        }
        Forget(id, place);
    }

    private void Forget(string id, Lazy<OpenProject> ended) =>
        ((ICollection<KeyValuePair<string, Lazy<OpenProject>>>)_open).Remove(new(id, ended));
}
