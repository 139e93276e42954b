using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// What the shell has to do after a message, in this order. The state has moved completely before the first of them, so whoever hears of one
/// of these sees all of them.
/// </summary>
internal abstract record ReplicaEffect
{
    private ReplicaEffect() { }

    /// <summary>A command of ours took effect.</summary>
    public sealed record Settled(PendingCommand Command, Ack Ack) : ReplicaEffect;

    /// <summary>A command of ours, or one it depends on, was refused for good.</summary>
    /// <param name="RetryAfterMs">How long to wait before asking for the same again, where the server said so.</param>
    /// <param name="Reverted">The entities it touches that look otherwise without it.</param>
    public sealed record Failed(PendingCommand Command, Refusal Refusal, int? RetryAfterMs, ImmutableArray<string> Reverted) : ReplicaEffect;

    /// <summary>A command of ours was taken back before it was sent.</summary>
    public sealed record Withdrawn(PendingCommand Command) : ReplicaEffect;

    /// <summary>The view is another one.</summary>
    public sealed record Changed(StoreChange Change) : ReplicaEffect;

    /// <summary>A text reads differently, by this much.</summary>
    /// <param name="Delta">What it was becomes what it is by it.</param>
    /// <param name="Before">What it was.</param>
    /// <param name="Event">The event that did it; null where it was none.</param>
    public sealed record Edited(string Id, string Field, Delta Delta, TextBuffer Before, ChangeOrigin Origin, ProjectEvent? Event = null) : ReplicaEffect;

    /// <summary>An edit of a text took its place in the journal, whoever made it, as the confirmed text sees it.</summary>
    public sealed record EditConfirmed(string Id, string Field, Delta Delta, ProjectEvent Event, bool Own) : ReplicaEffect;

    /// <summary>Edits of ours will not be: here is what they were for.</summary>
    /// <param name="Code">The word of the refusal's code, or of the close code where the client ended first.</param>
    /// <param name="Delta">All of them as one.</param>
    /// <param name="Text">The whole text as it was seen with it.</param>
    public sealed record EditRefused(string Id, string Field, string Code, Delta Delta, string Text) : ReplicaEffect;

    /// <summary>A text is no more, or another one has taken its place.</summary>
    /// <param name="Text">What it said at last.</param>
    public sealed record TextEnded(string Id, string Field, TextBuffer Text) : ReplicaEffect;

    /// <summary>Somebody else wrote to a field of ours.</summary>
    public sealed record Conflicted(FieldConflict Conflict) : ReplicaEffect;

    /// <summary>An event was folded into the confirmed state.</summary>
    public sealed record Happened(ProjectEvent Event, bool Own) : ReplicaEffect;

    /// <summary>The confirmed state was replaced.</summary>
    /// <param name="MissedFrom">The first event that was not seen one by one; null at the first snapshot of a replica.</param>
    public sealed record Replaced(long Seq, long? MissedFrom) : ReplicaEffect;

    /// <summary>The replica is in step again. With a resume, <paramref name="Missed"/> events are about to come; else a snapshot has brought them.</summary>
    /// <param name="Missed">Null where the journal is another one, so that nobody can tell.</param>
    public sealed record Live(ResumeMode Mode, long? Missed) : ReplicaEffect;

    /// <summary>Something was lost between the server and us: leave, and join again on the same line.</summary>
    public sealed record Rejoin : ReplicaEffect;

    /// <summary>Our state is not the server's: say so, there and here.</summary>
    public sealed record Diverged(ClientMessage.Diverged Message) : ReplicaEffect;

    /// <summary>After a pause, leave and join again on the same line, if <see cref="Replica.MustHeal"/> still says so: a snapshot takes the place of what we have.</summary>
    public sealed record Heal(int Ms, int N) : ReplicaEffect;

    /// <summary>What comes over this line does not fit together: give it up, back off, and join on a new one.</summary>
    public sealed record Restart : ReplicaEffect;

    /// <summary>Call <see cref="Replica.Release"/> with <paramref name="N"/> after a pause.</summary>
    public sealed record Wait(long N, int Ms) : ReplicaEffect;

    /// <summary>The server said something it should not; the replica has mended itself.</summary>
    public sealed record Trouble(string Code, string Message) : ReplicaEffect;
}

/// <summary>How a replica came into step with its project.</summary>
public enum ResumeMode
{
    /// <summary>The events it missed follow; nothing was lost.</summary>
    Events,

    /// <summary>A snapshot took the place of what it had.</summary>
    Snapshot,
}
