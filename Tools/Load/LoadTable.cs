using System.Globalization;
using System.Text.Json.Nodes;

namespace EventOnly.Tools.Load;

/// <summary>A report as people read it.</summary>
internal static class LoadTable
{
    private const int BrokenShown = 20;

    private static readonly (string Name, string Title)[] s_latencies =
        [("ackLatency", "ack"), ("deliveryLatency", "delivery"), ("caughtUpLatency", "caught up"), ("broadcastLatency", "broadcast"), ("sendLag", "send lag")];

    public static IEnumerable<string> Lines(LoadReport report)
    {
        var json = report.Json;
        yield return "";
        yield return Text($"{"",-12}{"count",14}{"p50 ms",11}{"p90 ms",11}{"p99 ms",11}{"p99.9 ms",11}{"max ms",11}");
        foreach (var (name, title) in s_latencies)
        {
            var spread = json[name]!;
            yield return Text($"{title,-12}{Of(spread, "count"),14:N0}{Of(spread, "p50Ms"),11:N2}{Of(spread, "p90Ms"),11:N2}{Of(spread, "p99Ms"),11:N2}{Of(spread, "p999Ms"),11:N2}{Of(spread, "maxMs"),11:N2}");
        }
        yield return "";
        var (connections, commands, deliveries, broadcasts, process) = (json["connections"]!, json["commands"]!, json["deliveries"]!, json["broadcasts"]!, json["process"]!);
        yield return Text($"connections  {Of(connections, "opened"):N0} opened, {Of(connections, "resumed"):N0} resumed, {Of(connections, "resynced"):N0} got a snapshot instead{Counts("ended", connections["ends"]!.AsObject())}");
        yield return Text($"commands     {Of(commands, "sent"):N0} sent, {Of(commands, "acknowledged"):N0} acknowledged, {Of(commands, "retried"):N0} sent again{Counts("refused", commands["rejects"]!.AsObject())}; {Of(commands, "perSecond"):N0} per second");
        yield return Text($"deliveries   {Of(deliveries, "count"):N0}, of them {Of(deliveries, "caughtUp"):N0} caught up with and {Of(deliveries, "toSlow"):N0} to slow members; {Of(deliveries, "perSecond"):N0} per second");
        yield return Text($"broadcasts   {Of(broadcasts, "sent"):N0} sent, {Of(broadcasts, "skipped"):N0} not, {Of(broadcasts, "deliveries"):N0} delivered; {Of(broadcasts, "deliveriesPerSecond"):N0} per second");
        yield return Text($"processor    this {Of(process, "loadCpuMs") / 1000:N1} s, {Of(process, "loadCpuUsPerDelivery"):N2} µs per delivery{ServerTime(process)}; {Of(process, "workingSetBytes") / 1048576:N0} MiB");
        yield return "";
        foreach (var breach in report.Broken.Take(BrokenShown))
            yield return $"BROKEN {breach}";
        var verified = json["verified"]!;
        if (!report.IsComplete)
            yield return "Stopped before the states were compared.";
        if (report.Published == 0)
            yield return "Nothing was published, so nothing is shown.";
        if (report.ExitCode == ExitCode.WrongUsage)
            yield break;
        yield return report.BrokenCount == 0
            ? Text($"Good: {Of(verified, "members"):N0} members of {Of(verified, "projects"):N0} projects were told every event once and in order; {Of(verified, "folded"):N0} folded to the server's state.")
            : Text($"{report.BrokenCount:N0} promises were broken.");
    }

    private static string Counts(string title, JsonObject counts) =>
        counts.Count == 0 ? "" : Text($"; {title}: {string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"))}");

    private static string ServerTime(JsonNode process) =>
        process["serverCpuMs"] is null ? "" : Text($"; the server {Of(process, "serverCpuMs") / 1000:N1} s, {Of(process, "serverCpuUsPerDelivery"):N2} µs");

    private static double Of(JsonNode values, string name) => double.Parse(values[name]!.ToString(), CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
