using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>
/// Looks at lines whose checksums are good: is each the event that belongs at its place? Where that is wanted it reads and folds them, and compares what
/// they come to with the states that were kept.
/// </summary>
/// <param name="snapshots">Those to compare with.</param>
internal sealed class EventCheck(string project, bool folds, IEnumerable<SnapshotHeader> snapshots)
{
    private readonly byte[] _project = Encoding.UTF8.GetBytes(project);
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Dictionary<long, SnapshotHeader> _snapshots = snapshots.ToDictionary(snapshot => snapshot.Seq);

    /// <summary>The fold so far; null where it is not wanted, or nothing is there to begin from.</summary>
    public ProjectState? State { get; private set; } = folds ? ProjectState.Empty : null;

    /// <summary>What the events come to where a snapshot holds another state, by seq.</summary>
    public Dictionary<long, string> Contradictions { get; } = [];

    /// <summary>Folds from a kept state on, for the events do not go back to the first; null gives up folding.</summary>
    public void BeginFrom(ProjectState? kept) => State = folds ? kept : null;

    /// <summary>What is wrong with an event; null where nothing is.</summary>
    public string? Refuse(ReadOnlySpan<byte> line, long seq)
    {
        if (EventShape.Refuse(line, _project, seq) is { } wrong)
            return wrong;
        if (!folds)
            return null;
        if (_codec.TryDecodeEvent(line) is not { } happened)
            return "its checksum is right, but it cannot be read as an event";
        if (State is not null && seq > State.Seq)
        {
            State = Fold.Apply(State, happened);
            if (_snapshots.TryGetValue(seq, out var snapshot))
                Compare(State, snapshot);
        }
        return null;
    }

    private void Compare(ProjectState state, SnapshotHeader snapshot)
    {
        if ((state.Hash, state.Entities.Count, state.Sessions.Count) != (snapshot.Hash, snapshot.Entities, snapshot.Sessions))
            Contradictions[snapshot.Seq] = $"it holds another state than its events come to: hash {snapshot.Hash}, {snapshot.Entities} entities, {snapshot.Sessions} sessions; theirs are {state.Hash}, {state.Entities.Count}, {state.Sessions.Count}";
    }
}
