namespace EventOnly.Tools.Load;

/// <summary>How a member reads.</summary>
internal enum Pace
{
    /// <summary>All that comes, at once.</summary>
    Best,

    /// <summary>One message each tenth of a second.</summary>
    Slow,

    /// <summary>Nothing at all for three seconds, then all there is, for one second.</summary>
    Sleepy,
}

/// <summary>The pauses between reads that make a slow member.</summary>
internal sealed class Paces(Pace pace, TimeProvider time, CancellationToken hurry)
{
    private static readonly TimeSpan s_betweenMessages = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_asleep = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_awake = TimeSpan.FromSeconds(1);

    private long _awakeSince = time.GetTimestamp();

    /// <summary>Waits until the next message may be read.</summary>
    public async ValueTask PauseAsync()
    {
        if (pace == Pace.Best || hurry.IsCancellationRequested || (pace == Pace.Sleepy && time.GetElapsedTime(_awakeSince) < s_awake))
            return;
        await Task.Delay(pace == Pace.Slow ? s_betweenMessages : s_asleep, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _awakeSince = time.GetTimestamp();
    }
}
