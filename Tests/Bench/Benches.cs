using System.Collections.Immutable;

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
    ];
}
