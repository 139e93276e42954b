using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EventOnly.Tools.Load;

/// <summary>What came of a load. As JSON its names are stable and carry their units; docs/load.md explains them.</summary>
internal sealed record LoadReport(JsonObject Json, IReadOnlyList<Breach> Broken, long BrokenCount, long Published, bool IsComplete)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Where nothing was published, or it was stopped, nothing good is shown either.</summary>
    public int ExitCode => BrokenCount > 0 ? Tools.ExitCode.Failed : Published > 0 && IsComplete ? Tools.ExitCode.Ok : Tools.ExitCode.WrongUsage;

    public string ToJson() => Json.ToJsonString(s_indented);

    public static LoadReport Of(LoadSite site, Usage used, TimeSpan ramp, TimeSpan settled, bool isComplete)
    {
        var (plan, tally, breaches) = (site.Plan, site.Tally, site.Breaches);
        var (seconds, broken) = (used.Elapsed.TotalSeconds, breaches.Kept);
        var json = new JsonObject
        {
            ["format"] = 1,
            ["startedAt"] = site.Time.GetUtcNow().Subtract(used.Elapsed + ramp + settled).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["isComplete"] = isComplete,
            ["url"] = site.Uri.ToString(),
            ["plan"] = PlanOf(plan),
            ["elapsed"] = new JsonObject { ["rampMs"] = Round(ramp.TotalMilliseconds), ["publishMs"] = Round(used.Elapsed.TotalMilliseconds), ["settleMs"] = Round(settled.TotalMilliseconds) },
            ["connections"] = new JsonObject
            {
                ["opened"] = tally.Opened, ["resumed"] = tally.Resumed, ["resynced"] = tally.Resynced,
                ["ends"] = CountsOf(tally.Ends),
            },
            ["commands"] = new JsonObject
            {
                ["sent"] = tally.Sent, ["acknowledged"] = tally.Acknowledged, ["retried"] = tally.Retried, ["rejects"] = CountsOf(tally.Rejects), ["perSecond"] = Round(used.Sent / seconds),
            },
            ["deliveries"] = new JsonObject
            {
                ["count"] = tally.Deliveries, ["caughtUp"] = tally.CaughtUp, ["toSlow"] = tally.SlowDeliveries,
                ["perSecond"] = Round(used.Deliveries / seconds), ["receivedBytes"] = tally.ReceivedBytes,
            },
            ["broadcasts"] = new JsonObject
            {
                ["sent"] = tally.BroadcastsSent, ["skipped"] = tally.BroadcastsSkipped, ["deliveries"] = tally.BroadcastsHeard,
                ["deliveriesPerSecond"] = Round(used.Broadcasts / seconds),
            },
            ["sendLag"] = SpreadOf(site.Lags),
            ["ackLatency"] = SpreadOf(site.Acks),
            ["deliveryLatency"] = SpreadOf(site.Deliveries),
            ["caughtUpLatency"] = SpreadOf(site.CatchUps),
            ["broadcastLatency"] = SpreadOf(site.Broadcasts),
            ["process"] = ProcessOf(used),
            ["verified"] = new JsonObject
            {
                ["members"] = tally.Verified.Members, ["folded"] = tally.Verified.Folded, ["projects"] = tally.Verified.Projects,
            },
            ["brokenCount"] = breaches.Count,
            ["broken"] = new JsonArray([.. broken.Select(breach => new JsonObject
            {
                ["promise"] = breach.Promise, ["client"] = breach.Client, ["project"] = breach.Project, ["seq"] = breach.Seq, ["detail"] = breach.Detail,
            })]),
        };
        return new(json, broken, breaches.Count, used.Sent + tally.BroadcastsSent, isComplete);
    }

    private static JsonObject PlanOf(LoadPlan plan) => new()
    {
        ["clients"] = plan.Clients, ["projects"] = plan.Projects, ["ratePerSecond"] = plan.Rate,
        ["mix"] = new JsonObject(plan.Mix.Weights.OrderBy(weight => weight.Key).Select(weight => KeyValuePair.Create(Mix.WordOf(weight.Key), (JsonNode?)weight.Value))),
        ["rampMs"] = plan.Ramp.TotalMilliseconds, ["durationMs"] = plan.Duration.TotalMilliseconds, ["settleMs"] = plan.Settle.TotalMilliseconds,
        ["slowClients"] = plan.SlowCount, ["reconnectStorm"] = plan.ReconnectStorm, ["seed"] = plan.Seed, ["foldPerProject"] = Math.Min(plan.FoldPerProject, plan.Clients),
        ["payloadBytes"] = plan.PayloadBytes,
    };

    private static JsonObject CountsOf(IReadOnlyDictionary<string, long> counts) =>
        new(counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => KeyValuePair.Create(count.Key, (JsonNode?)count.Value)));

    private static JsonObject SpreadOf(Latencies latencies)
    {
        var spread = latencies.Read();
        return new()
        {
            ["count"] = spread.Count, ["p50Ms"] = Round(spread.Ms(50)), ["p90Ms"] = Round(spread.Ms(90)), ["p99Ms"] = Round(spread.Ms(99)),
            ["p999Ms"] = Round(spread.Ms(99.9)), ["maxMs"] = Round(spread.MaxMs),
        };
    }

    private static JsonObject ProcessOf(Usage used)
    {
        using var process = Process.GetCurrentProcess();
        var heard = Math.Max(1, used.Deliveries + used.Broadcasts);
        return new()
        {
            ["cores"] = Environment.ProcessorCount,
            ["loadCpuMs"] = Round(used.Client.TotalMilliseconds), ["loadCpuUsPerDelivery"] = Round(used.Client.TotalMicroseconds / heard),
            ["serverCpuMs"] = used.Server is { } server ? Round(server.TotalMilliseconds) : null,
            ["serverCpuUsPerDelivery"] = used.Server is { } time ? Round(time.TotalMicroseconds / heard) : null,
            ["managedBytes"] = GC.GetTotalMemory(forceFullCollection: false), ["workingSetBytes"] = process.WorkingSet64,
        };
    }

    private static double Round(double value) => Math.Round(value, 3);
}
