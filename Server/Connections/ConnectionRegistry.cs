using System.Collections.Concurrent;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>
/// All connections: numbers them, looks after them once a second with one timer for all, and sends them away when the server stops, so that
/// they come back soon and spread out instead of finding a dead line.
/// </summary>
internal sealed class ConnectionRegistry(
    ProjectDirectory projects, History history, EventOnlyOptions options, TimeProvider time, Random random,
    ILogger<ConnectionRegistry> logger, ServerMetrics? metrics = null) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_stopMax = TimeSpan.FromSeconds(3);
    private const int RetrySpreadMs = 3000;

    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly Surroundings _around = new(options.Connections, projects, history, time, logger, metrics);
    private long _lastId;
    private volatile bool _stopping;

    public int Count => _connections.Count;

    /// <summary>Those that wait for their turn to write much.</summary>
    public int WaitingCount => _around.Backlog.Count;

    public bool IsStopping => _stopping;

    /// <summary>Whether one more may come in.</summary>
    public bool HasRoom => !_stopping && Count < options.Connections.OpenMax;

    /// <summary>Serves one upgraded line until its connection is over.</summary>
    /// <param name="compresses">Whether permessage-deflate was agreed on.</param>
    /// <param name="echoes">Whether it answers every message with itself; for tests.</param>
    public async Task ServeAsync(Line line, bool compresses, bool echoes)
    {
        using var connection = new Connection(Interlocked.Increment(ref _lastId), line, _around, compresses, echoes);
        _connections[connection.Id] = connection;
        try
        {
            if (_stopping) // it came in between the door's look and here
                connection.End(CloseCode.ServerRestart);
            await connection.RunAsync();
        }
        finally
        {
            _connections.TryRemove(connection.Id, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_beat, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var (_, connection) in _connections)
                    Beat(connection);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>One connection's fault is not to cost the others their heartbeat.</summary>
    private void Beat(Connection connection)
    {
        try
        {
            connection.Beat();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            logger.ConnectionFaulted(connection.Id, fault);
        }
    }

    /// <summary>
    /// Before anything else stops: tells every client to come back and waits for them to close, no longer than a client may take for that.
    /// (Kestrel by itself would leave them in silence until it cuts them off.)
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        if (_connections.IsEmpty)
            return;
        logger.Stopping(Count);
        foreach (var (_, connection) in _connections)
            connection.End(CloseCode.ServerRestart, announced: true, random.Next(RetrySpreadMs));

        await WaitForAllToCloseAsync(cancellationToken);
        foreach (var (_, connection) in _connections)
            connection.Abort();
    }

    /// <summary>No longer than the whole stop may take, however patient the setting is.</summary>
    private async Task WaitForAllToCloseAsync(CancellationToken hurry)
    {
        var patience = options.Connections.CloseTimeout < s_stopMax ? options.Connections.CloseTimeout : s_stopMax;
        var began = time.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), time);
        try
        {
            while (!_connections.IsEmpty && time.GetElapsedTime(began) < patience && await timer.WaitForNextTickAsync(hurry))
            {
            }
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
