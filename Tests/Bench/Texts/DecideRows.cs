using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>What an edit costs where it is decided and folded, in this process and on one thread, without its bytes on the wire.</summary>
internal static class DecideRows
{
    private const string Session = "0123456789012345678901";

    /// <summary>Passes at most, and how many in a row must be no faster than the best before: the runtime compiles anew what is called often.</summary>
    private const int WarmUpsMax = 8, FlatWarmUps = 2;

    public static void Measure(BenchRun run, Typing typing)
    {
        run.Tell($"decide and fold {typing.Edits.Count:N0} edits");
        var (best, flat) = (0.0, 0);
        for (var pass = 0; pass < WarmUpsMax && flat < FlatWarmUps; pass++)
        {
            var (rate, _) = Play(typing);
            flat = rate > best * 1.1 ? 0 : flat + 1;
            best = Math.Max(best, rate);
        }
        var (rates, bytes) = (new Samples(), new Samples());
        for (var round = 0; round < Math.Max(3, run.Sizes.Rounds); round++)
        {
            var (rate, allocated) = Play(typing);
            rates.Add(rate);
            bytes.Add(allocated);
        }
        run.Add(new(
            "Decide and fold single edits, in process", $"{typing.Name}, {typing.Edits.Count:N0} edits",
            Figure.AtLeast("edits/s", rates.Median, 500_000),
            new("an edit", 1e9 / rates.Median, "ns"),
            new("allocated", bytes.Median, "bytes"),
            new("spread", rates.SpreadPercent, "%")));
    }

    /// <summary>All edits of a session as commands to a text that is empty at first.</summary>
    private static (double Rate, double Bytes) Play(Typing typing)
    {
        var state = TextOf(TextBuffer.Empty);
        var commands = new Command.Edit[typing.Edits.Count]; // as they come from the wire: not part of what is measured
        for (var i = 0; i < commands.Length; i++)
            commands[i] = new("text", "notes", i + 1, typing.Edits[i]);
        var changes = new List<Change>();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < commands.Length; i++)
            Edit(state, commands[i], changes, StateLimits.Default);
        var time = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (!string.Equals(state.Find("text")!.Texts["notes"]!.Text.ToString(), typing.End, StringComparison.Ordinal))
            throw new BrokenPromiseException("The edits lead to another text.");
        return (commands.Length / time.TotalSeconds, allocated / (double)commands.Length);
    }

    /// <summary>Single characters put in and taken away in a long text; each is timed by itself.</summary>
    public static void MeasureLong(BenchRun run)
    {
        var limits = StateLimits.Default with { TextUnits = int.MaxValue, ProjectBytes = long.MaxValue };
        var units = run.Sizes.LongTextUnits;
        var text = TextBuffer.From(new string('x', units));
        (string Name, Func<Random, int, int> Place)[] cases =
        [
            ("two writers far apart, in turns", (_, edit) => (edit % 2 == 0 ? units / 4 : units / 4 * 3) + (edit / 4)),
            ("anywhere", (chance, _) => chance.Next(units - run.Sizes.LongTextEdits)),
        ];
        foreach (var (name, place) in cases)
        {
            run.Tell($"edits in a text of {units:N0} units, {name}");
            Time(run.Sizes.LongTextEdits / 4);
            var durations = Time(run.Sizes.LongTextEdits);
            run.Add(new(
                $"One edit in a text of {units:N0} units, in process", name,
                Figure.Below("median", durations.PercentileMs(50) * 1000, 5, "µs"),
                new("p99", durations.PercentileMs(99) * 1000, "µs"),
                new("p99.9", durations.PercentileMs(99.9) * 1000, "µs")));

            Histogram Time(int edits)
            {
                var (state, chance, changes, histogram) = (TextOf(text), new Random(1), new List<Change>(), new Histogram());
                for (var i = 0; i < edits; i++)
                {
                    var at = place(chance, i);
                    var command = new Command.Edit("text", "notes", state.Seq, i % 4 == 3 ? Delta.Replace(at, 1, "") : Delta.Replace(at, 0, "y"));
                    var began = Stopwatch.GetTimestamp();
                    Edit(state, command, changes, limits);
                    histogram.AddNs((long)((Stopwatch.GetTimestamp() - began) * 1e9 / Stopwatch.Frequency));
                }
                return histogram;
            }
        }
    }

    /// <summary>A project with one text, at seq 1.</summary>
    public static StateBuilder TextOf(TextBuffer text) => new(ProjectState.FromSnapshot(1, [new("text", "card", 1, JsonFields.Empty, EntityTexts.None.With("notes", new(text, 1)))]));

    /// <summary>The next event of a project.</summary>
    public static void Edit(StateBuilder state, Command.Edit edit, List<Change> changes, StateLimits limits)
    {
        var seq = state.Seq + 1;
        if (Decider.Decide(state, edit, seq, limits, changes) is { } refusal)
            throw new BrokenPromiseException($"An edit was refused: {refusal.Message}");
        state.Settle(seq, 1_763_712_000_000 + seq, Session, seq);
    }
}
