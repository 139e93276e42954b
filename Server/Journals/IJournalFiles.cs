namespace EventOnly.Server.Journals;

/// <summary>The disk as the journal needs it, with no promise beyond what disks keep. Every failure is an <see cref="IOException"/>.</summary>
internal interface IJournalFiles
{
    /// <summary>Makes a folder where there is none; its name is durable when this returns.</summary>
    void MakeFolder(string folder);

    /// <summary>The names of a folder's files, in ordinal order; none where there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>The names of a folder's folders, in ordinal order; none where there is no such folder.</summary>
    IReadOnlyList<string> ListFolders(string folder);

    /// <summary>Opens a file for reading and writing; makes it where there is none, whose name is durable only after <see cref="SyncFolder"/>.</summary>
    IJournalFile Open(string path);

    /// <summary>Opens a file that is there for reading, beside whoever writes to it.</summary>
    IJournalFile OpenToRead(string path);

    /// <summary>Gives a file another name in the same folder, in place of the file that had it. Durable after <see cref="SyncFolder"/>, and never half done.</summary>
    void Rename(string path, string to);

    /// <summary>Removes a file, if it is there. Durable after <see cref="SyncFolder"/>. Who has it open may read on.</summary>
    void Delete(string path);

    /// <summary>Makes the names in a folder durable.</summary>
    void SyncFolder(string folder);
}

/// <summary>An open file.</summary>
internal interface IJournalFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to as many bytes as fit; 0 at the end.</summary>
    int Read(long offset, Span<byte> bytes);

    /// <summary>Writes some of the bytes, at least one, and says how many.</summary>
    int Write(long offset, ReadOnlySpan<byte> bytes);

    void Truncate(long length);

    /// <summary>
    /// Makes what was written durable. After a failure nothing is known about what was written since the last success, and a second call on
    /// the same file may succeed without having written it: the system may count pages as clean that it failed to write.
    /// </summary>
    void Sync();
}

internal static class JournalFileCalls
{
    public static void WriteAll(this IJournalFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = file.Write(offset, bytes);
            bytes = bytes[written..];
            offset += written;
        }
    }

    public static void ReadAll(this IJournalFile file, long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var read = file.Read(offset, bytes);
            if (read == 0)
                throw new EndOfStreamException("A journal's file is shorter than it was.");
            bytes = bytes[read..];
            offset += read;
        }
    }
}
