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

    /// <param name="TraceParent">The trace that it belongs to, as W3C Trace Context writes it, where it belongs to one.</param>
    public sealed record Submit(string Project, long N, Command Command, string? TraceParent = null) : ClientMessage;

    /// <param name="To">The only session that is to get it; everybody where it is null.</param>
    /// <param name="Key">What it is the newest value of, where only the newest counts.</param>
    public sealed record Broadcast(string Project, string Topic, CanonicalValue Data, string? To, string? Key = null) : ClientMessage;

    public sealed record SetPresence(string Project, JsonFields Data) : ClientMessage;

    public sealed record Ask(string Id, string Project, Query Query) : ClientMessage;

    public sealed record Validate(string Id, string Project, Command Command) : ClientMessage;

    /// <summary>Asks for events of the past.</summary>
    public sealed record History(string Id, string Project, HistoryQuery Query) : ClientMessage;

    /// <summary>Asks for the state as it was, after the event of a seq or at a time. Says <c>history</c> on the wire, too.</summary>
    /// <param name="TimeMs">In milliseconds since 1970-01-01 UTC; where it is given there is no <paramref name="Seq"/>.</param>
    public sealed record At(string Id, string Project, long? Seq, long? TimeMs) : ClientMessage;

    /// <summary>The client's state is not the server's: found where the server told its hash. Not answered.</summary>
    /// <param name="From">The last seq at which both were equal, as far as the client knows.</param>
    /// <param name="To">The seq at which they are not.</param>
    /// <param name="Hash">The client's.</param>
    /// <param name="Expected">The server's.</param>
    public sealed record Diverged(string Project, long From, long To, StateHash Hash, StateHash Expected) : ClientMessage;

    public sealed record Cancel(string Id) : ClientMessage;

    public sealed record Ping(CanonicalValue T) : ClientMessage;

    public sealed record Pong(CanonicalValue T) : ClientMessage;
}
