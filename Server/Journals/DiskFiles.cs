using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EventOnly.Server.Journals;

/// <summary>The files of this machine.</summary>
internal sealed class DiskFiles : IJournalFiles
{
    public void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;
        var parent = Path.GetDirectoryName(Path.GetFullPath(folder));
        if (parent is not null)
            MakeFolder(parent);
        Told(() => Directory.CreateDirectory(folder));
        if (parent is not null)
            SyncFolder(parent);
    }

    public IReadOnlyList<string> List(string folder) => Told(() => Directory.Exists(folder) ? Names(Directory.EnumerateFiles(folder)) : []);

    public IReadOnlyList<string> ListFolders(string folder) => Told(() => Directory.Exists(folder) ? Names(Directory.EnumerateDirectories(folder)) : []);

    private static string[] Names(IEnumerable<string> paths) => [.. paths.Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public IJournalFile Open(string path) =>
        new DiskFile(Told(() => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete)));

    public IJournalFile OpenToRead(string path) =>
        new DiskFile(Told(() => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));

    public void Rename(string path, string to) => Told(() =>
    {
        File.Move(path, to, overwrite: true);
        return true;
    });

    public void Delete(string path) => Told(() =>
    {
        File.Delete(path);
        return true;
    });

    public void SyncFolder(string folder) => DiskSync.Folder(folder);

    /// <summary>Files that the system lets this process have open at a time, sockets among them; many where it does not say.</summary>
    public static int OpenMax()
    {
        const string name = "Max open files"; // then its soft limit, which the runtime has raised to the hard one
        var line = File.Exists("/proc/self/limits") ? Array.Find(File.ReadAllLines("/proc/self/limits"), line => line.StartsWith(name, StringComparison.Ordinal)) : null;
        return int.TryParse(line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }

    /// <summary>Keeps a folder for this process until disposed. The system lets go of it when the process ends, however it ends.</summary>
    public static SafeFileHandle Lock(string folder)
    {
        try
        {
            return Told(() => File.OpenHandle(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (taken is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new IOException($"The data folder '{Path.GetFullPath(folder)}' cannot be locked; another server seems to use it. ({taken.Message})", taken);
        }
    }

    /// <summary>A refusal by permissions is one more way in which a disk fails.</summary>
    private static T Told<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    private sealed class DiskFile(SafeFileHandle handle) : IJournalFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> bytes) => RandomAccess.Read(handle, bytes, offset);

        public int Write(long offset, ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(handle, bytes, offset);
            return bytes.Length;
        }

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Sync() => DiskSync.File(handle);

        public void Dispose() => handle.Dispose();
    }
}

/// <summary>
/// Syncs by libc's own calls: the framework's flush returns normally on Linux when the disk reports an error, and has nothing for folders.
/// </summary>
internal static partial class DiskSync
{
    private const int Interrupted = 4; // EINTR, the same number on every Unix

    public static void File(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
        {
#pragma warning disable RS0030 // banned for Linux, where it swallows errors
            RandomAccess.FlushToDisk(handle);
#pragma warning restore RS0030
            return;
        }
        Repeat(static file => OperatingSystem.IsMacOS() ? FSync(file) : FDataSync(file), handle);
    }

    public static void Folder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return; // a folder cannot be synced there, and its names are journaled
        var descriptor = Repeat(static path => Open(path, 0), folder);
        try
        {
            Repeat(static opened => FSync(opened), descriptor);
        }
        finally
        {
            _ = Close(descriptor); // nothing was written through it
        }
    }

    private static int Repeat<T>(Func<T, int> call, T argument)
    {
        while (true)
        {
            var result = call(argument);
            if (result >= 0)
                return result;
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                throw new IOException(new Win32Exception(error).Message, error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
