namespace EventOnly.Server.Projects;

/// <summary>Time as a project's loop has it: counted from when it began, and one timer that has it look again, made when it is first needed.</summary>
/// <param name="remind">Called on any thread, perhaps once more than was asked for.</param>
internal sealed class LoopClock(TimeProvider time, Action remind)
{
    /// <summary>Timers may fire a little early, by what they round off.</summary>
    private static readonly TimeSpan s_rounding = TimeSpan.FromMilliseconds(1);

    private readonly long _began = time.GetTimestamp(); // counted from zero, time since some era would be rounded
    private ITimer? _timer;
    private bool _isSet;

    public TimeSpan At(long timestamp) => time.GetElapsedTime(_began, timestamp);

    /// <summary>Reminds at once. From any thread.</summary>
    public void RemindNow() => remind();

    /// <summary>Reminds after so long instead of what was asked for before; null: not at all. The loop's.</summary>
    public void RemindAfter(TimeSpan? wait)
    {
        if (wait is null && !_isSet)
            return;
        _isSet = wait is not null;
        _timer ??= time.CreateTimer(_ => remind(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait + s_rounding ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void End() => _timer?.Dispose();
}
