using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Diagnostics;

/// <summary>All that the server logs. 100-199 connections, 200-299 projects, 300-399 journals, 400-499 the service. Ids are unique and never reused.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(101, LogLevel.Debug, "Connection {ConnectionId} of {UserName} ({ClientName} {ClientVersion}) began")]
    public static partial void ConnectionBegan(this ILogger logger, long connectionId, string userName, string? clientName, string? clientVersion);

    [LoggerMessage(102, LogLevel.Debug, "Connection {ConnectionId} ended: {Code}")]
    public static partial void ConnectionEnded(this ILogger logger, long connectionId, CloseCode? code);

    [LoggerMessage(103, LogLevel.Error, "Connection {ConnectionId} had a fault")]
    public static partial void ConnectionFaulted(this ILogger logger, long connectionId, Exception fault);

    [LoggerMessage(104, LogLevel.Debug, "Handshake refused: {Reason}")]
    public static partial void HandshakeRefused(this ILogger logger, string reason);

    [LoggerMessage(105, LogLevel.Error, "Connection {ConnectionId} asked what could not be answered")]
    public static partial void RequestFaulted(this ILogger logger, long connectionId, Exception fault);

    [LoggerMessage(201, LogLevel.Error, "Project {Project} had a fault; its members were sent away and the next join opens it anew")]
    public static partial void ProjectFaulted(this ILogger logger, string project, Exception fault);

    [LoggerMessage(202, LogLevel.Error, "Project {Project} could not be opened")]
    public static partial void ProjectNotOpened(this ILogger logger, string project, Exception fault);

    [LoggerMessage(401, LogLevel.Information, "Stopping: {Connections} connections are told to come back")]
    public static partial void Stopping(this ILogger logger, int connections);
}
