using EventOnly.Client;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools;

/// <summary>Asks again where the server says "not now", for as long as it takes.</summary>
internal static class Patience
{
    /// <summary>The pause where the server names none.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <param name="ask">Goes on where it stopped when it is called again.</param>
    /// <param name="onWait">Told of the first refusal, for people.</param>
    public static async Task AskAsync(Func<Task> ask, Action<string> onWait, CancellationToken ct)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await ask();
                return;
            }
            catch (RejectedException notNow) when (notNow.Retryable)
            {
                if (isFirst)
                    onWait($"{notNow.Code}: {EventLine.Harmless(notNow.Message)} Asking again.");
                await Task.Delay(notNow.RetryAfter ?? s_pause, ct);
            }
        }
    }
}
