using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using EventOnly.Tools.Replay;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools.Traces;

/// <summary>Plays traces for the command line: through a server what a server can play, in this process what none can.</summary>
internal static class TraceRun
{
    /// <exception cref="TraceException">A file is none.</exception>
    /// <exception cref="ServerException">There is no server to be had.</exception>
    public static async Task<int> RunAsync(
        IReadOnlyList<FileInfo> files, Func<Task<Uri>> server, TraceOptions options, bool isQuiet, TextWriter output, TextWriter error, CancellationToken ct)
    {
        var exitCode = ExitCode.Ok;
        foreach (var file in files)
        {
            var (passed, told) = await Terminal.WithProgressAsync($"replay {EventLine.Harmless(file.Name)}", isQuiet, async progress => TraceReader.Read(file) switch
            {
                ConcurrentTrace trace => PlayHere(trace),
                SequentialTrace trace => await PlayAsync(trace, await server(), options with { OnEdit = edit => progress(edit / (double)trace.Edits.Count) }, ct),
                _ => throw new UnreachableException(),
            });
            await (passed ? output : error).WriteLineAsync(told);
            exitCode = passed ? exitCode : ExitCode.Failed;
        }
        return exitCode;
    }

    private static async Task<(bool Passed, string Told)> PlayAsync(SequentialTrace trace, Uri uri, TraceOptions options, CancellationToken ct)
    {
        var verdict = await TracePlayer.PlayAsync(trace, uri, options, ct);
        return (verdict.Passed, verdict.ToString());
    }

    /// <summary>Its authors have several edits under way at once, which no client of this server does.</summary>
    internal static (bool Passed, string Told) PlayHere(ConcurrentTrace trace)
    {
        var began = Stopwatch.GetTimestamp();
        var text = trace.Play().ToString();
        var elapsed = Stopwatch.GetElapsedTime(began);
        var isRecorded = text.Length == trace.EndLength
            && string.Equals(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), trace.EndSha256, StringComparison.OrdinalIgnoreCase);
        var told = isRecorded
            ? FormattableString.Invariant($"passed {trace.Name}: {trace.Edits.Count:N0} edits of 2 writers at once, transformed in this process without a server, the later one left, in {elapsed.TotalSeconds:0.0} s: {trace.Edits.Count / elapsed.TotalSeconds:N0} edits/s; they lead to the recorded text")
            : FormattableString.Invariant($"FAILED {trace.Name}: its edits lead to another text than was recorded, of {text.Length} units instead of {trace.EndLength}");
        return (isRecorded, EventLine.Harmless(told));
    }
}
