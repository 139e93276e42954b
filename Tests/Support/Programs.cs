using System.Diagnostics;

namespace EventOnly.Tests.Support;

/// <summary>Programs of other languages that a test runs to their end.</summary>
internal static class Programs
{
    /// <summary>Runs JavaScript as a module beside the JavaScript tests; what it said. It has half a minute.</summary>
    public static async Task<string> RunNodeAsync(string code)
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["--input-type=module", "-e", code])
        {
            WorkingDirectory = Repository.PathOf("Tests", "Web"), RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var (output, errors) = (node.StandardOutput.ReadToEndAsync(deadline.Token), node.StandardError.ReadToEndAsync(deadline.Token));
        await node.WaitForExitAsync(deadline.Token);
        node.ExitCode.Should().Be(0, await errors);
        return await output;
    }
}
