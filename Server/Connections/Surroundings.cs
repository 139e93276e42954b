using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>What all connections share, so that none of them has it to itself.</summary>
internal sealed class Surroundings(ConnectionOptions options, ProjectDirectory projects, History history, TimeProvider time, ILogger logger, ServerMetrics? metrics = null)
{
    private readonly WireLimits _limits = options.ToLimits();

    [ThreadStatic]
    private static WireCodec? t_codec;

    public ConnectionOptions Options => options;

    public ProjectDirectory Projects => projects;

    public History History => history;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    public ServerMetrics Metrics { get; } = metrics ?? ServerMetrics.Unwatched;

    public Backlog Backlog { get; } = new();

    public AnnouncedLimits Announced { get; } = options.ToAnnounced(projects.Options.TextUnitsMax);

    /// <summary>The calling thread's codec: understanding a message waits for nothing, so one for each thread is enough.</summary>
    public WireCodec Codec => t_codec is { } codec && ReferenceEquals(codec.Limits, _limits) ? codec : t_codec = new(_limits);
}
