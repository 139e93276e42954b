namespace EventOnly.Server.Diagnostics;

/// <summary>How all open projects stand at a moment, added up.</summary>
internal record struct Census
{
    /// <summary>Projects that are open.</summary>
    public int Open { get; set; }

    /// <summary>Bytes of memory that they hold, about.</summary>
    public long Bytes { get; set; }

    /// <summary>Members of all of them.</summary>
    public int Members { get; set; }

    /// <summary>Members who have not been given all events yet.</summary>
    public int Behind { get; set; }

    /// <summary>Bytes of events that those have still to be given.</summary>
    public long LagBytes { get; set; }

    /// <summary>The same of the one who is furthest behind.</summary>
    public long LagBytesMost { get; set; }

    /// <summary>Messages that wait for their project.</summary>
    public int Inbox { get; set; }

    /// <summary>The same of the project where most wait.</summary>
    public int InboxMost { get; set; }

    public void AddMember(long lagBytes)
    {
        if (lagBytes <= 0)
            return;
        Behind++;
        LagBytes += lagBytes;
        LagBytesMost = Math.Max(LagBytesMost, lagBytes);
    }

    public void AddProject(long bytes, int members, int inbox)
    {
        Open++;
        Bytes += bytes;
        Members += members;
        Inbox += inbox;
        InboxMost = Math.Max(InboxMost, inbox);
    }
}
