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

    /// <summary>Files kept open at a time for writing; beyond it the one longest unused is closed. Keep it well below the system's limit.</summary>
    [Range(1, 1_000_000)]
    public int FilesOpenMax { get; set; } = 512;
}
