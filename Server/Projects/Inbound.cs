using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>What a connection brings to a project.</summary>
internal abstract record Inbound(Member From)
{
    public sealed record Enter(Member From, string Session, ClientMessage.Join Request) : Inbound(From);

    /// <param name="RequestId">The request to answer; null where the connection ended.</param>
    public sealed record Exit(Member From, string? RequestId) : Inbound(From);

    /// <param name="Bytes">How large it came in.</param>
    /// <param name="HeardAt">When, as a timestamp of the clock; 0 where nobody noted it.</param>
    /// <param name="Span">What tells of it where it belongs to a trace.</param>
    public sealed record Submit(Member From, long N, Command Command, int Bytes = 0, long HeardAt = 0, Activity? Span = null) : Inbound(From);

    public sealed record Broadcast(Member From, ClientMessage.Broadcast Message) : Inbound(From);

    public sealed record Presence(Member From, JsonFields Data) : Inbound(From);

    /// <summary>The directory's: nothing has happened for a while.</summary>
    public sealed record Quiet() : Inbound(new Member("", new Nobody()))
    {
        public static Quiet Instance { get; } = new();

        private sealed class Nobody : IPeer
        {
            public Mailbox Mailbox { get; } = new(0);

            public void Wake()
            {
            }

            public void End(CloseCode code)
            {
            }
        }
    }

    /// <summary>A look at the state in which all that the connection said before has been decided; null for who is not a member.</summary>
    public sealed record Look(Member From, TaskCompletionSource<ProjectState?> Seen) : Inbound(From);
}
