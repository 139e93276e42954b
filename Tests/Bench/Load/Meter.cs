using System.Diagnostics;

namespace EventOnly.Tests.Bench.Load;

/// <summary>What a stretch of time came to: deliveries, acks, and the processor's time on both sides.</summary>
internal sealed record Stretch(TimeSpan Time, long Deliveries, long Acknowledged, TimeSpan ServerCpu, TimeSpan LoadCpu)
{
    public double DeliveriesPerSecond => Deliveries / Time.TotalSeconds;

    public double AcknowledgedPerSecond => Acknowledged / Time.TotalSeconds;

    public double CpuUsPerDelivery => ServerCpu.TotalMicroseconds / Math.Max(1, Deliveries);

    public double CpuUsPerAck => ServerCpu.TotalMicroseconds / Math.Max(1, Acknowledged);

    /// <summary>Percent of a core that the load itself used: near 100, it is the load that limits.</summary>
    public double LoadPercent => LoadCpu / Time * 100;
}

/// <summary>Reads the counters at the beginning of a stretch, and tells it at its end.</summary>
internal readonly struct Meter(LoadLoop loop, ServerProcess server)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly long _deliveries = loop.Deliveries;
    private readonly long _acknowledged = loop.Acknowledged;
    private readonly TimeSpan _serverCpu = server.CpuTime;
    private readonly TimeSpan _loadCpu = Libc.CpuTimeOf(Environment.ProcessId);

    public Stretch Read() => new(
        Stopwatch.GetElapsedTime(_began), loop.Deliveries - _deliveries, loop.Acknowledged - _acknowledged, server.CpuTime - _serverCpu,
        Libc.CpuTimeOf(Environment.ProcessId) - _loadCpu);
}
