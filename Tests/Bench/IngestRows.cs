namespace EventOnly.Tests.Bench;

/// <summary>What an event costs before it reaches the journal, and how that grows with the project.</summary>
internal static class IngestRows
{
    /// <summary>Warm-ups at most, and how many in a row must be no faster than the best before.</summary>
    private const int WarmUpsMax = 12, FlatWarmUps = 2;

    public static Task RunAsync(BenchRun run)
    {
        foreach (var batch in (int[])[128, 1])
        {
            var costs = new List<(int Entities, IngestCost Cost)>();
            foreach (var entities in run.Sizes.IngestEntities)
            {
                run.Tell($"{entities:N0} entities, batches of {batch}");
                var ingest = new IngestCase(entities, batch);
                WarmUp(ingest, run.Sizes.WarmUpTime);
                costs.Add((entities, Median(Enumerable.Range(0, 3).Select(_ => ingest.Measure(run.Sizes.RowTime / 4)).ToList())));
            }
            foreach (var (entities, cost) in costs)
                run.Add(ToRow(entities, batch, cost, costs[0].Cost));
        }
        return Task.CompletedTask;
    }

    /// <summary>The runtime compiles anew what is called often, when it finds the time: measured is what it has done with.</summary>
    private static void WarmUp(IngestCase ingest, TimeSpan time)
    {
        var best = double.MaxValue;
        for (var (round, flat) = (0, 0); round < WarmUpsMax && flat < FlatWarmUps; round++)
        {
            var ns = Ns(ingest.Measure(time));
            flat = ns < best * 0.9 ? 0 : flat + 1;
            best = Math.Min(best, ns);
        }
    }

    private static IngestCost Median(List<IngestCost> costs) => costs.OrderBy(Ns).ElementAt(costs.Count / 2);

    private static double Ns(IngestCost cost) => cost.DecodeNs + cost.DecideNs + cost.CommitNs;

    private static Row ToRow(int entities, int batch, IngestCost cost, IngestCost least) => new(
        "An update of 200 bytes, in process", $"{entities:N0} entities, {(batch == 1 ? "one at a time" : $"{batch} in a turn")}",
        new Figure("decode", cost.DecodeNs, "ns"),
        new Figure("decide, fold, encode", cost.DecideNs, "ns"),
        new Figure("commit", cost.CommitNs, "ns"),
        Figure.AtMost("together", Ns(cost), 2000, "ns"),
        Figure.AtMost("allocated", cost.Bytes, 600, "bytes"),
        new Figure("at commit", cost.CommitBytes, "bytes"),
        Figure.AtMost("against the fewest entities", Ns(cost) / Ns(least), 1.5, "times"));
}
