using System.Runtime.InteropServices;

namespace EventOnly.Tools.Load;

/// <summary>Short sleeps of a thread that has nothing else to do, finer than the milliseconds of a timer.</summary>
internal static partial class Nap
{
    /// <summary>Sleeps about so long; a millisecond where the system knows no shorter.</summary>
    public static void For(TimeSpan duration, WaitHandle over)
    {
        var micros = (long)duration.TotalMicroseconds;
        if (micros <= 0)
            return;
        if (OperatingSystem.IsWindows() || micros > 20_000)
        {
            over.WaitOne(TimeSpan.FromMilliseconds(Math.Clamp(micros / 1000.0, 1, 20)));
            return;
        }
        var time = new Timespec { Nanoseconds = (nint)micros * 1000 };
        _ = NanoSleep(ref time, 0); // a signal may end it early: whoever sleeps looks at the clock again
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(ref Timespec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
