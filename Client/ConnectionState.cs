namespace EventOnly.Client;

/// <summary>How a client stands with its server.</summary>
public enum ConnectionState
{
    /// <summary>Nobody has asked for a line yet; commands wait.</summary>
    Idle,

    /// <summary>Not yet connected; tries for as long as the caller waits.</summary>
    Connecting,

    /// <summary>The project is joined, and the state is there.</summary>
    Connected,

    /// <summary>The line is gone; commands wait. Tries for ever.</summary>
    Reconnecting,

    /// <summary>Ended: by us, or by a server that says not to come back. <see cref="EventOnlyClient.Connect"/> resumes the same session.</summary>
    Disconnected,
}

/// <summary>Line and replica in the one word that a user is shown.</summary>
public enum SyncState
{
    /// <summary>There is no line.</summary>
    Offline,

    /// <summary>Commands are pending, or events are missing.</summary>
    Syncing,

    /// <summary>Nothing is pending and nothing is missing.</summary>
    Synced,

    /// <summary>On a line that is there, nothing that is pending has had an answer for 8 s.</summary>
    Stuck,
}
