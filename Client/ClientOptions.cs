using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What a caller of <see cref="EventOnlyClient"/> may choose.</summary>
public sealed record ClientOptions
{
    /// <summary>The project to join.</summary>
    public required string Project { get; init; }

    /// <summary>1 to 64 characters; counts where the server allows anonymous access.</summary>
    public string? UserName { get; init; }

    /// <summary>What proves who we are, where the server asks for it.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// Gives a token, or null. Asked where there is none, and where the server would not have the one we showed; not at every connection. Where it
    /// throws, it is asked again after a pause.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? GetToken { get; init; }

    /// <summary>This client's secret, 16 to 64 of <c>[A-Za-z0-9_-]</c>; random by default. Never show it to others.</summary>
    public string? Session { get; init; }

    /// <summary>What others see of us from the start, at most 2,048 bytes; without it (and without <see cref="EventOnlyClient.SetPresence"/>) we are not listed.</summary>
    public JsonFields? Presence { get; init; }

    /// <summary>False for a pure publisher: no events, no state, an answer for each command.</summary>
    public bool Listen { get; init; } = true;

    /// <summary>Commands that may be unanswered at once, 1 to 64.</summary>
    public int Window { get; init; } = WireLimits.InFlight;

    /// <summary>Commands that may be pending at once; beyond it <see cref="QueueFullException"/>. Raise it for long work offline.</summary>
    public int QueueMax { get; init; } = 1000;

    /// <summary>Bytes of all pending commands, as JSON; beyond it <see cref="QueueFullException"/>. 1 MiB by default.</summary>
    public long QueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Items a stream holds for a subscriber that is behind; beyond it the stream ends with <see cref="SubscriberTooSlowException"/>.</summary>
    public int StreamItemsMax { get; init; } = 4096;

    /// <summary>Whether the first attempt may fail and be tried again, until the caller gives up. Turn it off to fail fast.</summary>
    public bool RetryInitialConnect { get; init; } = true;

    /// <summary>From the start of an attempt until the server must have answered <c>join</c>.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence allowed beyond the server's ping interval, before the line counts as dead.</summary>
    public TimeSpan PingGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a line may be gone before <see cref="LineNotice.Lost"/> is told, and those who were here are shown no longer: short blips are not told. 5 s by default; up to a week.</summary>
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long each step of a goodbye may take, the flush of <see cref="EventOnlyClient.DisposeAsync"/> included, before the line is just dropped. 1 s by default.</summary>
    public TimeSpan GoodbyeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The pauses between attempts: a <see cref="ReconnectPolicy"/> with its defaults, or your own.</summary>
    public IReconnectPolicy Reconnect { get; init; } = new ReconnectPolicy();

    /// <summary>How the socket is made and framed.</summary>
    public ConnectionOptions Connection { get; init; } = new();

    /// <summary>What time it is, and all waiting. A test gives its own.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Jitter and entity ids. A seeded one makes a run repeatable; it must not be shared with another client.</summary>
    public Random Random { get; init; } = new();

    /// <summary>How long a question (query, validate, history, a past state) waits for its answer, 5 s by default; <see cref="Timeout.InfiniteTimeSpan"/> for as long as the line lasts.</summary>
    public TimeSpan AskTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two tellings of our presence at least, 16 ms to 1 s, 50 ms by default.</summary>
    public TimeSpan PresenceThrottle { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Time from one edit of a text on the line to its next at least, so that what is typed meanwhile goes as one: zero to 1 s, 40 ms by default. Raise it for
    /// many writers, lower it for a program.
    /// </summary>
    public TimeSpan TextGap { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>For tests: a fold that has a fault.</summary>
    internal Func<ProjectState, ProjectEvent, ProjectState>? Fold { get; init; }

    /// <summary>
    /// Told of every frame, for logs and tests: sent (true) or received (false), valid during the call. What is sent holds the session's secret
    /// and the token. Runs on the client's own loops, so it must return at once and not throw.
    /// </summary>
    public Action<bool, ReadOnlyMemory<byte>>? OnFrame { get; init; }

    /// <summary>Told when the server said something it should not. Runs on the client's own loops, so it must return at once and not throw.</summary>
    public Action<ProtocolException>? OnTrouble { get; init; }
}
