using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Diagnostics;

/// <summary>
/// All that the server counts and times; docs/operations.md says of each what it tells. Names and units as OpenTelemetry has them. What happens for each
/// write or turn is added to a sum that is looked at when somebody asks, for a listener's own adding costs ten times as much; the times of a turn are
/// told once for it; all else happens seldom.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "EventOnly";

    /// <summary>The status code of a connection whose line broke without a close frame (RFC 6455 section 7.1.5).</summary>
    private const int LostCode = 1006;

    /// <summary>How long a census is good for: who reads the instruments reads all of them in a row, and it is taken once.</summary>
    private static readonly TimeSpan s_censusAge = TimeSpan.FromMilliseconds(20);

    private static readonly KeyValuePair<string, object?>[] s_codes =
        [.. Enum.GetValues<ErrorCode>().Select(code => new KeyValuePair<string, object?>("eventonly.code", code.Word()))];

    private static readonly FrozenDictionary<int, KeyValuePair<string, object?>> s_closeCodes = Enum.GetValues<CloseCode>().Select(code => (int)code).Append(LostCode)
        .ToFrozenDictionary(code => code, code => new KeyValuePair<string, object?>("eventonly.close.code", code));

    private static readonly KeyValuePair<string, object?>[] s_changes =
        [.. ((string[])["create", "patch", "increment", "delete", "batch"]).Select(word => new KeyValuePair<string, object?>("eventonly.change", word))];

    private static readonly KeyValuePair<string, object?>
        s_received = new("network.io.direction", "receive"), s_sent = new("network.io.direction", "transmit"),
        s_event = new("eventonly.delivery", "event"), s_whisper = new("eventonly.delivery", "broadcast"),
        s_byResuming = new("eventonly.join", "recovered"), s_bySnapshot = new("eventonly.join", "snapshot"), s_toPublish = new("eventonly.join", "publisher"),
        s_plain = new("eventonly.compressed", false), s_compressed = new("eventonly.compressed", true);

    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<int> s_counts = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly StripedSum _receivedBytes = new();
    private readonly StripedSum _sentBytes = new();
    private readonly StripedSum _deliveredEvents = new();
    private readonly StripedSum _deliveredBroadcasts = new();
    private readonly StripedSum[] _changes = [.. s_changes.Select(_ => new StripedSum())];
    private readonly ObservableCounter<long> _events;
    private readonly Counter<long> _broadcasts, _rejects, _errors, _closed, _snapshots, _joins, _resyncs, _diverged;
    private readonly Histogram<int> _turnCommands;
    private readonly Histogram<double> _commandDuration, _appendDuration, _syncDuration;
    private Func<int> _connections = static () => 0;
    private Func<int> _backlog = static () => 0;
    private Func<Census> _takeCensus = static () => default;
    private Census _census;
    private long _censusAt = long.MinValue;

    public ServerMetrics(TimeProvider time)
        : this(MeterName, time)
    {
    }

    private ServerMetrics(string name, TimeProvider time)
    {
        (Meter, _time) = (new(name), time);
        _events = Meter.CreateObservableCounter(
            "eventonly.events", () => _changes.Zip(s_changes, static (sum, tag) => new Measurement<long>(sum.Value, tag)), "{event}", "Events recorded.");
        _broadcasts = Meter.CreateCounter<long>("eventonly.broadcasts", "{message}", "Broadcasts heard.");
        Meter.CreateObservableCounter(
            "eventonly.deliveries", () => (Measurement<long>[])[new(_deliveredEvents.Value, s_event), new(_deliveredBroadcasts.Value, s_whisper)], "{delivery}",
            "Events and broadcasts, times the members that listened.");
        _rejects = Meter.CreateCounter<long>("eventonly.rejects", "{reject}", "Commands refused.");
        _errors = Meter.CreateCounter<long>("eventonly.errors", "{error}", "Errors answered.");
        _closed = Meter.CreateCounter<long>("eventonly.connections.closed", "{connection}", "Connections ended.");
        _snapshots = Meter.CreateCounter<long>("eventonly.snapshots", "{snapshot}", "Snapshots encoded.");
        _joins = Meter.CreateCounter<long>("eventonly.joins", "{join}", "Members let in.");
        _resyncs = Meter.CreateCounter<long>("eventonly.resyncs", "{join}", "Members who came back and could not resume.");
        _diverged = Meter.CreateCounter<long>("eventonly.replicas.diverged", "{replica}", "Replicas that were not what they should be.");
        _turnCommands = Meter.CreateHistogram("eventonly.turn.commands", "{command}", "Commands decided and recorded together.", advice: s_counts);
        _commandDuration = Meter.CreateHistogram("eventonly.command.duration", "s", "From a command being heard to its fan-out.", advice: s_seconds);
        _appendDuration = Meter.CreateHistogram("eventonly.journal.append.duration", "s", "From an append to its project going on with it.", advice: s_seconds);
        _syncDuration = Meter.CreateHistogram("eventonly.journal.sync.duration", "s", "One group of appends being made durable.", advice: s_seconds);
        Meter.CreateObservableCounter("eventonly.io", () => (Measurement<long>[])[new(_receivedBytes.Value, s_received), new(_sentBytes.Value, s_sent)], "By", "Bytes of connections.");
        Meter.CreateObservableUpDownCounter("eventonly.connections", () => _connections(), "{connection}", "Connections that are open.");
        Meter.CreateObservableUpDownCounter("eventonly.backlog", () => _backlog(), "{connection}", "Connections that wait for their turn to write much.");
        Observe("eventonly.projects.open", "{project}", "Projects that are open.", static census => census.Open);
        Observe("eventonly.projects.memory", "By", "Memory of the open projects, about.", static census => census.Bytes);
        Observe("eventonly.members", "{member}", "Members of all projects.", static census => census.Members);
        Observe("eventonly.members.behind", "{member}", "Members with events still to be given to them.", static census => census.Behind);
        Observe("eventonly.lag", "By", "Events still to be given to members.", static census => census.LagBytes);
        Meter.CreateObservableGauge("eventonly.lag.most", () => Count().LagBytesMost, "By", "The same of the member furthest behind.");
        Observe("eventonly.inbox.length", "{message}", "Messages that wait for their project.", static census => census.Inbox);
        Meter.CreateObservableGauge("eventonly.inbox.length.most", () => Count().InboxMost, "{message}", "The same of the project where most wait.");
    }

    /// <summary>For parts that are put together without a server: nobody looks at these.</summary>
    public static ServerMetrics Unwatched { get; } = new("EventOnly.Unwatched", TimeProvider.System);

    public Meter Meter { get; }

    /// <summary>Whether somebody wants to know what turns come to.</summary>
    public bool CountsTurns => _events.Enabled || _rejects.Enabled;

    public bool TimesCommands => _commandDuration.Enabled;

    public bool TimesAppends => _appendDuration.Enabled;

    public bool TimesSyncs => _syncDuration.Enabled;

    /// <summary>Says whom to ask when somebody looks.</summary>
    public void Watch(Func<int> connections, Func<int> backlog, Func<Census> projects) => (_connections, _backlog, _takeCensus) = (connections, backlog, projects);

    public void Received(long bytes) => _receivedBytes.Add(bytes);

    public void Sent(long bytes) => _sentBytes.Add(bytes);

    public void Events(Changed change, int count) => _changes[(int)change].Add(count);

    public void Broadcast() => _broadcasts.Add(1);

    public void Delivered(long events) => _deliveredEvents.Add(events);

    public void Whispered(long broadcasts) => _deliveredBroadcasts.Add(broadcasts);

    public void Rejected(ErrorCode code, int count = 1) => _rejects.Add(count, s_codes[(int)code]);

    public void Erred(ErrorCode code) => _errors.Add(1, s_codes[(int)code]);

    /// <param name="code">Null where the line broke.</param>
    public void Closed(CloseCode? code) => _closed.Add(1, s_closeCodes[(int?)code ?? LostCode]);

    public void SnapshotsEncoded(int count, bool compressed) => _snapshots.Add(count, compressed ? s_compressed : s_plain);

    /// <param name="listens">Whether it wants events at all.</param>
    /// <param name="bySnapshot">Whether it was given all, not only what it had missed.</param>
    /// <param name="cameBack">Whether it had something to resume from.</param>
    public void Joined(bool listens, bool bySnapshot, bool cameBack)
    {
        _joins.Add(1, bySnapshot ? s_bySnapshot : listens ? s_byResuming : s_toPublish);
        if (bySnapshot && cameBack)
            _resyncs.Add(1);
    }

    /// <summary>A client says that its state is not ours.</summary>
    public void Diverged() => _diverged.Add(1);

    public void Turn(int commands) => _turnCommands.Record(commands);

    public void CommandTook(TimeSpan time) => _commandDuration.Record(time.TotalSeconds);

    public void AppendTook(TimeSpan time) => _appendDuration.Record(time.TotalSeconds);

    public void SyncTook(TimeSpan time) => _syncDuration.Record(time.TotalSeconds);

    private void Observe(string name, string unit, string description, Func<Census, long> figure) =>
        Meter.CreateObservableUpDownCounter(name, () => figure(Count()), unit, description);

    private Census Count()
    {
        lock (_gate)
        {
            if (_censusAt == long.MinValue || _time.GetElapsedTime(_censusAt) > s_censusAge)
                (_census, _censusAt) = (_takeCensus(), _time.GetTimestamp());
            return _census;
        }
    }

    public void Dispose() => Meter.Dispose();
}

/// <summary>What an event changes, as it is counted.</summary>
internal enum Changed { Create, Patch, Increment, Delete, Batch }
