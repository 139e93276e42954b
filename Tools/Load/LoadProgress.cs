using System.Globalization;

namespace EventOnly.Tools.Load;

/// <summary>One line a second about a load that runs: on a terminal always the same line, else a new one each time.</summary>
internal sealed class LoadProgress(LoadSite site, LoadRun run, TextWriter output, bool isTerminal)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly long _begun = site.Time.GetTimestamp();
    private long _lookedAt = site.Time.GetTimestamp();
    private long _acknowledged;
    private long _deliveries;
    private Histogram _durations = new();

    /// <summary>Until the load is over.</summary>
    public async Task RunAsync(CancellationToken over)
    {
        while (true)
        {
            await Task.Delay(s_second, site.Time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
                break;
            var line = Line();
            if (isTerminal)
                await output.WriteAsync($"\r\x1b[2K{line}");
            else
                await output.WriteLineAsync(line);
        }
        if (isTerminal)
            await output.WriteAsync("\r\x1b[2K");
    }

    /// <summary>What happened since it was asked the last time.</summary>
    internal string Line()
    {
        var (tally, seconds) = (site.Tally, Math.Max(0.001, site.Time.GetElapsedTime(_lookedAt).TotalSeconds));
        _lookedAt = site.Time.GetTimestamp();
        var (acknowledged, deliveries) = (tally.Acknowledged, tally.Deliveries + tally.BroadcastsHeard);
        var all = site.Deliveries.Read().Durations;
        var last = new Histogram();
        last.Add(all);
        last.Subtract(_durations);
        var lag = Math.Max(0, (run.Pacer?.Due ?? 0) - tally.PlannedDone);
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{site.Time.GetElapsedTime(_begun).TotalSeconds,4:0} s {run.Phase,-8}{tally.Connected,7:N0} connected {(acknowledged - _acknowledged) / seconds,8:N0} events/s {(deliveries - _deliveries) / seconds,10:N0} deliveries/s  p50 {last.PercentileMs(50),7:0.00} p99 {last.PercentileMs(99),8:0.00} ms  lag {lag:N0}  errors {site.Breaches.Count:N0}");
        (_acknowledged, _deliveries, _durations) = (acknowledged, deliveries, all);
        return line;
    }
}
