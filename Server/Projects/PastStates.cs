using EventOnly.Protocol.State;

namespace EventOnly.Server.Projects;

/// <summary>
/// The past states that were asked for of late, so that who moves through time step by step is not answered from the nearest snapshot each
/// time. Bounded by count and bytes; what was longest not asked for goes first. May be used from any thread.
/// </summary>
internal sealed class PastStates(int countMax, long bytesMax)
{
    // What there is beside the data, about. What states share is counted for each of them.
    private const int EntityBytesMore = 300, FieldBytesMore = 120, SessionBytes = 200;

    private readonly Lock _gate = new();
    private readonly LinkedList<Known> _byUse = []; // the newest use first
    private long _bytes;

    /// <param name="Epoch">A project may be given another journal while it is closed.</param>
    private sealed record Known(string Project, string Epoch, ProjectState State, long Bytes)
    {
        public bool IsOf(string project, string epoch) => Project == project && Epoch == epoch;
    }

    /// <summary>The nearest state known at or before a seq.</summary>
    public ProjectState? Find(string project, string epoch, long seq)
    {
        lock (_gate)
        {
            LinkedListNode<Known>? nearest = null;
            for (var node = _byUse.First; node is not null; node = node.Next)
            {
                if (node.Value.IsOf(project, epoch) && node.Value.State.Seq <= seq && !(nearest?.Value.State.Seq >= node.Value.State.Seq))
                    nearest = node;
            }
            if (nearest is null)
                return null;
            _byUse.Remove(nearest);
            _byUse.AddFirst(nearest);
            return nearest.Value.State;
        }
    }

    public void Add(string project, string epoch, ProjectState state)
    {
        var added = new Known(project, epoch, state, BytesOf(state));
        if (added.Bytes > bytesMax)
            return; // all others would have to go, and it after them
        lock (_gate)
        {
            foreach (var known in _byUse)
            {
                if (known.IsOf(project, epoch) && known.State.Seq == state.Seq)
                    return;
            }
            _byUse.AddFirst(added);
            _bytes += added.Bytes;
            while (_byUse.Last is { } last && (_byUse.Count > countMax || _bytes > bytesMax))
            {
                _bytes -= last.Value.Bytes;
                _byUse.RemoveLast();
            }
        }
    }

    private static long BytesOf(ProjectState state)
    {
        var fields = 0L;
        foreach (var (_, entity) in state.Entities)
            fields += entity.Data.Count;
        return state.DataBytes + state.Entities.Count * EntityBytesMore + fields * FieldBytesMore + (long)state.Sessions.Count * SessionBytes;
    }
}
