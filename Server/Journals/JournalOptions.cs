using System.ComponentModel.DataAnnotations;

namespace EventOnly.Server.Journals;

/// <summary>What an acknowledged event survives.</summary>
public enum Durability
{
    /// <summary>The end of the process, of the system, and loss of power: acknowledged when the disk has it.</summary>
    Disk,

    /// <summary>The end of the process: acknowledged when the system has it, which writes it to disk within seconds. Faster where the disk is slow.</summary>
    Os,

    /// <summary>Nothing: gone with the process.</summary>
    Memory,
}

/// <summary>Where and how the events are kept.</summary>
public sealed class JournalOptions
{
    /// <summary>The data folder, from the current folder if not absolute. One server at a time may use it.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Folder { get; set; } = "data";

    /// <summary>What an acknowledged event survives: <c>disk</c>, <c>os</c> or <c>memory</c>.</summary>
    [EnumDataType(typeof(Durability))]
    public Durability Durability { get; set; } = Durability.Disk;

    /// <summary>Bytes of one file of a journal; the next event begins a new file. Smaller files are easier to copy, larger ones are fewer.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int SegmentBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Files kept open at a time for writing, but no more than a quarter of what the system allows the process; beyond it the one longest
    /// unused is closed. Where more projects than this are written to, each event costs the opening and closing of a file.</summary>
    [Range(1, 1_000_000)]
    public int FilesOpenMax { get; set; } = 4096;

    /// <summary>Files that one group of appends syncs one after the other. A group of more projects is made durable by one sync of a shared file,
    /// the daybook. More spares the second writing where syncs are cheap and projects few.</summary>
    [Range(0, 10_000)]
    public int FilesSyncedMax { get; set; } = 2;

    /// <summary>Bytes of one daybook, with <c>disk</c>; then the projects' own files are synced and it goes. A start after a crash reads it.</summary>
    [Range(4096, 1024 * 1024 * 1024)]
    public int DaybookBytesMax { get; set; } = 32 * 1024 * 1024;

    /// <summary>Events after which a project's state is kept beside them, so that it opens fast and its past can be looked at: at most so many
    /// are folded then. Never fewer events than the project has entities and sessions, for all of them are written. Smaller looks back faster and takes more disk.</summary>
    [Range(1, 1_000_000_000)]
    public int SnapshotEvents { get; set; } = 50_000;

    /// <summary>The newest events of each project that are kept at least; 0 keeps all. Where <see cref="KeepDays"/> is set too, an event goes
    /// when both let it go. They go by whole files, so up to three times as many may be there.</summary>
    [Range(0, 1_000_000_000_000)]
    public long KeepEvents { get; set; }

    /// <summary>Days for which events are kept at least; 0 keeps them for ever. Where <see cref="KeepEvents"/> is set too, an event goes when
    /// both let it go. They go by whole files, when the project is next written to after them.</summary>
    [Range(0, 36_500)]
    public int KeepDays { get; set; }
}
