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

    [LoggerMessage(210, LogLevel.Information, "Project {Project} is being opened: {Events} events so far, {Percent} %")]
    public static partial void ProjectOpening(this ILogger logger, string project, long events, long percent);

    [LoggerMessage(212, LogLevel.Debug, "Project {Project}: a snapshot of seq {Seq} was encoded, in {Parts} parts")]
    public static partial void SnapshotEncoded(this ILogger logger, string project, long seq, int parts);

    [LoggerMessage(213, LogLevel.Warning, "Project {Project}: the replica of session {Session} was as the state here at seq {From} and is not at {To}: it hashes to {Hash}, not to {Expected}; it takes a snapshot")]
    public static partial void ReplicaDiverged(this ILogger logger, string project, string session, long from, long to, string hash, string expected);

    [LoggerMessage(211, LogLevel.Warning, "Project {Project}: its past cannot be read just now; not told again until it could")]
    public static partial void PastNotRead(this ILogger logger, string project, Exception failure);

    [LoggerMessage(301, LogLevel.Warning, "Project {Project}: a write that a crash cut short was removed from {File}: {Bytes} bytes after seq {Seq}, kept in {Aside}")]
    public static partial void TornTailCut(this ILogger logger, string project, string file, long bytes, long seq, string aside);

    [LoggerMessage(302, LogLevel.Error, "Project {Project} is damaged and stays closed: {File}, line {Line}, seq {Seq}: {What}. Stop the server and put a good copy of the folder in its place, or keep what is whole, which this shows before it does it: ./run.sh repair '{Data}' {Project}")]
    public static partial void JournalDamaged(this ILogger logger, string project, string file, long line, long seq, string what, string data);

    [LoggerMessage(303, LogLevel.Error, "Project {Project}: events cannot be written to {Folder}; commands are refused until they can")]
    public static partial void AppendFailed(this ILogger logger, string project, string folder, Exception failure);

    [LoggerMessage(304, LogLevel.Information, "Project {Project}: events can be written again")]
    public static partial void JournalResumed(this ILogger logger, string project);

    [LoggerMessage(305, LogLevel.Error, "The journal of project {Project} could not be opened; the next who joins tries again")]
    public static partial void JournalNotOpened(this ILogger logger, string project, Exception failure);

    [LoggerMessage(306, LogLevel.Error, "The daybook in {Folder} cannot be written; each project's file is synced instead")]
    public static partial void DaybookFailed(this ILogger logger, string folder, Exception failure);

    [LoggerMessage(307, LogLevel.Error, "{File} is damaged at byte {Offset}: events of some project may be missing there; verify the data folder")]
    public static partial void DaybookDamaged(this ILogger logger, string file, long offset);

    [LoggerMessage(308, LogLevel.Warning, "Project {Project}: {Lines} events of the daybook do not continue {File} at byte {Offset} and were left out: the file was replaced, or the writing had failed")]
    public static partial void PostNotFitting(this ILogger logger, string project, string file, int lines, long offset);

    [LoggerMessage(309, LogLevel.Error, "The journal had a fault; what was being appended is refused, and read again before more is added")]
    public static partial void JournalFaulted(this ILogger logger, Exception fault);

    [LoggerMessage(311, LogLevel.Warning, "Project {Project}: the snapshot {File} is passed over: {Fault}. An older one or the events take its place, or the present state that is kept anew")]
    public static partial void SnapshotUnfit(this ILogger logger, string project, string file, string fault);

    [LoggerMessage(312, LogLevel.Warning, "Project {Project}: the snapshot {File} cannot be read. An older one or the events take its place")]
    public static partial void SnapshotNotRead(this ILogger logger, string project, string file, Exception failure);

    [LoggerMessage(313, LogLevel.Warning, "Project {Project}: no snapshot of seq {Seq} could be kept; tried again later")]
    public static partial void SnapshotNotKept(this ILogger logger, string project, long seq, Exception failure);

    [LoggerMessage(314, LogLevel.Warning, "Project {Project}: old events could not be dropped; tried again later")]
    public static partial void EventsNotDropped(this ILogger logger, string project, Exception failure);

    [LoggerMessage(401, LogLevel.Information, "Stopping: {Connections} connections are told to come back")]
    public static partial void Stopping(this ILogger logger, int connections);
}
