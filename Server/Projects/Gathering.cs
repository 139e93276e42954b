namespace EventOnly.Server.Projects;

/// <summary>
/// Whether a busy project waits a moment before its next turn, so that fewer and larger writes carry the same events. Only where a turn costs more
/// time than lies between two events: who is alone never waits. Pure: timestamps in, a span out.
/// </summary>
/// <param name="max">The longest wait; zero is never.</param>
internal sealed class Gathering(TimeSpan max, TimeProvider time)
{
    /// <summary>Of the newest turn in the averages, 1/8.</summary>
    private const int Weight = 8;

    private long _cost;
    private long _between;
    private long _lastBegan;

    /// <summary>How long to wait before the next turn.</summary>
    public TimeSpan Wait => max > TimeSpan.Zero && _cost > _between && _between > 0 ? max : TimeSpan.Zero;

    /// <summary>Notes a turn that has ended.</summary>
    /// <param name="began">When it began, as a timestamp of the clock.</param>
    /// <param name="taken">Messages that it took.</param>
    public void Note(long began, int taken)
    {
        if (max <= TimeSpan.Zero || taken == 0)
            return;
        _cost += (time.GetTimestamp() - began - _cost) / Weight;
        if (_lastBegan != 0)
            _between += (((began - _lastBegan) / taken) - _between) / Weight;
        _lastBegan = began;
    }
}
