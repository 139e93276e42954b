namespace EventOnly.Tests.Simulation;

/// <summary>A client in a world: the C# one, or the JavaScript one in a process of its own. All chance comes from the world, so that either gets the same.</summary>
internal interface ISimulatedClient
{
    string Name { get; }

    /// <summary>The line it has; null where it has none, or has hung up by itself.</summary>
    SimulatedLine? Line { get; }

    /// <summary>Whether it has everything up to a position, with nothing pending.</summary>
    bool IsAtRest(long seq);

    /// <summary>Takes a new line and says hello; not while it has one.</summary>
    void Connect();

    /// <summary>Its line is gone, and it is told.</summary>
    void Cut();

    /// <summary>Hears nothing for so long that it must hang up.</summary>
    void NoticeSilence();

    /// <summary>Its user does something.</summary>
    void Submit(int chance);

    /// <summary>Its user writes in a text, or does something else.</summary>
    void Write(int chance);

    /// <summary>Puts on the line what may be sent; now and then twice, as a client does that is not sure.</summary>
    void Flush(int chance);

    /// <summary>Pauses after a "not now" are over.</summary>
    void ReleaseHeld();

    void Hear(IReadOnlyList<byte[]> messages);

    /// <summary>What came of it all.</summary>
    RestReport Report();
}

/// <summary>A client at rest.</summary>
/// <param name="Hash">Of the confirmed state.</param>
/// <param name="View">Every entity its user sees, as canonical text.</param>
/// <param name="Asked">Commands asked for.</param>
/// <param name="Answered">Outcomes told; each command has one.</param>
/// <param name="Votes">Given by its user.</param>
/// <param name="Markers">Entities that were made, by the word of the server, and that nobody touches again.</param>
/// <param name="LinesAtOnce">How many lines were open or opening at the same time, at most.</param>
/// <param name="Troubles">What it told that must not happen.</param>
/// <param name="Adventures">What it went through, so that a world too mild to prove anything is noticed.</param>
internal sealed record RestReport(
    string Hash, string View, int Asked, int Answered, long Votes, IReadOnlyList<string> Markers, int LinesAtOnce, IReadOnlyList<string> Troubles,
    IReadOnlyCollection<string> Adventures)
{
    /// <summary>Characters of its own that it put into texts and that are in the journal, by what it was told.</summary>
    public IReadOnlyList<string> Typed { get; init; } = [];

    /// <summary>Why texts were handed back, by the words of the codes.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];
}
