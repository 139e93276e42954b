namespace EventOnly.Client;

/// <summary>Tells waiters that something has moved, so that each looks again at what it waits for, on its own time.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _next;

    /// <summary>Completes at the next beat. Take it before looking, or a beat in between is missed.</summary>
    public Task Next
    {
        get
        {
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _next, fresh, null) ?? fresh).Task;
        }
    }

    public void Beat() => Interlocked.Exchange(ref _next, null)?.TrySetResult();
}
