namespace EventOnly.Tools.Load;

/// <summary>Does what a schedule plans when its moment comes, on a thread of its own, for the pool may be busy just when it matters.</summary>
internal sealed class Pacer(Schedule schedule, IReadOnlyList<Publisher> publishers, LoadSite site)
{
    private static readonly TimeSpan s_napMax = TimeSpan.FromMilliseconds(10);

    private readonly long _start = site.Time.GetTimestamp();

    public TimeSpan Elapsed => site.Time.GetElapsedTime(_start);

    /// <summary>Events whose moment has come.</summary>
    public long Due => schedule.DueAt(Elapsed);

    /// <summary>Ends with the schedule, or with the load.</summary>
    public Task RunAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Run();
                done.SetResult();
            }
            catch (Exception fault)
            {
                done.SetException(fault); // whoever awaits the pacer gets it
            }
        })
        { IsBackground = true, Name = "pacer" }.Start();
        return done.Task;
    }

    private void Run()
    {
        while (!site.Stopping.IsCancellationRequested && schedule.NextAt is { } next)
        {
            var now = Elapsed;
            if (next > now)
                Nap.For(next - now < s_napMax ? next - now : s_napMax, site.Stopping.WaitHandle);
            else
                DoWhatIsDue(now);
        }
    }

    /// <summary>Does all that is due at a moment of the schedule's own clock.</summary>
    internal void DoWhatIsDue(TimeSpan now)
    {
        while (schedule.TryTake(now, out var planned))
            publishers[planned.Publisher].Do(planned.Act, _start + (long)(planned.At.TotalSeconds * site.Time.TimestampFrequency));
    }
}
