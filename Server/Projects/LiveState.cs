using System.Runtime.InteropServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>
/// The state of one project while it changes, for its one writer: what is decided, with all of it at hand, and behind that what is recorded. A state that
/// others may hold is made of what is recorded when somebody asks, or when much has come together: not for each event.
/// <code>
///   Decided: begin + recorded + under way   --Return--> begin + recorded
///   Recorded: begin + recorded, made when asked; from then on it is the begin
/// </code>
/// </summary>
/// <param name="limits">What texts keep of their past, among others.</param>
internal sealed class LiveState(ProjectState begin, StateLimits? limits = null)
{
    /// <summary>Entities that differ from the last state made, at least and at most, before the next is made unasked: few cost more each, many stop the project longer.</summary>
    private const int TouchedMin = 1024, TouchedMax = 4 * 1024;

    private readonly StateBuilder _recorded = new(begin) { Limits = limits };
    private readonly List<EntityStep> _underWay = [];
    private ProjectState _made = begin;
    private StateBuilder? _decided;

    /// <summary>The seq of the last event that is recorded.</summary>
    public long Seq => _recorded.Seq;

    public long AtMs => _recorded.AtMs;

    /// <summary>Of what is recorded.</summary>
    public StateHash Hash => _recorded.Hash;

    public long DataBytes => _recorded.DataBytes;

    /// <summary>Memory of the edits that texts keep, about.</summary>
    public long WindowBytes => _recorded.WindowBytes;

    public int EntityCount => _recorded.EntityCount;

    /// <summary>Sessions that are remembered, those of what is under way among them.</summary>
    public int SessionCount => _decided?.TouchedSessionCount ?? _made.Sessions.Count;

    /// <summary>Entities that differ from the last state made.</summary>
    public int Waiting => _recorded.TouchedCount;

    /// <summary>Changes of entities that are decided and not recorded.</summary>
    public int StepCount => _underWay.Count;

    /// <summary>What is recorded, for whoever reads it. It never changes.</summary>
    public ProjectState Recorded
    {
        get
        {
            if (_made.Seq != _recorded.Seq)
            {
                _made = _recorded.ToState();
                _recorded.Restart(_made, TouchedBound);
            }
            return _made;
        }
    }

    /// <summary>What is decided, to decide further on. Made at the first command after a rest.</summary>
    public StateBuilder Decided
    {
        get
        {
            if (_decided is null)
            {
                _decided = StateBuilder.WholeOf(Recorded);
                (_decided.Steps, _decided.Limits) = (_underWay, limits);
            }
            return _decided;
        }
    }

    private int TouchedBound => Math.Clamp(EntityCount / 16, TouchedMin, TouchedMax);

    /// <summary>The oldest that is under way has been recorded.</summary>
    /// <param name="steps">How many changes of entities it is.</param>
    public void Record(int steps, ReadOnlySpan<EventHead> events)
    {
        foreach (ref readonly var step in CollectionsMarshal.AsSpan(_underWay)[..steps])
            _recorded.Put(step.Id, step.Old, step.Now);
        _underWay.RemoveRange(0, steps);
        foreach (ref readonly var happened in events)
            _recorded.Settle(happened.Seq, happened.AtMs, happened.Session, happened.N);
        if (_recorded.TouchedCount > TouchedBound)
            _ = Recorded;
    }

    /// <summary>What is under way will not be recorded.</summary>
    public void Return()
    {
        if (_decided is null || (_decided.Seq == Seq && _underWay.Count == 0))
            return;
        _decided.Steps = null;
        _decided.Return(CollectionsMarshal.AsSpan(_underWay), Recorded);
        _underWay.Clear();
        _decided.Steps = _underWay;
    }

    /// <summary>Takes what another writer recorded, or this one in an earlier life. Nothing may be under way.</summary>
    public void Apply(ProjectEvent happened)
    {
        _recorded.Apply(happened);
        _decided?.Apply(happened);
        _underWay.Clear();
    }

    /// <summary>Lets go of what only deciding needs, where nothing is under way.</summary>
    public void Tidy()
    {
        _ = Recorded;
        if (_underWay.Count > 0 || (_decided is not null && _decided.Seq != Seq))
            return;
        _decided = null;
        _underWay.Capacity = 0;
        _recorded.Restart(_made, 0);
    }
}
