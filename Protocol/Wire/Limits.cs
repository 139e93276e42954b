namespace EventOnly.Protocol.Wire;

/// <summary>What one message may hold. Announced in <c>connected.limits</c>; checked before anything is stored.</summary>
public sealed record WireLimits
{
    public static WireLimits Default { get; } = new();

    /// <summary>For bytes this project wrote itself: journal lines and, in the client, the server's frames.</summary>
    public static WireLimits Trusted { get; } = new()
    {
        MessageBytes = int.MaxValue, Depth = 1000, ObjectKeys = int.MaxValue, MessageKeys = int.MaxValue, BatchOps = int.MaxValue,
        EditSteps = int.MaxValue,
    };

    /// <summary>Bytes of UTF-8 in one message.</summary>
    public int MessageBytes { get; init; } = 64 * 1024;

    /// <summary>Levels of nesting, the message itself being the first.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Keys of one object.</summary>
    public int ObjectKeys { get; init; } = 64;

    /// <summary>Keys of all objects of a message together.</summary>
    public int MessageKeys { get; init; } = 1000;

    /// <summary>Operations in one batch.</summary>
    public int BatchOps { get; init; } = 100;

    /// <summary>Steps of one edit of a text.</summary>
    public int EditSteps { get; init; } = 10_000;

    /// <summary>Bytes of a member's presence, as canonical JSON.</summary>
    public int PresenceBytes { get; init; } = 2048;

    /// <summary>Commands of one session whose fate is open; fixed by the 64-bit mask of the folded state.</summary>
    public const int InFlight = 64;
}

/// <summary>What one project may hold. Beyond it a command is refused with <c>too_large</c> and the state stays as it was.</summary>
public sealed record StateLimits
{
    public static StateLimits Default { get; } = new();

    /// <summary>Entities in a project.</summary>
    public int Entities { get; init; } = 100_000;

    /// <summary>Bytes of one entity's data, as canonical JSON.</summary>
    public int EntityBytes { get; init; } = 256 * 1024;

    /// <summary>Fields of one entity.</summary>
    public int EntityFields { get; init; } = 256;

    /// <summary>Bytes of all entities of a project.</summary>
    public long ProjectBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>UTF-16 units of one shared text.</summary>
    public int TextUnits { get; init; } = 1024 * 1024;

    /// <summary>Newest edits of a text that are kept, to transform those that were written before their author knew of them.</summary>
    public int TextWindowEdits { get; init; } = 4096;

    /// <summary>Bytes of memory of the edits that one text keeps.</summary>
    public int TextWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of memory of the edits that all texts of a project keep; beyond it a text that is edited keeps none.</summary>
    public long TextWindowsBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Steps of deltas that may be walked to transform one edit.</summary>
    public int TransformSteps { get; init; } = 200_000;
}
