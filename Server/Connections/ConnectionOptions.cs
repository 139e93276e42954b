using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Connections;

/// <summary>What one connection may do, and how long it may be silent.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The generated validator compares times by itself, without the converter that [Range] would look for.")]
public sealed class ConnectionOptions
{
    /// <summary>Connections at a time. Beyond it the handshake is answered with 503.</summary>
    [Range(1, 10_000_000)]
    public int OpenMax { get; set; } = 60_000;

    /// <summary>Bytes of one message, after inflating where it came compressed. A larger one closes the connection with 1009.</summary>
    [Range(4 * 1024, 16 * 1024 * 1024)]
    public int MessageBytesMax { get; set; } = 64 * 1024;

    /// <summary>Time from a message's first byte to its last. A slower one closes the connection with 4408.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Levels of nesting of one message. Deeper is answered with <c>invalid</c>, <c>too_deep</c>.</summary>
    [Range(4, 64)]
    public int DepthMax { get; set; } = 32;

    /// <summary>Keys of one object of a message. More is answered with <c>too_large</c>.</summary>
    [Range(8, 10_000)]
    public int ObjectKeysMax { get; set; } = 64;

    /// <summary>Keys of all objects of a message together. More is answered with <c>too_large</c>.</summary>
    [Range(16, 100_000)]
    public int MessageKeysMax { get; set; } = 1000;

    /// <summary>Operations of one batch. More is answered with <c>too_large</c>.</summary>
    [Range(1, 10_000)]
    public int BatchOpsMax { get; set; } = 100;

    /// <summary>Bytes of a member's presence. More is answered with <c>too_large</c>.</summary>
    [Range(64, 64 * 1024)]
    public int PresenceBytesMax { get; set; } = 2048;

    /// <summary>Projects one connection may join at a time. One more is answered with <c>too_large</c>.</summary>
    [Range(1, 10_000)]
    public int ProjectsMax { get; set; } = 32;

    /// <summary>Queries and history requests of one connection under way at a time. One more is answered with <c>rate_limited</c>.</summary>
    [Range(1, 1000)]
    public int QueriesInFlightMax { get; set; } = 4;

    /// <summary>Items of one page of a query.</summary>
    [Range(1, 10_000)]
    public int QueryItemsMax { get; set; } = 500;

    /// <summary>Events of one page of history.</summary>
    [Range(1, 100_000)]
    public int HistoryEventsMax { get; set; } = 1000;

    /// <summary>Events looked at for one page of history; with a filter the page then ends early and says where to go on. Fewer let go of the
    /// server sooner, more take fewer round trips.</summary>
    [Range(1000, 10_000_000)]
    public int HistoryScanMax { get; set; } = 100_000;

    /// <summary>Bytes of events looked at for one page of history; with a filter the page then ends early and says where to go on. Fewer let go of
    /// the server sooner, more take fewer round trips.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int HistoryScanBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Bytes of events or items of one page of history or of a query; the page then ends early and says where to go on. One event or
    /// item is on it at least, however large. A connection holds a few such pages in memory at most, however many it asks for.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)]
    public int PageBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Bytes of answers that may wait for one connection, beside its pages. One that does not read them is closed with 4430.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)]
    public int MailboxBytesMax { get; set; } = 256 * 1024;

    /// <summary>Whether clients that offer permessage-deflate (as browsers do) get snapshots, pages of history and of queries compressed, and may compress
    /// what they say. A snapshot is compressed once for all who join; events and small answers never are.</summary>
    public bool Compress { get; set; } = true;

    /// <summary>Bytes from which on a part of a snapshot or a page is compressed. Less is not worth the work.</summary>
    [Range(64, 1024 * 1024)]
    public int CompressBytesMin { get; set; } = 1024;

    /// <summary>Errors in ten seconds after which a connection is closed with 4400.</summary>
    [Range(1, 100_000)]
    public int ErrorsMax { get; set; } = 20;

    /// <summary>Time for the first message. A connection that says nothing is closed with 4408.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which a client is pinged.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Silence after which a client counts as gone (close 4408). Keep it at twice the ping interval or more.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:10:00")]
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time one write may take. A connection that takes nothing for so long is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that a client has to answer our close before it is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:30")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    internal WireLimits ToLimits() => new()
    {
        MessageBytes = MessageBytesMax, Depth = DepthMax, ObjectKeys = ObjectKeysMax, MessageKeys = MessageKeysMax, BatchOps = BatchOpsMax,
        PresenceBytes = PresenceBytesMax,
    };

    internal AnnouncedLimits ToAnnounced(int textUnits) => new(
        MessageBytesMax, DepthMax, ObjectKeysMax, MessageKeysMax, WireLimits.InFlight, BatchOpsMax, QueriesInFlightMax, QueryItemsMax,
        HistoryEventsMax, ProjectsMax, textUnits);
}
