using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>
/// Events at the pace at which they happened, times a speed. Each is due by the distance from the first, not from the one before, so that nothing drifts:
/// who was held up finds what is overdue at once. Reads no further ahead than its source does, which is a page.
/// </summary>
internal static class Pacing
{
    public static async IAsyncEnumerable<ProjectEvent> PaceAsync(
        this IAsyncEnumerable<ProjectEvent> events, double speed, TimeProvider time, [EnumeratorCancellation] CancellationToken ct)
    {
        long? first = null;
        var began = 0L;
        await foreach (var happened in events.WithCancellation(ct).ConfigureAwait(false))
        {
            if (first is null)
                (first, began) = (happened.AtMs, time.GetTimestamp());
            var wait = TimeSpan.FromMilliseconds((happened.AtMs - first.Value) / speed) - time.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            yield return happened;
        }
    }
}
