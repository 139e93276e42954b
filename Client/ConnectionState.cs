namespace EventOnly.Client;

/// <summary>How a client stands with its server.</summary>
public enum ConnectionState
{
    /// <summary>Not yet connected; tries for as long as the caller waits.</summary>
    Connecting,

    /// <summary>The project is joined, and the state is there.</summary>
    Connected,

    /// <summary>The line is gone; commands wait. Tries for ever.</summary>
    Reconnecting,

    /// <summary>Ended for good: by us, or by a server that says not to come back.</summary>
    Disconnected,
}
