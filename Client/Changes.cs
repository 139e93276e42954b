using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Why a view is another one.</summary>
public enum ChangeOrigin
{
    /// <summary>A command of ours was taken.</summary>
    Local,

    /// <summary>An event came.</summary>
    Remote,

    /// <summary>A command of ours was refused or taken back.</summary>
    Rollback,

    /// <summary>A snapshot took the place of what there was.</summary>
    Snapshot,
}

/// <summary>Entities whose view may have changed: what an event does that is hidden by commands of ours is none.</summary>
/// <param name="By">The author; null where it was not one event.</param>
/// <param name="Seq">The position after it.</param>
public sealed record StoreChange(ImmutableArray<string> Ids, ChangeOrigin Origin, string? By, long Seq);

/// <summary>Somebody else wrote to a field that we have written to just now, or are editing. Both writes stand: the view shows what came last.</summary>
/// <param name="Mine">What we saw there before; null where there was nothing.</param>
/// <param name="Theirs">What they wrote; null where they removed it.</param>
/// <param name="By">Their name.</param>
public sealed record FieldConflict(string Id, string Field, CanonicalValue? Mine, CanonicalValue? Theirs, string By);

/// <summary>A command of ours was refused.</summary>
/// <param name="Error">What who waits for it gets as well.</param>
/// <param name="Reverted">The entities that look otherwise now that it has left the view.</param>
public sealed record Rejection(Command Command, RejectedException Error, ImmutableArray<string> Reverted);
