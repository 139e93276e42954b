using EventOnly.Server.Journals;

namespace EventOnly.Tests.Bench;

/// <summary>The files of this machine, and how often they were synced.</summary>
/// <param name="syncs">False: a sync does nothing, for what is not about the disk.</param>
internal sealed class CountingFiles(IJournalFiles files, bool syncs = true) : IJournalFiles
{
    private long _syncs;

    /// <summary>Syncs of files so far; those of folders do not count.</summary>
    public long Syncs => Interlocked.Read(ref _syncs);

    public void MakeFolder(string folder)
    {
        if (syncs)
            files.MakeFolder(folder);
        else
            Directory.CreateDirectory(folder);
    }

    public IReadOnlyList<string> List(string folder) => files.List(folder);

    public IReadOnlyList<string> ListFolders(string folder) => files.ListFolders(folder);

    public IJournalFile Open(string path) => new CountedFile(this, files.Open(path));

    public IJournalFile OpenToRead(string path) => files.OpenToRead(path);

    public void Rename(string path, string to) => files.Rename(path, to);

    public void Delete(string path) => files.Delete(path);

    public void SyncFolder(string folder)
    {
        if (syncs)
            files.SyncFolder(folder);
    }

    private void Sync(IJournalFile file)
    {
        Interlocked.Increment(ref _syncs);
        if (syncs)
            file.Sync();
    }

    private sealed class CountedFile(CountingFiles counter, IJournalFile file) : IJournalFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> bytes) => file.Read(offset, bytes);

        public int Write(long offset, ReadOnlySpan<byte> bytes) => file.Write(offset, bytes);

        public void Truncate(long length) => file.Truncate(length);

        public void Sync() => counter.Sync(file);

        public void Dispose() => file.Dispose();
    }
}
