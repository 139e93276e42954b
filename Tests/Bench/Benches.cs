using System.Collections.Immutable;
using EventOnly.Tests.Bench.Texts;

namespace EventOnly.Tests.Bench;

/// <summary>One bench by its name on the command line.</summary>
internal sealed record BenchEntry(string Name, string Summary, Func<BenchRun, Task> RunAsync);

/// <summary>All benches there are. A new one is a file of its rows and a line here.</summary>
internal static class Benches
{
    public static ImmutableArray<BenchEntry> All { get; } =
    [
        new("journal", "appends, group commit, opening of projects, beside the disk's own fdatasync", JournalRows.RunAsync),
        new("ingest", "what an event costs from its bytes to the draft, by stage and by the size of its project", IngestRows.RunAsync),
        new("fanout", "one event to many: as fast as it goes, at a pace, with slow members, with more members; beside SignalR, npm ws, Socket.IO and C", FanOutRows.RunAsync),
        new("acks", "from command to answer, beside SignalR, Socket.IO and npm ws", AckRows.RunAsync),
        new("text", "texts that several write: deciding and folding edits, through the live server, beside ShareDB; long texts, and what is kept of the past", TextRows.RunAsync),
        new("telemetry", "what it costs to be watched: fan-out and acks with an exporter, beside the same without", TelemetryRows.RunAsync),
        new("projects", "many small projects at once", ProjectsRows.RunAsync),
        new("connections", "what an idle one costs, how fast they come, and many joins at once, beside SignalR", ConnectionsRows.RunAsync),
        new("start", "from nothing to ready, and the memory then", StartRows.RunAsync),
        new("all", "all of them; in the short form without the journal, which takes longer than the others together", RunAllAsync),
    ];

    private static async Task RunAllAsync(BenchRun run)
    {
        if (run.Sizes.IsShort)
            run.Note("`journal` is left out: it takes longer than all others together.");
        foreach (var bench in All.Where(bench => bench.Name != "all" && !(bench.Name == "journal" && run.Sizes.IsShort)))
            await BenchProgram.MeasureAsync(bench, run);
    }
}
