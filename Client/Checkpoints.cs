using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>Where a replica stands, for those who look back from there.</summary>
internal readonly record struct Stand(long Seq, long Floor, string? Epoch);

/// <summary>
/// Moments of a project's past: the state every 500 events is asked for once and kept, with the events after it, so that moving about costs no question
/// and at most 500 folds a step. May be used from any thread.
/// </summary>
/// <param name="stand">Where the replica stands now.</param>
/// <param name="stateAt">Asks for the state after an event.</param>
/// <param name="eventsOf">Asks for events, both ends inclusive; without those that are no longer kept, or not yet there.</param>
internal sealed class Checkpoints(
    Func<Stand> stand, Func<long, CancellationToken, Task<ProjectState>> stateAt, Func<long, long, CancellationToken, Task<ImmutableArray<ProjectEvent>>> eventsOf)
{
    private const int Step = 500;

    /// <summary>So many checkpoints are kept, those looked at last.</summary>
    private const int Kept = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<Block> _blocks = []; // the one looked at last at the end
    private string? _epoch;

    /// <summary>The state at <paramref name="Base"/>, and the events from there on, up to the next block.</summary>
    private sealed record Block(long Base, Task<ProjectState> State)
    {
        public Task<ImmutableArray<ProjectEvent>> Events { get; set; } = Task.FromResult(ImmutableArray<ProjectEvent>.Empty);
    }

    /// <summary>The state after an event that the replica knows of, and the time of that event; null where it must be asked for itself.</summary>
    public async Task<(ProjectState State, long? AtMs)?> FindAsync(long seq, CancellationToken ct)
    {
        var (head, floor, epoch) = stand();
        var from = Math.Max(seq - seq % Step, floor);
        if (seq <= 0 || seq > head || from > seq)
            return null;
        var block = Look(from, epoch);
        try
        {
            var state = await block.State.WaitAsync(ct).ConfigureAwait(false);
            var events = await Read(block, seq).WaitAsync(ct).ConfigureAwait(false);
            var until = events.FirstOrDefault(happened => happened.Seq == seq);
            if (until is null && seq > from)
                return null; // they are no longer kept
            return (events.Where(happened => happened.Seq > from && happened.Seq <= seq).Aggregate(state, Fold.Apply), until?.AtMs);
        }
        catch (Exception) when (block.State.IsFaulted || block.Events.IsFaulted)
        {
            lock (_gate)
                _blocks.Remove(block); // the next one asks again
            throw;
        }
    }

    private Block Look(long from, string? epoch)
    {
        lock (_gate)
        {
            if (_epoch != epoch)
                _blocks.Clear();
            _epoch = epoch;
            var block = _blocks.FirstOrDefault(each => each.Base == from);
            if (block is not null)
                _blocks.Remove(block);
            // Without the caller's token: whoever comes next may want the same.
            block ??= new(from, from == 0 ? Task.FromResult(ProjectState.Empty) : stateAt(from, CancellationToken.None));
            _blocks.AddLast(block);
            if (_blocks.Count > Kept)
                _blocks.RemoveFirst();
            return block;
        }
    }

    /// <summary>Sees to it that the events up to one are at hand; all that there are of its block come at once.</summary>
    private Task<ImmutableArray<ProjectEvent>> Read(Block block, long seq)
    {
        lock (_gate)
        {
            if (!block.Events.IsCompleted)
                return block.Events = MoreAsync(block.Events, block.Base, seq);
            return block.Events.IsCompletedSuccessfully && Reach(block.Events, block.Base, seq)
                ? block.Events
                : block.Events = MoreAsync(block.Events, block.Base, seq);
        }
    }

    private static bool Reach(Task<ImmutableArray<ProjectEvent>> events, long from, long seq) => seq < Next(events.GetAwaiter().GetResult(), from);

    private static long Next(ImmutableArray<ProjectEvent> events, long from) => events.IsEmpty ? Math.Max(from, 1) : events[^1].Seq + 1;

    private async Task<ImmutableArray<ProjectEvent>> MoreAsync(Task<ImmutableArray<ProjectEvent>> before, long from, long seq)
    {
        var events = await before.ConfigureAwait(false);
        var next = Next(events, from);
        return seq < next ? events : events.AddRange(await eventsOf(next, from - from % Step + Step - 1, CancellationToken.None).ConfigureAwait(false));
    }
}
