using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>One client's place in its project, over all its connections: whether it is in, where it stands, and what it folded.</summary>
/// <param name="folds">Whether it folds the events to a state.</param>
internal sealed class Membership(int index, ProjectRecord record, LoadSite site, bool folds)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Entity> _entities = [];
    private StateBuilder? _state;
    private volatile bool _isReady;
    private long _joinedSeq;
    private bool _hasJoined;

    public MemberCheck Check { get; } = new(index, record.Id, site.Breaches);

    /// <summary>Completes when it is in for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Where it stands, or null while it is not in.</summary>
    public Position? Position => _isReady ? Check.Position : null;

    /// <summary>What to say at the next join.</summary>
    public Position? Since => Check.Since;

    /// <summary>What it folded; not while it hears events.</summary>
    public ProjectState? State => _state?.ToState();

    public bool Folds => folds;

    /// <summary>A project is this run's own: it has no more events than commands were sent. What is beyond must not take memory.</summary>
    public bool IsPossible(long seq, long first)
    {
        var max = site.Tally.Sent + site.Tally.Retried;
        if (seq >= first && seq <= max)
            return true;
        Tell(seq, $"no such seq can be: {max} commands were sent.");
        return false;
    }

    /// <summary>Whether an event happened before the join, so that it was told to catch up.</summary>
    public bool IsCaughtUp(long seq) => seq <= _joinedSeq;

    public void Joined(Position head, bool isRecovered)
    {
        IsPossible(head.Seq, 0);
        Check.Joined(head, isRecovered);
        _joinedSeq = _hasJoined ? head.Seq : 0;
        _entities.Clear();
    }

    /// <summary>A part of a snapshot that nobody folds. True where it was the last.</summary>
    public bool HeardPart(long seq, long part, long parts)
    {
        if (!Check.HeardPart(seq, part, parts))
            return false;
        Restored(seq);
        return true;
    }

    /// <summary>A part of a snapshot that is folded on. True where it was the last.</summary>
    public bool HeardPart(ServerMessage.Snapshot part)
    {
        _entities.AddRange(part.Entities);
        if (!Check.HeardPart(part.Seq, part.Part, part.Parts))
            return false;
        var state = ProjectState.FromSnapshot(part.Seq, _entities);
        _entities.Clear();
        if (part.Hash != state.Hash)
            site.Breaches.Add(new("hash", index, record.Id, part.Seq, $"the snapshot says {part.Hash}, its entities make {state.Hash}."));
        _state = new(state);
        Restored(part.Seq);
        return true;
    }

    /// <summary>It has all there is to have at a join: what comes now is news.</summary>
    public void Arrived(bool isRecovered)
    {
        site.Tally.CountJoined(!_hasJoined, isRecovered);
        (_isReady, _hasJoined) = (true, true);
        _ready.TrySetResult();
    }

    /// <summary>The next event of the state that it folds.</summary>
    public void Apply(ProjectEvent happened) => _state?.Apply(happened);

    /// <summary>What the server's state hashes to, which is to be that of what was folded.</summary>
    public void HeardState(ServerMessage.State told)
    {
        if (_state is { } state && state.Seq == told.Seq && state.Hash != told.Hash)
            site.Breaches.Add(new("hash", index, record.Id, told.Seq, $"the state says {told.Hash}, what was folded makes {state.Hash}."));
    }

    /// <summary>Its line is gone.</summary>
    public void Left()
    {
        if (_isReady)
            site.Tally.CountLeft();
        _isReady = false;
    }

    /// <summary>The server said what it should not.</summary>
    public void Tell(long seq, string detail) => site.Breaches.Add(new("protocol", index, record.Id, seq, detail));

    private void Restored(long seq)
    {
        IsPossible(seq, 0);
        Check.Restored(seq);
        Arrived(isRecovered: false);
    }
}
