using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EventOnly.Tools.Tail;

/// <summary>
/// Standard output where it is a pipe, as a writer that notices when nobody reads it any more. <see cref="Console"/> does not: it drops what it is
/// given then, for ever.
/// </summary>
internal static partial class OutputPipe
{
    private const int StandardOutput = 1;
    private const int Interrupted = 4; // EINTR
    private const int BrokenPipe = 32; // EPIPE: of a write, where nobody reads

    /// <summary>Null where standard output is no pipe, or the system has none of this kind.</summary>
    /// <param name="onClosed">Told at once when the reader goes, for there may be nothing to write for long.</param>
    public static TextWriter? TryOpen(Action onClosed)
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return null;
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (stream.CanSeek)
        {
            stream.Dispose(); // a file, which others may write to as well
            return null;
        }
        new Thread(() =>
        {
            var watched = new Watched { File = StandardOutput };
            int found;
            do
                found = Poll(ref watched, 1, -1);
            while (found < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            if (found > 0)
                Tell(onClosed);
        })
        { IsBackground = true, Name = "output" }.Start();
        return new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }

    private static void Tell(Action onClosed)
    {
        try
        {
            onClosed();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself just now.
        }
    }

    public static bool IsBroken(IOException failure) => failure.HResult == BrokenPipe;

    /// <summary>poll(2) for no event but those that always count: the reader is gone.</summary>
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Watched watched, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int File;
        public short Wanted;
        public short Found;
    }
}
