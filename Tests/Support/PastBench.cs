using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Tests.Server.Journals;

namespace EventOnly.Tests.Support;

/// <summary>Journals to look back into: in memory, or as small files on a simulated disk.</summary>
internal sealed class PastBench(string kind) : IDisposable
{
    public const string Memory = "memory", Files = "files";

    private readonly List<JournalBench> _benches = [];

    public IJournal AJournal()
    {
        if (kind == Memory)
            return Given.AJournal();
        var bench = new JournalBench(new(Given.Chance(1)), new() { SegmentBytesMax = 1024, SnapshotEvents = 1 });
        _benches.Add(bench);
        return bench.Journal;
    }

    /// <summary>A journal of so many events, each about an entity of its own.</summary>
    public async Task<IJournal> FilledAsync(int events, string text = "")
    {
        var journal = AJournal();
        foreach (var chunk in Enumerable.Range(1, events).Chunk(1000))
            await journal.AppendAsync(Given.ProjectId, chunk[0] - 1, [.. chunk.Select(seq => Given.Line(seq, Created(seq, text)))], default);
        return journal;
    }

    public static long SeqOf(ReadOnlyMemory<byte> json) => new WireCodec(WireLimits.Trusted).TryDecodeEvent(json.Span)!.Seq;

    private static string Created(int seq, string text) =>
        $$$"""{"type":"create","project":"apollo","seq":{{{seq}}},"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":{{{seq}}},"entity":"e{{{seq}}}","kind":"card","version":{{{seq}}},"data":{"text":"{{{text}}}"}}""";

    public void Dispose()
    {
        foreach (var bench in _benches)
        {
            bench.Close();
            bench.Log.AssertNothingUnannounced();
        }
    }
}
