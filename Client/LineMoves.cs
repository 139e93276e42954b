namespace EventOnly.Client;

/// <summary>What may happen to a line.</summary>
internal enum LineMove
{
    /// <summary>Somebody wants a line.</summary>
    Start,

    /// <summary>The project is here.</summary>
    Held,

    /// <summary>This attempt, or this line, is over.</summary>
    Lost,

    /// <summary>Another socket at once.</summary>
    Restart,

    /// <summary>No further attempt.</summary>
    Stop,
}

/// <summary>
/// What may happen in which state, and where it leads; all else is ignored. Tests/Golden/line.json has the same table for both clients.
/// <code>
/// idle ──start──▶ connecting ──held──▶ connected ──lost──▶ reconnecting ──held──▶ connected
///                    └────────────────── stop, from any state ───┴──▶ disconnected ──start──▶ reconnecting
/// </code>
/// </summary>
internal static class LineMoves
{
    public static ConnectionState? After(ConnectionState state, LineMove move) => (state, move) switch
    {
        (ConnectionState.Idle, LineMove.Start) => ConnectionState.Connecting,
        (ConnectionState.Disconnected, LineMove.Start) => ConnectionState.Reconnecting,
        (ConnectionState.Connecting or ConnectionState.Reconnecting, LineMove.Held) => ConnectionState.Connected,
        (ConnectionState.Connecting, LineMove.Lost or LineMove.Restart) => ConnectionState.Connecting,
        (ConnectionState.Connected or ConnectionState.Reconnecting, LineMove.Lost or LineMove.Restart) => ConnectionState.Reconnecting,
        (not ConnectionState.Disconnected, LineMove.Stop) => ConnectionState.Disconnected,
        _ => null,
    };
}
