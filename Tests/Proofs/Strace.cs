using System.Diagnostics;
using System.Globalization;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Proofs;

/// <summary>strace at a live process, all its threads: watches its system calls, or has them fail or wait. Ends by itself where the process does.</summary>
internal sealed class Strace : IAsyncDisposable
{
    /// <summary>Attaching stops every thread once, which a busy machine makes wait.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _rest;

    private Strace(Process process)
    {
        _process = process;
        _rest = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Attaches; when this completes it is at work. Skips the test where that is not possible here.</summary>
    public static async Task<Strace> AttachAsync(int process, params string[] arguments)
    {
        var start = new ProcessStartInfo("strace", ["-f", .. arguments, "-p", process.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true, UseShellExecute = false };
        Process? strace = null;
        try
        {
            strace = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Lacking.Skip($"strace is missing: {missing.Message}");
        }
        var said = await strace!.StandardError.ReadLineAsync().WaitAsync(s_patience);
        if (said is null || !said.Contains("attached", StringComparison.Ordinal))
            Lacking.Skip($"strace cannot attach to a process here: {said}");
        return new(strace);
    }

    /// <summary>Lets go of the process, which goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        await _rest.WaitAsync(s_patience);
        _process.Dispose();
    }
}
