namespace EventOnly.Tests.Support;

/// <summary>For what has no signal to await: looks again and again until it is so, no longer than a test's patience.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    public static Task IsAsync(Func<bool> condition, string what, TimeSpan? patience = null) => IsAsync(() => Task.FromResult(condition()), what, patience);

    public static async Task IsAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? RawClient.Patience);
        using var timer = new PeriodicTimer(s_pause);
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It never came to be that {what}.");
            }
        }
    }
}
