using System.Runtime.InteropServices;

namespace EventOnly.Tests.Bench.Load;

/// <summary>The one thread that a load runs on, on the last core; servers have the first. Interrupting it ends the servers too.</summary>
internal static class LoadThread
{
    public static int Core { get; } = Math.Min(Environment.ProcessorCount, 1024) - 1;

    /// <exception cref="NotMeasurableException">This is not a machine for it.</exception>
    public static async Task RunAsync(Action work)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            throw new NotMeasurableException("The load needs Linux on 64 bits: it uses epoll.");
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Run(work, done));
        thread.Start();
        await done.Task;
    }

    /// <summary>The load finds its servers gone, and unwinds: so nothing stays behind.</summary>
    private static void End(PosixSignalContext context)
    {
        context.Cancel = true;
        ServerProcess.EndAll();
    }

    private static void Run(Action work, TaskCompletionSource done)
    {
        Libc.TryPin(Core);
        try
        {
            work();
            done.SetResult();
        }
#pragma warning disable CA1031 // It is told to who awaits.
        catch (Exception wrong)
#pragma warning restore CA1031
        {
            done.SetException(wrong);
        }
    }
}

/// <summary>This machine cannot measure that; the message says why.</summary>
internal sealed class NotMeasurableException(string message) : Exception(message);
