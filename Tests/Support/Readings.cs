using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Tests.Support;

/// <summary>
/// What the instruments of one server have told since this began: counters added up, histograms by count and sum, the others as they stand when asked.
/// <c>readings["eventonly.events", "create"]</c> is one tag's share.
/// </summary>
internal sealed class Readings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string Tag), double> _values = new();

    public Readings(ServerMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, metrics.Meter))
                return;
            Names.Add(instrument.Name);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>All instruments there are.</summary>
    public ConcurrentBag<string> Names { get; } = [];

    /// <param name="tag">The value of its tag; <c>sum</c> or <c>count</c> of a histogram; nothing where it has no tag.</param>
    public double this[string name, string tag = ""]
    {
        get
        {
            _listener.RecordObservableInstruments();
            return _values.GetValueOrDefault((name, tag));
        }
    }

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var tag = tags.IsEmpty ? "" : $"{tags[0].Value}";
        switch (instrument)
        {
            case Histogram<int> or Histogram<double>:
                Add(instrument.Name, "sum", value);
                Add(instrument.Name, "count", 1);
                break;
            case { IsObservable: true }:
                _values[(instrument.Name, tag)] = value;
                break;
            default:
                Add(instrument.Name, tag, value);
                break;
        }
    }

    private void Add(string name, string tag, double value) => _values.AddOrUpdate((name, tag), value, (_, before) => before + value);

    public void Dispose() => _listener.Dispose();
}
