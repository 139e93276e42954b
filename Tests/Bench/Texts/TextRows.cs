using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>Texts that several write together.</summary>
internal static class TextRows
{
    private const string ShareDb = "ShareDB, in process", Here = "EventOnly, in process", Live = "EventOnly, live", LiveMany = "EventOnly, live, texts at once";

    /// <summary>Edits that a program makes before its time is taken.</summary>
    private const int WarmUpEdits = 4000;

    public static async Task RunAsync(BenchRun run)
    {
        var typing = Typing.Load(run);
        run.Attempt("decide", () => DecideRows.Measure(run, typing));
        run.Attempt("long text", () => DecideRows.MeasureLong(run));
        await CompareAsync(run, typing);
        run.Attempt("window", () => WindowRows.Measure(run));
        run.Attempt("script", () => MeasureScript(run, typing));
    }

    /// <summary>Submitted and acknowledged, each in every round, so that what happens on the machine meanwhile happens to all of them.</summary>
    private static async Task CompareAsync(BenchRun run, Typing typing)
    {
        var compared = typing.Take(run.Sizes.ComparedEdits);
        var script = run.Sizes.HasPeers ? new PeerServers(run).ShareDb() : null;
        var rates = new[] { ShareDb, Here, Live, LiveMany }.ToDictionary(name => name, _ => new Samples(), StringComparer.Ordinal);
        var paced = new Dictionary<string, List<Paced>>(StringComparer.Ordinal) { [Live] = [], [LiveMany] = [] };
        for (var round = 0; round < run.Sizes.Rounds; round++)
        {
            run.Tell($"edits acknowledged, round {round + 1} of {run.Sizes.Rounds}");
            if (script is not null)
                run.Attempt(ShareDb, () => rates[ShareDb].Add(compared.Edits.Count / ScriptRun.Measure(run, script, compared).GetProperty("seconds").GetDouble()));
            run.Attempt(Here, () => rates[Here].Add(MeasureHereAsync(compared).GetAwaiter().GetResult()));
            await LoadThread.RunAsync(() =>
            {
                foreach (var (name, texts) in new[] { (Live, 1), (LiveMany, run.Sizes.LiveTexts) })
                {
                    run.Attempt(name, () =>
                    {
                        var measured = new LiveText(texts, typing).Measure(run, $"r{round}-{texts}");
                        paced[name].Add(measured);
                        rates[name].Add(measured.Stretch.AcknowledgedPerSecond);
                    });
                }
            });
        }
        Tell(run, compared, rates, paced);
    }

    private static async Task<double> MeasureHereAsync(Typing typing)
    {
        await new HereText(typing.Take(WarmUpEdits)).MeasureAsync();
        return typing.Edits.Count / await new HereText(typing).MeasureAsync();
    }

    private static void Tell(BenchRun run, Typing compared, Dictionary<string, Samples> rates, Dictionary<string, List<Paced>> paced)
    {
        var all = rates.Where(rate => rate.Value.Count > 0).ToDictionary(rate => rate.Key, rate => rate.Value.Median, StringComparer.Ordinal);
        foreach (var name in (string[])[ShareDb, Here])
        {
            if (!all.TryGetValue(name, out var rate))
                continue;
            run.Add(new(
                "Submit to acknowledgement, in process, one edit in flight", $"{name}, the first {compared.Edits.Count:N0} edits",
                new("edits/s", rate),
                FanOutRows.Times("× ShareDB", rate, all, ShareDb, name == Here ? 20 : null),
                new("spread", rates[name].SpreadPercent, "%")));
        }
        var better = all.GetValueOrDefault(Live) > all.GetValueOrDefault(LiveMany) ? Live : LiveMany;
        foreach (var (name, measured) in paced)
        {
            if (!all.TryGetValue(name, out var rate))
                continue;
            run.Add(new(
                "Through the live server: one client over loopback, durability os, one edit in flight for each text", name == Live ? "EventOnly, 1 text" : $"EventOnly, {run.Sizes.LiveTexts} texts",
                name == better ? Figure.AtLeast("edits/s", rate, 10_000) : new("edits/s", rate),
                FanOutRows.Times("× ShareDB in process", rate, all, ShareDb, name == better ? 20 : null),
                new("p50", Median(measured, one => one.Durations.PercentileMs(50)), "ms"),
                new("p99", Median(measured, one => one.Durations.PercentileMs(99)), "ms"),
                new("CPU", Median(measured, one => one.Stretch.CpuUsPerAck), "µs"),
                new("spread", rates[name].SpreadPercent, "%"),
                new("load's CPU", Median(measured, one => one.Stretch.LoadPercent), "%")));
        }
    }

    private static double Median(List<Paced> measured, Func<Paced, double> figure)
    {
        var samples = new Samples();
        measured.ForEach(one => samples.Add(figure(one)));
        return samples.Median;
    }

    private static void MeasureScript(BenchRun run, Typing typing)
    {
        run.Tell("the algebra in JavaScript");
        var measured = ScriptRun.Measure(run, Path.Combine(AppContext.BaseDirectory, "Peers", "texts", "delta.js"), typing);
        run.Add(new(
            "The same algebra in JavaScript, under node", $"{typing.Name}, {typing.Edits.Count:N0} edits",
            new("applied/s", typing.Edits.Count / measured.GetProperty("applied").GetDouble()),
            new("transformed/s", measured.GetProperty("transforms").GetInt32() / measured.GetProperty("transformed").GetDouble())));
    }
}
