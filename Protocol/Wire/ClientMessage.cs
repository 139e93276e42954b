using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What a client says. Each is described in docs/wire.md with an example frame.</summary>
public abstract record ClientMessage
{
    private ClientMessage() { }

    public sealed record Connect(string? UserName, string? Token, string? ClientName, string? ClientVersion) : ClientMessage;

    /// <param name="Session">The session's secret, which nobody else may learn.</param>
    /// <param name="Since">Where the client's replica stands, if it has one.</param>
    /// <param name="Pending">Numbers of commands whose fate the client does not know.</param>
    public sealed record Join(
        string Id, string Project, string Session, Position? Since, ImmutableArray<long> Pending, bool Listen, JsonFields? Presence) : ClientMessage;

    public sealed record Leave(string Id, string Project) : ClientMessage;

    public sealed record Submit(string Project, long N, Command Command) : ClientMessage;

    public sealed record Broadcast(string Project, string Topic, CanonicalValue Data, string? To) : ClientMessage;

    public sealed record SetPresence(string Project, JsonFields Data) : ClientMessage;

    public sealed record Ask(string Id, string Project, Query Query) : ClientMessage;

    public sealed record Validate(string Id, string Project, Command Command) : ClientMessage;

    /// <summary>Events from a seq to a seq, or the snapshot of the moment <paramref name="At"/> a seq.</summary>
    public sealed record History(string Id, string Project, long From, long? To, int? Limit, long? At) : ClientMessage;

    public sealed record Cancel(string Id) : ClientMessage;

    public sealed record Ping(CanonicalValue T) : ClientMessage;

    public sealed record Pong(CanonicalValue T) : ClientMessage;
}
