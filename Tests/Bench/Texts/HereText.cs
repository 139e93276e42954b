using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>
/// Edits of one text through a project in this process, each submitted when the one before is acknowledged: written as JSON, read, decided, folded,
/// journalled in memory, put on the tape, answered, and the answer read. No socket: the form in which others measure themselves.
/// </summary>
internal sealed class HereText(Typing typing)
{
    private const string Project = "p0";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly Utf8Buffer _json = new();
    private readonly WireCodec _codec = new(WireLimits.Default);

    /// <returns>Seconds from the first command to the last answer.</returns>
    public async Task<double> MeasureAsync()
    {
        using var stopping = new CancellationTokenSource();
        var journal = new MemoryJournal(BenchJournals.NewEpoch);
        var loop = await ProjectLoop.OpenAsync(Project, journal, new(), new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, stopping.Token);
        var running = Task.Run(() => loop.RunAsync(stopping.Token));
        var writer = new BenchWriter("w0", Project, loop, new(typing.Edits.Count + 1), Next);
        var began = Stopwatch.GetTimestamp();
        writer.Enter();
        await writer.Done.WaitAsync(s_patience);
        var time = Stopwatch.GetElapsedTime(began);
        await stopping.CancelAsync();
        await running.WaitAsync(s_patience);
        await JournalCheck.CompareAsync(journal, Project, new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal) { ["w0"] = writer.Acked });
        return time.TotalSeconds;
    }

    private Command Next(long n, long seq)
    {
        Command command = n == 1
            ? new Command.Create("text", "card", JsonFields.Parse("""{"notes":{"$text":""}}"""u8))
            : new Command.Edit("text", "notes", seq, typing.Edits[(int)n - 2]);
        _json.Clear();
        WireCodec.Encode(_json, new ClientMessage.Submit(Project, n, command));
        return _codec.TryDecode(_json.Written, out ClientMessage? message, out _) && message is ClientMessage.Submit submit
            ? submit.Command
            : throw new BrokenPromiseException("A command was not understood.");
    }
}
