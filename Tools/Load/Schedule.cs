namespace EventOnly.Tools.Load;

/// <summary>Something that is to be done at a moment, by a publisher, whatever became of what was done before.</summary>
/// <param name="At">Since the schedule's beginning.</param>
internal readonly record struct Planned(TimeSpan At, int Publisher, Act Act);

/// <summary>
/// An open loop: so many events a second, evenly, each with its moment and its publisher, by chance but the same for a seed. Nobody's answer moves
/// it, so a server that stalls meets all that was due meanwhile, and its delay counts from the moments they were meant for.
/// </summary>
internal sealed class Schedule(double ratePerSecond, TimeSpan duration, int publishers, Mix mix, int seed)
{
#pragma warning disable CA5394 // It is to be repeatable, not secret.
    private readonly Random _random = new(seed);
#pragma warning restore CA5394
    private long _taken;

    /// <summary>All that there will be.</summary>
    public long Count { get; } = publishers == 0 ? 0 : (long)(ratePerSecond * duration.TotalSeconds);

    /// <summary>Taken so far.</summary>
    public long Taken => _taken;

    /// <summary>The moment of the next; null at the end.</summary>
    public TimeSpan? NextAt => _taken < Count ? AtOf(_taken) : null;

    /// <summary>How many should have been taken by now.</summary>
    public long DueAt(TimeSpan now) => Math.Clamp((long)(now.TotalSeconds * ratePerSecond) + 1, 0, Count);

    /// <summary>The next one whose moment has come. Late callers get all that they are behind, one by one.</summary>
    public bool TryTake(TimeSpan now, out Planned planned)
    {
        planned = default;
        if (NextAt is not { } at || at > now)
            return false;
        _taken++;
        planned = new(at, _random.Next(publishers), mix.Pick(_random));
        return true;
    }

    private TimeSpan AtOf(long index) => TimeSpan.FromSeconds(index / ratePerSecond);
}
