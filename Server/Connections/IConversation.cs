namespace EventOnly.Server.Connections;

/// <summary>What a connection's messages mean. Called by its read loop, one message at a time; <see cref="Ping"/> by the heartbeat.</summary>
internal interface IConversation
{
    /// <summary>Whether the client has said who it is; it has only so long for that.</summary>
    bool IsIntroduced { get; }

    /// <summary>Hears one message, whose bytes are valid until this has ended. What cannot be understood is answered, not thrown.</summary>
    ValueTask HearAsync(Received message);

    /// <summary>Asks a client that was silent to say something.</summary>
    void Ping();

    /// <summary>Gives up what is under way; nothing is heard any more.</summary>
    Task EndAsync();
}
