using EventOnly.Protocol.State;
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
    public sealed record Failed(PendingCommand Command, Refusal Refusal) : ReplicaEffect;

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
