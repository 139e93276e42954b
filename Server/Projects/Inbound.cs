using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>What a connection brings to a project.</summary>
internal abstract record Inbound(Member From)
{
    public sealed record Enter(Member From, string Session, ClientMessage.Join Request) : Inbound(From);

    /// <param name="RequestId">The request to answer; null where the connection ended.</param>
    /// <param name="MayComeBack">Whether only the line is gone, so that it may be back soon.</param>
    public sealed record Exit(Member From, string? RequestId, bool MayComeBack = false) : Inbound(From);

    /// <param name="Bytes">How large it came in.</param>
    /// <param name="HeardAt">When, as a timestamp of the clock; 0 where nobody noted it.</param>
    /// <param name="Span">What tells of it where it belongs to a trace.</param>
    public sealed record Submit(Member From, long N, Command Command, int Bytes = 0, long HeardAt = 0, Activity? Span = null) : Inbound(From);

    public sealed record Broadcast(Member From, ClientMessage.Broadcast Message) : Inbound(From);

    public sealed record Presence(Member From, JsonFields Data) : Inbound(From);

    /// <summary>The member's state is not this one: it is about to leave, and to join for a snapshot.</summary>
    public sealed record Diverged(Member From) : Inbound(From);

    /// <summary>The directory's: nothing has happened for a while.</summary>
    public sealed record Quiet() : Inbound(Nobody.Member)
    {
        public static Quiet Instance { get; } = new();
    }

    /// <summary>Time has passed: what is due is to be told.</summary>
    public sealed record Beat() : Inbound(Nobody.Member)
    {
        public static Beat Instance { get; } = new();
    }

    /// <summary>A look at the state in which all that the connection said before has been decided; null for who is not a member.</summary>
    public sealed record Look(Member From, TaskCompletionSource<ProjectState?> Seen) : Inbound(From);

    /// <summary>Whom a message comes from that no connection brought.</summary>
    private sealed class Nobody : IPeer
    {
        public static Member Member { get; } = new("", new Nobody());

        public Mailbox Mailbox { get; } = new(0);

        public void Wake()
        {
        }

        public void End(CloseCode code)
        {
        }
    }
}
