using System.Diagnostics;

namespace EventOnly.Tools.Load;

/// <summary>What had been done and used at a moment, or between two.</summary>
/// <param name="Server">Processor time of a server of our own; null where it is another's.</param>
internal sealed record Usage(TimeSpan Elapsed, TimeSpan Client, TimeSpan? Server, long Sent, long Deliveries, long Broadcasts)
{
    public static Usage operator -(Usage after, Usage before) => new(
        after.Elapsed - before.Elapsed, after.Client - before.Client, after.Server - before.Server,
        after.Sent - before.Sent, after.Deliveries - before.Deliveries, after.Broadcasts - before.Broadcasts);

    public static Usage Now(LoadSite site, Func<TimeSpan>? serverTime)
    {
        using var process = Process.GetCurrentProcess();
        return new(
            TimeSpan.FromSeconds(site.Time.GetTimestamp() / (double)site.Time.TimestampFrequency), process.TotalProcessorTime, serverTime?.Invoke(),
            site.Tally.Sent, site.Tally.Deliveries, site.Tally.BroadcastsHeard);
    }
}
