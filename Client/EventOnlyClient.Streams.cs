using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;

namespace EventOnly.Client;

/// <summary>What is told as it happens. Each stream takes part from the call on, not from the first read.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>The events from now on, own ones included, each once and in order.</summary>
    /// <param name="filter">Which; all by default.</param>
    /// <param name="fromSeq">
    /// Where to begin: what happened since is read from the server first, when the stream is read. To go on after
    /// <see cref="SubscriberTooSlowException"/> give its <see cref="SubscriberTooSlowException.LastSeq"/> + 1.
    /// </param>
    /// <param name="overflow">What becomes of an event that finds no room, because the reader is <see cref="ClientOptions.StreamItemsMax"/> behind.</param>
    /// <remarks>
    /// Ends with <see cref="SubscriberTooSlowException"/> or <see cref="EventsMissedException"/> where it would have a hole; what is read from the server
    /// may throw what <see cref="HistoryAsync(long, long?, CancellationToken)"/> does.
    /// </remarks>
    public Subscription<ProjectEvent> EventsAsync(EventFilter? filter = null, long? fromSeq = null, Overflow overflow = Overflow.Fail)
    {
        lock (_gate) // the position and the stream belong together
        {
            var seq = _replica.Seq;
            if (fromSeq is not { } from)
                return _events.Open(filter is null ? null : filter.Wants, overflow);
            return _events.Open(
                happened => happened.Seq >= from && filter?.Wants(happened) != false, overflow,
                from <= seq ? ct => BeforeAsync(from, seq, filter, ct) : null);
        }
    }

    /// <summary>The events from now on that are wanted, own ones included, each once and in order.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> or <see cref="EventsMissedException"/> where it would have a hole.</remarks>
    public Subscription<ProjectEvent> EventsAsync(Predicate<ProjectEvent> wanted) => _events.Open(wanted);

    /// <summary>What becomes of the line from now on. Ends when the client is disconnected, after telling it.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<StateChange> StateChangesAsync(Overflow overflow = Overflow.Fail) => _stateChanges.Open(overflow: overflow);

    private async IAsyncEnumerable<ProjectEvent> BeforeAsync(long from, long to, EventFilter? filter, [EnumeratorCancellation] CancellationToken ct)
    {
        var next = Math.Max(from, 1);
        await foreach (var happened in HistoryAsync(next, to, ct).ConfigureAwait(false))
        {
            if (happened.Seq != next)
                throw new EventsMissedException(next, happened.Seq - 1); // they are no longer kept
            next++;
            if (filter?.Wants(happened) != false)
                yield return happened;
        }
        if (next <= to)
            throw new EventsMissedException(next, to);
    }
}
