using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EventOnly.Client;

/// <summary>
/// What a client counts and times, for whoever listens to <c>EventOnly.Client</c>; docs/operations.md says of each what it tells. Names and units as
/// OpenTelemetry has them. Without a listener it costs next to nothing.
/// </summary>
internal sealed class ClientTelemetry : IDisposable
{
    public const string Name = "EventOnly.Client";

    private static readonly KeyValuePair<string, object?>
        s_received = new("network.io.direction", "receive"), s_sent = new("network.io.direction", "transmit"),
        s_byEvents = new("eventonly.resume.mode", "events"), s_bySnapshot = new("eventonly.resume.mode", "snapshot");

    private readonly ActivitySource _activities = new(Name);
    private readonly TimeProvider _time;
    private readonly Histogram<double> _operations;
    private readonly Counter<long> _reconnects, _resumes, _bytes;

    /// <param name="pending">How many commands are.</param>
    public ClientTelemetry(TimeProvider time, Func<int> pending)
    {
        _time = time;
        _operations = Meter.CreateHistogram<double>("eventonly.client.operation.duration", "s", "From a call to its outcome: commands and questions.");
        _reconnects = Meter.CreateCounter<long>("eventonly.client.reconnects", "{attempt}", "Attempts after the first.");
        _resumes = Meter.CreateCounter<long>("eventonly.client.resumes", "{resume}", "How we came into step: by the events missed, or by a snapshot.");
        _bytes = Meter.CreateCounter<long>("eventonly.client.io", "By", "Messages as they are, without frames and compression.");
        Meter.CreateObservableUpDownCounter("eventonly.client.pending", pending, "{command}", "Commands whose outcome is not known.");
    }

    public Meter Meter { get; } = new(Name);

    /// <summary>An operation begins; it ends, and is timed, when what this returns is disposed.</summary>
    /// <param name="name">A word of a few: the type of the command or question.</param>
    public Operation Begin(string name) => new(this, name, _activities.StartActivity(name, ActivityKind.Client), _time.GetTimestamp());

    public void Reconnecting() => _reconnects.Add(1);

    public void Resumed(ResumeMode mode) => _resumes.Add(1, mode == ResumeMode.Events ? s_byEvents : s_bySnapshot);

    public void Received(int bytes) => _bytes.Add(bytes, s_received);

    public void Sent(int bytes) => _bytes.Add(bytes, s_sent);

    public void Dispose()
    {
        Meter.Dispose();
        _activities.Dispose();
    }

    /// <summary>One call of a caller, on its way.</summary>
    internal sealed class Operation(ClientTelemetry telemetry, string name, Activity? activity, long began) : IDisposable
    {
        private string _outcome = "failed";

        public void Succeeded() => _outcome = "ok";

        public void Dispose()
        {
            telemetry._operations.Record(
                telemetry._time.GetElapsedTime(began).TotalSeconds, new("eventonly.operation", name), new("eventonly.outcome", _outcome));
            activity?.SetStatus(_outcome == "ok" ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
            activity?.Dispose();
        }
    }
}
