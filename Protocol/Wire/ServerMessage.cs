using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>What the server says. Each is described in docs/wire.md with an example frame.</summary>
public abstract record ServerMessage
{
    private ServerMessage() { }

    /// <param name="PingIntervalMs">Silence after which the server pings.</param>
    /// <param name="PingTimeoutMs">Silence after which the server closes.</param>
    public sealed record Connected(
        string Connection, string UserName, int PingIntervalMs, int PingTimeoutMs, AnnouncedLimits Limits, long TimeMs) : ServerMessage;

    public sealed record Joined(
        string Id, string Project, string Session, Position Head, long Floor, bool Recovered, ImmutableArray<Outcome> Outcomes,
        string Role, ImmutableArray<PresentMember> Members, int MemberCount) : ServerMessage;

    /// <param name="Id">The request it answers, for a history request; null after a join.</param>
    /// <param name="Hash">The state hash, with the last part.</param>
    public sealed record Snapshot(
        string? Id, string Project, long Seq, int Part, int Parts, ImmutableArray<Entity> Entities, StateHash? Hash) : ServerMessage;

    public sealed record Happened(string Project, ProjectEvent Event) : ServerMessage;

    /// <summary>What all replicas hash to that stand at this seq.</summary>
    public sealed record State(string Project, long Seq, StateHash Hash) : ServerMessage;

    public sealed record Reject(string Project, long N, Refusal Refusal, int? RetryAfterMs = null) : ServerMessage;

    public sealed record Ack(string Project, long N, long Seq, bool Duplicate) : ServerMessage;

    public sealed record Error(string? Id, ErrorCode Code, string Message, string? Detail = null, int? RetryAfterMs = null) : ServerMessage;

    /// <summary>An answer without content.</summary>
    public sealed record Done(string Id) : ServerMessage;

    public sealed record QueryResult(string Id, long Seq, ImmutableArray<Entity> Items, bool More) : ServerMessage;

    /// <param name="Events">Event objects as they stand in the journal.</param>
    /// <param name="Next">Where to go on if there is more: the next question's <c>from</c> if this one had it, else its <c>before</c>.</param>
    public sealed record HistoryResult(
        string Id, ImmutableArray<ReadOnlyMemory<byte>> Events, long Floor, bool More, long? Next = null) : ServerMessage;

    public sealed record Verdict(string Id, Refusal? Refusal) : ServerMessage;

    /// <param name="Key">What it is the newest value of, where only the newest counts.</param>
    public sealed record Broadcast(string Project, string Topic, CanonicalValue Data, string By, string Session, string? Key = null) : ServerMessage;

    /// <param name="Whole">Where it is given, all that are present, as <c>joined</c> lists them: whoever is not among them is not to be seen any more.</param>
    public sealed record Presence(
        string Project, ImmutableArray<PresentMember> Arrived, ImmutableArray<string> Left, ImmutableArray<PresenceChange> Changed,
        ImmutableArray<PresentMember>? Whole = null) : ServerMessage;

    public sealed record Ping(CanonicalValue T) : ServerMessage;

    public sealed record Pong(CanonicalValue T, long TimeMs) : ServerMessage;

    public sealed record Disconnect(string Code, string Reason, bool Reconnect, int? RetryAfterMs) : ServerMessage;

    /// <summary>A type this version does not know. Ignored, so that servers may learn new words.</summary>
    public sealed record Unknown(string Type) : ServerMessage;
}

/// <summary>A member that is visible to others.</summary>
public sealed record PresentMember(string Session, string UserName, JsonFields Data);

/// <summary>A member that is seen differently now.</summary>
public sealed record PresenceChange(string Session, JsonFields Data);

/// <summary>What became of a command whose fate the client did not know.</summary>
public enum Fate
{
    /// <summary>Never took effect: send it again.</summary>
    Unknown,

    /// <summary>Took effect; its event follows.</summary>
    Coming,

    /// <summary>Took effect, and is part of the snapshot that follows.</summary>
    Done,
}

/// <summary>The answer to one pending number.</summary>
public readonly record struct Outcome(long N, Fate Fate);

/// <summary>The limits that <c>connected</c> tells; units are in the names, counts otherwise.</summary>
public sealed record AnnouncedLimits(
    int MessageBytes, int Depth, int ObjectKeys, int MessageKeys, int InFlight, int BatchOps,
    int QueriesInFlight, int QueryItems, int HistoryEvents, int Projects, int TextUnits);
