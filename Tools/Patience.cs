using EventOnly.Client;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools;

/// <summary>Asks again where the server says "not now", as often as may help.</summary>
internal static class Patience
{
    /// <summary>The pause where the server names none.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>A project that cannot be read for so many questions needs somebody's hand.</summary>
    private const int TriesMax = 60;

    /// <param name="ask">Goes on where it stopped when it is called again.</param>
    /// <param name="onWait">Told of the first refusal, for people.</param>
    public static async Task AskAsync(Func<Task> ask, Action<string> onWait, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await ask();
                return;
            }
            catch (RejectedException notNow) when (notNow.Code is "unavailable" or "rate_limited" && tries < TriesMax)
            {
                if (tries == 1)
                    onWait($"{notNow.Code}: {EventLine.Harmless(notNow.Message)} Asking again.");
                await Task.Delay(notNow.RetryAfter ?? s_pause, ct);
            }
        }
    }
}
