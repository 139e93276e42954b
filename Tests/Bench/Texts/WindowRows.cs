using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>The memory of what a text keeps of its past, once it keeps as much as it may, beside the bound that is told: the bound is counted, this is measured.</summary>
internal static class WindowRows
{
    /// <summary>Edits that are made: more than are kept.</summary>
    private const int Edits = 6000;

    public static void Measure(BenchRun run)
    {
        (string Name, Func<int, Delta> Make)[] cases =
        [
            ("edits of one character", edit => Delta.Replace(edit, 0, new string('y', 1))),
            ("edits of 1,000 characters", edit => Delta.Replace(edit, 0, new string('y', 1000))),
            ("edits of 100 steps", Scattered),
        ];
        foreach (var (name, make) in cases)
        {
            run.Tell($"window of {name}");
            var full = Enumerable.Range(0, run.Sizes.WindowTexts).Select(_ => Fill(make)).ToArray();
            var (kept, counted) = (full[0].Window.Count, full[0].Window.Bytes);
            var bare = Array.ConvertAll(full, text => new SharedText(text.Text, text.Born));
            var with = Look(full);
            Array.Clear(full);
            var without = Look(bare);
            run.Add(new(
                "What a text keeps of its past, at its bound, in process", name,
                Figure.AtMost("memory", (with - without) / (double)full.Length, StateLimits.Default.TextWindowBytes, "bytes"),
                new("counted", counted, "bytes"),
                new("edits kept", kept)));
            GC.KeepAlive(bare);
        }
    }

    private static SharedText Fill(Func<int, Delta> make)
    {
        var (state, changes) = (DecideRows.TextOf(TextBuffer.From(new string('x', 10_000))), new List<Change>());
        var limits = StateLimits.Default with { TextUnits = int.MaxValue, ProjectBytes = long.MaxValue };
        for (var i = 0; i < Edits; i++)
            DecideRows.Edit(state, new("text", "notes", state.Seq, make(i)), changes, limits);
        return state.Find("text")!.Texts["notes"]!;
    }

    /// <summary>A character put in at fifty places.</summary>
    private static Delta Scattered(int edit)
    {
        var builder = new DeltaBuilder();
        for (var i = 0; i < 50; i++)
            builder.Retain(1 + (edit % 7)).Insert(new string('y', 1));
        return builder.Build();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Look(SharedText[] held)
    {
        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(held);
        return bytes;
    }
}
