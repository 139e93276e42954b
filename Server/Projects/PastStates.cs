using EventOnly.Protocol.State;

namespace EventOnly.Server.Projects;

/// <summary>
/// The past states that were asked for of late, so that who moves through time step by step is not answered from the nearest snapshot each
/// time. Bounded by count and bytes; what was longest not asked for goes first. May be used from any thread.
/// </summary>
internal sealed class PastStates(int countMax, long bytesMax)
{
    /// <summary>What an entity costs beside its data, about.</summary>
    private const int EntityBytesMore = 200;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Project, ProjectState State)> _byUse = []; // the newest use first
    private long _bytes;

    /// <summary>The nearest state known at or before a seq.</summary>
    public ProjectState? Find(string project, long seq)
    {
        lock (_gate)
        {
            LinkedListNode<(string Project, ProjectState State)>? nearest = null;
            for (var node = _byUse.First; node is not null; node = node.Next)
            {
                if (node.Value.Project == project && node.Value.State.Seq <= seq && !(nearest?.Value.State.Seq >= node.Value.State.Seq))
                    nearest = node;
            }
            if (nearest is null)
                return null;
            _byUse.Remove(nearest);
            _byUse.AddFirst(nearest);
            return nearest.Value.State;
        }
    }

    public void Add(string project, ProjectState state)
    {
        lock (_gate)
        {
            foreach (var (other, known) in _byUse)
            {
                if (other == project && known.Seq == state.Seq)
                    return;
            }
            _byUse.AddFirst((project, state));
            _bytes += BytesOf(state);
            while (_byUse.Last is { } last && (_byUse.Count > countMax || _bytes > bytesMax))
            {
                _bytes -= BytesOf(last.Value.State);
                _byUse.RemoveLast();
            }
        }
    }

    private static long BytesOf(ProjectState state) => state.DataBytes + state.Entities.Count * EntityBytesMore;
}
