using System.Runtime.InteropServices;

namespace EventOnly.Tests.Bench;

/// <summary>Where and when figures were measured: without that they mean nothing.</summary>
internal sealed record Machine(string Name, int Cores, string FileSystem, string Kernel, string Runtime, string Date)
{
    /// <param name="folder">Whose file system counts.</param>
    public static Machine Look(string folder, TimeProvider time) => new(
        Processor(), Environment.ProcessorCount, FileSystemOf(folder), $"{Environment.OSVersion.VersionString} ({RuntimeInformation.OSDescription})", RuntimeInformation.FrameworkDescription,
        time.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The type of the file system a folder is on, such as <c>ext4</c>.</summary>
    public static string FileSystemOf(string folder)
    {
        var path = Path.GetFullPath(folder);
        var drive = DriveInfo.GetDrives().Where(drive => IsIn(path, drive.Name)).MaxBy(drive => drive.Name.Length);
        return drive?.DriveFormat ?? "unknown";
    }

    private static bool IsIn(string path, string root) =>
        path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal) || path == root;

    private static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        var model = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
