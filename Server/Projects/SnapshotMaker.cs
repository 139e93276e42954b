using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Projects;

/// <summary>
/// Makes a project's large snapshots beside its loop, one after the other: a state never changes, so who joins waits for its encoding and nobody else does.
/// </summary>
internal sealed class SnapshotMaker(string project, ServerMetrics metrics, ILogger logger)
{
    private Task _making = Task.CompletedTask; // never fails

    /// <summary>The loop's, after each turn: begins what is due and does not wait for it.</summary>
    public void Look(List<EncodedSnapshot> unmade)
    {
        foreach (var snapshot in unmade)
            _making = MakeAsync(_making, snapshot);
        unmade.Clear();
    }

    /// <summary>The loop's, after each turn: those that were too small to be worth the way.</summary>
    public void Count((int Plain, int Compressed) made)
    {
        if (made.Plain > 0)
            metrics.SnapshotsEncoded(made.Plain, compressed: false);
        if (made.Compressed > 0)
            metrics.SnapshotsEncoded(made.Compressed, compressed: true);
    }

    /// <summary>The loop's, when it has ended: waits for what is under way.</summary>
    public Task EndAsync() => _making;

    private async Task MakeAsync(Task before, EncodedSnapshot snapshot)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await Task.Run(snapshot.MakeAsync);
            logger.SnapshotEncoded(project, snapshot.State.Seq, snapshot.Frames!.Length);
            metrics.SnapshotsEncoded(1, snapshot.IsCompressed);
        }
        catch (Exception fault)
        {
            snapshot.Fail(); // those who wait for it would wait for ever
            if (fault is OutOfMemoryException)
                throw;
            logger.ProjectFaulted(project, fault);
        }
    }
}
