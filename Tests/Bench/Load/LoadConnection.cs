namespace EventOnly.Tests.Bench.Load;

internal enum Stage
{
    Connecting,
    Upgrading,
    Joining,
    Joined,
    Ended,
}

/// <summary>One connection of the load. It owns no buffer but what is left over of a frame that has not come in full.</summary>
/// <param name="member">Its number among all of its crew.</param>
/// <param name="source">Its number among the publishers of its group; less than 0: it only listens.</param>
internal sealed class LoadConnection(int socket, Dialect dialect, int member, int group, int source)
{
    public int Socket { get; } = socket;

    /// <summary>Where it is waited for.</summary>
    public required int Poll { get; init; }

    public Dialect Dialect { get; } = dialect;

    public int Member { get; } = member;

    public int Group { get; } = group;

    public int Source { get; } = source;

    public Stage Stage { get; set; }

    /// <summary>What it must hear; null until it is known where that begins.</summary>
    public NumberCheck? Check { get; set; }

    /// <summary>Its name among the others, where its dialect needs one to know its own events.</summary>
    public byte[] Session { get; set; } = [];

    /// <summary>Numbers it has sent, and up to which its own have come back.</summary>
    public long Sent { get; set; }

    public long Acked { get; set; }

    /// <summary>Whether the server may close it: then only its close code is kept.</summary>
    public bool MayEnd { get; set; }

    public int CloseCode { get; set; }

    /// <summary>The beginning of a frame whose rest has not come.</summary>
    public byte[] Carry { get; private set; } = [];

    public int CarryLength { get; private set; }

    /// <summary>Bytes of a large frame that are only to be passed over, and whether the dialect waits for its last.</summary>
    public long Skip { get; set; }

    /// <summary>For a dialect whose messages are cut otherwise than frames: the beginning of one.</summary>
    public byte[] Piece { get; set; } = [];

    /// <summary>Where the checked number was in the last message: there it is looked for first.</summary>
    public int NumberAt { get; set; }

    /// <summary>Parts of its snapshot so far; and the seq of one whose last part has begun to come.</summary>
    public int SnapshotParts { get; set; }

    public long? SnapshotAt { get; set; }

    /// <summary>Objects that began in its snapshot: one for each part, two for each entity.</summary>
    public long SnapshotObjects { get; set; }

    public long SnapshotEntities => (SnapshotObjects - SnapshotParts) / 2;

    /// <summary>What the system would not take yet.</summary>
    public byte[] Unsent { get; set; } = [];

    public void Keep(ReadOnlySpan<byte> rest)
    {
        if (Carry.Length < rest.Length)
            Carry = new byte[Math.Max(rest.Length, 256)];
        rest.CopyTo(Carry);
        CarryLength = rest.Length;
    }
}
