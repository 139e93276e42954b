using System.Collections.Immutable;
using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.State;

/// <summary>A decided fact: who changed what, at which position of the project's journal.</summary>
/// <param name="Seq">Position in the journal: 1, 2, 3, … without gaps.</param>
/// <param name="AtMs">When it was decided, in milliseconds since 1970-01-01 UTC; never less than the event before.</param>
/// <param name="By">The author's name.</param>
/// <param name="Session">The author's public session id.</param>
/// <param name="N">The session's own number of the command.</param>
/// <param name="IsBatch">Whether the changes were asked for as one batch (a batch may hold one).</param>
/// <param name="Changes">What changed; exactly one unless it is a batch; none where a client does not know the event's type.</param>
public sealed record ProjectEvent(
    long Seq, long AtMs, string By, string Session, long N, bool IsBatch, ImmutableArray<Change> Changes);

/// <summary>What an event says besides its changes; see <see cref="ProjectEvent"/>.</summary>
internal readonly record struct EventHead(long Seq, long AtMs, string By, string Session, long N);

/// <summary>What an event does to one entity.</summary>
public abstract record Change(string Entity)
{
    public sealed record Created(string Entity, string Kind, long Version, JsonFields Data) : Change(Entity);

    /// <summary>A JSON Merge Patch over the entity's data.</summary>
    public sealed record Patched(string Entity, long Version, JsonFields Patch) : Change(Entity);

    /// <summary>Counters moved; the version stays.</summary>
    public sealed record Incremented(string Entity, long Version, ImmutableArray<FieldDelta> Deltas) : Change(Entity);

    /// <summary>A shared text was edited; the version stays.</summary>
    /// <param name="Delta">As it fits the text at this place of the journal. May have come to nothing.</param>
    /// <param name="Length">Units of the text afterwards, by which a replica sees whether it has the same text.</param>
    public sealed record Edited(string Entity, long Version, string Field, Delta Delta, int Length) : Change(Entity);

    public sealed record Deleted(string Entity) : Change(Entity);
}
