using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>
/// Whether one member was told every event once and in order, across all its connections. After a breach it goes on from what it heard, so that
/// one fault is told once.
/// </summary>
internal sealed class MemberCheck(int client, string project, Breaches breaches)
{
    private bool _awaitsSnapshot;
    private bool _hasState;
    private (long Seq, long Part, long Parts) _snapshot;

    /// <summary>Where the member stands; null before its first join is complete.</summary>
    public Position? Position { get; private set; }

    /// <summary>What to say at the next join; null before the first snapshot is complete.</summary>
    public Position? Since => _hasState ? Position : null;

    /// <summary>Whether a join is complete and the events come.</summary>
    public bool IsReady => _hasState && !_awaitsSnapshot;

    /// <summary>Events passed over by snapshots that answered a <c>since</c>: told, not lost.</summary>
    public long PassedOver { get; private set; }

    /// <summary>The greeting of a join that said where we stand, or said nothing where we stood nowhere.</summary>
    public void Joined(Position head, bool isRecovered)
    {
        if (Position is { } stood && stood.Epoch != head.Epoch)
            Tell("resume", head.Seq, $"the journal is another one now, epoch {head.Epoch}; {stood.Epoch} was at {stood.Seq}.");
        else if (Position is { } mine && head.Seq < mine.Seq)
            Tell("resume", head.Seq, $"the server stands at {head.Seq}, and had told {mine.Seq}.");
        if (isRecovered && !_hasState)
            Tell("resume", head.Seq, "recovered, though nothing was there to recover.");
        (_awaitsSnapshot, _snapshot) = (!isRecovered, default);
        Position = Position is { } kept && isRecovered ? kept with { Epoch = head.Epoch } : new(head.Epoch, Position is { } old && old.Epoch == head.Epoch ? old.Seq : 0);
    }

    /// <summary>A part of a snapshot came. True where it was the last.</summary>
    public bool HeardPart(long seq, long part, long parts)
    {
        var (stood, before, all) = _snapshot;
        if (part != before + 1 || part > parts || (before > 0 && (seq, parts) != (stood, all)))
            Tell("protocol", seq, $"part {part} of {parts} of a snapshot came after {(before == 0 ? "none" : $"{before} of {all} of that of {stood}")}.");
        var isLast = part >= parts;
        _snapshot = isLast ? default : (seq, part, parts);
        return isLast;
    }

    /// <summary>A snapshot is complete.</summary>
    public void Restored(long seq)
    {
        if (Position is not { } stood || !_awaitsSnapshot)
        {
            Tell("protocol", seq, "a snapshot nobody asked for.");
            return;
        }
        _awaitsSnapshot = false;
        if (seq < stood.Seq)
            Tell("resume", seq, $"the snapshot is older than {stood.Seq}, where the member stood.");
        else if (_hasState)
            PassedOver += seq - stood.Seq;
        (Position, _hasState) = (stood with { Seq = seq }, true);
    }

    /// <summary>An event came. True where it was the next one.</summary>
    public bool Heard(long seq)
    {
        if (Position is not { } stood || _awaitsSnapshot)
        {
            Tell("protocol", seq, "an event before the snapshot.");
            return false;
        }
        var isNext = seq == stood.Seq + 1;
        if (!isNext && seq == stood.Seq)
            Tell("duplicated", seq, "told twice.");
        else if (!isNext && seq < stood.Seq)
            Tell("order", seq, $"told after {stood.Seq}.");
        else if (!isNext)
            Tell("lost", stood.Seq + 1, seq == stood.Seq + 2 ? $"never told; {seq} came." : $"never told, nor all up to {seq - 1}; {seq} came.");
        if (seq > stood.Seq)
            Position = stood with { Seq = seq };
        return isNext;
    }

    /// <summary>The run is over, and the project's journal ends at <paramref name="head"/>.</summary>
    public void End(Position head)
    {
        if (Position is not { } stood)
            Tell("lost", 0, "never got into the project.");
        else if (stood.Epoch != head.Epoch)
            Tell("resume", stood.Seq, $"stands in epoch {stood.Epoch}, the project in {head.Epoch}.");
        else if (stood.Seq < head.Seq)
            Tell("lost", stood.Seq + 1, $"never told, nor what follows; the project ends at {head.Seq}.");
        else if (stood.Seq > head.Seq)
            Tell("acknowledged", stood.Seq, $"told, and the project ends at {head.Seq}.");
    }

    private void Tell(string promise, long seq, string detail) => breaches.Add(new(promise, client, project, seq, detail));
}
