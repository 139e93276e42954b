namespace EventOnly.Server.Connections;

/// <summary>Counts a connection's errors in windows of ten seconds.</summary>
internal sealed class ErrorBudget(int errorsMax, TimeProvider time)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new(); // requests that are worked on beside the read loop complain as well
    private long _windowBegan;
    private int _errors;

    /// <summary>Counts one more; false where it was one too many.</summary>
    public bool TrySpend()
    {
        lock (_gate)
        {
            if (_errors == 0 || time.GetElapsedTime(_windowBegan) > s_window)
                (_windowBegan, _errors) = (time.GetTimestamp(), 0);
            return ++_errors <= errorsMax;
        }
    }
}
