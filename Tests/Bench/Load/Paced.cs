using System.Collections.Immutable;
using System.Diagnostics;

namespace EventOnly.Tests.Bench.Load;

/// <summary>What a measurement at a steady pace came to.</summary>
/// <param name="Durations">From when an event was to be sent, whether or not it was, to when a member had it.</param>
internal sealed record Paced(Stretch Stretch, Histogram Durations)
{
    /// <param name="perSecond">Events of all publishers together.</param>
    public static Paced Measure(Cell cell, CrewShape shape, double perSecond)
    {
        using var crew = cell.Crew(shape);
        var pace = new Pace(cell.Loop, crew, perSecond);
        pace.RunFor(cell.Sizes.WarmUpTime);
        var meter = cell.Meter();
        var durations = pace.Measure();
        pace.RunFor(cell.Sizes.RowTime);
        pace.Pause();
        crew.AwaitAll();
        var stretch = meter.Read();
        crew.Complete();
        return new(stretch, durations);
    }

    public static ImmutableArray<Figure> ToFigures(Measured<Paced> one, double? p99BelowMs = null)
    {
        var p99 = one.Median(paced => paced.Durations.PercentileMs(99));
        return
        [
            new("p50", one.Median(paced => paced.Durations.PercentileMs(50)), "ms"),
            p99BelowMs is { } goal ? Figure.AtMost("p99", p99, goal, "ms") : new("p99", p99, "ms"),
            new("p99.9", one.Median(paced => paced.Durations.PercentileMs(99.9)), "ms"),
            new("p99, spread", one.Of(paced => paced.Durations.PercentileMs(99)).SpreadPercent, "%"),
        ];
    }
}

/// <summary>
/// Publishers that take turns at a steady pace, whatever comes back (open loop): the event that is due while a server stands still is sent when
/// that is over, and counts from when it was due.
/// </summary>
internal sealed class Pace
{
    private readonly LoadLoop _loop;
    private readonly Crew _crew;
    private readonly double _ticksPerEvent;
    private readonly long[] _countedFrom;
    private long _began = Stopwatch.GetTimestamp();
    private long _sent;
    private Histogram? _durations;

    public Pace(LoadLoop loop, Crew crew, double perSecond)
    {
        (_loop, _crew, _ticksPerEvent) = (loop, crew, Stopwatch.Frequency / perSecond);
        _countedFrom = new long[crew.Publishers.Length];
        if (crew.Publishers.Count(publisher => publisher.Group == 0) != 1)
            throw new ArgumentException("One publisher in each group: an event's number then tells when it was due.", nameof(crew));
        loop.OnDelivery = Hear;
    }

    /// <summary>From the next event on durations count.</summary>
    public Histogram Measure()
    {
        Array.Fill(_countedFrom, _sent);
        return _durations = new();
    }

    /// <summary>Whose deliveries count; all where nothing is said.</summary>
    public Func<LoadConnection, bool>? IsCounted { get; init; }

    /// <summary>For so long, and until at least one event was sent.</summary>
    public void RunFor(TimeSpan time)
    {
        _loop.Between = SendDue;
        var (began, sent) = (Stopwatch.GetTimestamp(), _sent);
        if (_sent == 0)
            _began = began;
        while (Stopwatch.GetElapsedTime(began) < time || _sent == sent)
        {
            SendDue();
            _loop.Turn(UntilNextMs());
        }
    }

    /// <summary>Sends nothing for now.</summary>
    public void Pause() => _loop.Between = null;

    /// <summary>The system wakes to the millisecond: the last of them we look again and again, for this core has nothing else to do.</summary>
    private int UntilNextMs() => Math.Clamp((int)((DueAt(_sent) - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency) - 1, 0, 5);

    private long DueAt(long index) => _began + (long)(index * _ticksPerEvent);

    private void SendDue()
    {
        while (DueAt(_sent) <= Stopwatch.GetTimestamp())
        {
            _crew.Publish(_crew.Publishers[_sent % _crew.Publishers.Length], 1);
            _sent++;
        }
    }

    private void Hear(LoadConnection connection, long number, long now)
    {
        if (IsCounted?.Invoke(connection) == false)
            return;
        var group = connection.Group;
        var index = ((number - _crew.Before - 1) * _crew.Publishers.Length) + group;
        if (index >= _countedFrom[group])
            _durations?.AddNs((long)((now - DueAt(index)) * 1e9 / Stopwatch.Frequency));
    }
}
