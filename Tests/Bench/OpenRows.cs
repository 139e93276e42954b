using System.Collections.Immutable;
using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Bench;

/// <summary>How long a project takes from its files to its first member: every line checked, every event folded.</summary>
internal static class OpenRows
{
    public const string Project = "p0";
    public const string Section = "Opening a project";
    private const int Rounds = 3;

    /// <summary>An update's line has about 250 bytes.</summary>
    private static readonly ImmutableArray<JsonFields> s_patches = [.. Enumerable.Range(0, 16).Select(i => JsonFields.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""{"column":"doing","title":"The quick brown fox jumps over the lazy dog {{i:D2}}"}""")))];

    public static Task ReplayAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"replay of {run.Sizes.ReplayEvents} events");
        await FillAsync(folder, run.Sizes.ReplayEvents, run.Sizes.ReplayEntities);
        var opened = await OpenAsync(folder);
        run.Add(new(
            Section, $"{run.Sizes.ReplayEvents:N0} updates of {run.Sizes.ReplayEntities:N0} entities, without a snapshot",
            new Figure("ms", opened.Total.TotalMilliseconds, "ms"),
            Figure.AtLeast("events/s", run.Sizes.ReplayEvents / opened.Total.TotalSeconds, 500_000),
            new Figure("checking the files", opened.Checked.TotalMilliseconds, "ms")));
    });

    public static Task RestartAsync(BenchRun run) => run.InFolderAsync(async folder =>
    {
        run.Tell($"open of {run.Sizes.RestartEvents} events");
        await FillAsync(folder, run.Sizes.RestartEvents, run.Sizes.ReplayEntities);
        var opened = await OpenAsync(folder);
        run.Add(new(
            Section, $"{run.Sizes.RestartEvents:N0} updates of {run.Sizes.ReplayEntities:N0} entities, as after a kill",
            Figure.Below("ms", opened.Total.TotalMilliseconds, 1000, "ms"),
            new Figure("events/s", run.Sizes.RestartEvents / opened.Total.TotalSeconds),
            new Figure("checking the files", opened.Checked.TotalMilliseconds, "ms")));
    });

    /// <summary>The median of some openings, each by a new journal; the system has the files in memory.</summary>
    public static async Task<(TimeSpan Total, TimeSpan Checked)> OpenAsync(string folder)
    {
        var times = new List<(TimeSpan Total, TimeSpan Checked)>();
        for (var round = 0; round < Rounds; round++)
        {
            using var journal = BenchJournals.Open(folder, new(new DiskFiles()));
            var began = Stopwatch.GetTimestamp();
            var head = await journal.OpenAsync(Project, CancellationToken.None);
            var isChecked = Stopwatch.GetElapsedTime(began);
            var loop = await ProjectLoop.OpenAsync(Project, journal, new(), new(), TimeProvider.System, NullLogger.Instance, ServerMetrics.Unwatched, CancellationToken.None);
            times.Add((Stopwatch.GetElapsedTime(began), isChecked));
            if (loop.Floor != head.Floor)
                throw new BrokenPromiseException("The project that was opened is not the journal's.");
        }
        return times.OrderBy(time => time.Total).ElementAt(Rounds / 2);
    }

    /// <summary>Creates of all entities, then updates of one after the other.</summary>
    /// <param name="after">The events that are there already.</param>
    public static async Task FillAsync(string folder, int events, int entities, long after = 0)
    {
        using var journal = BenchJournals.OpenWithoutSync(folder);
        var output = new Utf8Buffer();
        var ends = new List<int>();
        for (var seq = after + 1; seq <= after + events;)
        {
            var before = seq - 1;
            output.Clear();
            ends.Clear();
            for (; seq <= after + events && ends.Count < 1000; seq++)
            {
                WireCodec.Encode(output, Project, EventOf(seq, entities));
                ends.Add(output.Length);
            }
            var entries = ends.Select((end, i) => new JournalEntry(before + 1 + i, output.WrittenMemory[(i == 0 ? 0 : ends[i - 1])..end])).ToArray();
            var result = await journal.AppendAsync(Project, before, entries, CancellationToken.None);
            if (result.Outcome != AppendOutcome.Committed)
                throw new BrokenPromiseException($"The journal does not take what is to be opened: {result.Outcome}.");
        }
    }

    private static ProjectEvent EventOf(long seq, int entities)
    {
        var entity = $"entity-{seq % entities:D6}";
        var patch = s_patches[(int)(seq % s_patches.Length)];
        Change change = seq <= entities ? new Change.Created(entity, "card", seq, patch) : new Change.Patched(entity, seq, patch);
        return new(seq, 1_763_712_000_000 + seq, "bench", "AAAAAAAAAAAAAAAAAAAAAA", seq, false, [change]);
    }
}
