using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Everything this client throws of its own; cancellation and plain misuse excepted.</summary>
/// <param name="code">Stable; compare this, never the message.</param>
/// <param name="message">For people.</param>
/// <param name="retryable">The same call may succeed later.</param>
public abstract class EventOnlyException(string code, string message, bool retryable, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Stable, and the same in JavaScript: compare this, never the message.</summary>
    public string Code { get; } = code;

    /// <summary>The same call may succeed later.</summary>
    public bool Retryable { get; } = retryable;
}

/// <summary>The server refused a command or a request. <see cref="EventOnlyException.Code"/> is a word of docs/wire.md section 7.</summary>
public sealed class RejectedException(Refusal refusal, int? retryAfterMs = null) : EventOnlyException(refusal.Code.Word(), refusal.Message, refusal.Code.IsRetryable())
{
    /// <summary>All the server said: the detail, complaints by field, the operation of a batch, the current entity on a conflict.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>How long to wait before the same is asked again, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null;

    /// <summary>On <c>conflict</c>: the entity as it is now; null where the server left it out because it is large.</summary>
    public Entity? Current => Refusal.Current;
}

/// <summary>Asked for something that needs the line while there is none. Commands never get this: they wait.</summary>
public sealed class OfflineException() : EventOnlyException("offline", "Not connected.", retryable: true);

/// <summary>No answer in time.</summary>
public sealed class EventOnlyTimeoutException(TimeSpan limit) : EventOnlyException("timeout", $"No answer within {limit.TotalMilliseconds:0} ms.", retryable: true);

/// <summary>
/// More commands are waiting than <see cref="ClientOptions.QueueMax"/>, or they have more bytes than <see cref="ClientOptions.QueueBytesMax"/>, and
/// this one was not applied, not even locally; or 1,000 questions are waiting for their answers, and this one was not asked.
/// </summary>
/// <param name="unit">Of <paramref name="max"/>: <c>bytes</c>, or none where things are counted.</param>
public sealed class QueueFullException(long max, string unit = "")
    : EventOnlyException("queue_full", unit.Length > 0 ? $"No more than {max} {unit} may wait." : $"{max} are waiting already.", retryable: true);

/// <summary>The client is disconnected for good. A command that was under way may or may not have taken effect.</summary>
/// <param name="code">The word of the close code: <c>normal</c> when we asked for it.</param>
public sealed class ClosedException(string code, string message, Exception? inner = null) : EventOnlyException(code, message, retryable: false, inner);

/// <summary>
/// The server said something it should not. Where it was not asked for, the client has mended itself and reports it to
/// <see cref="ClientOptions.OnTrouble"/>; where it is the answer to a question, who asked gets it.
/// </summary>
public sealed class ProtocolException(string code, string message, Divergence? divergence = null) : EventOnlyException(code, message, retryable: false)
{
    /// <summary>On <c>hash_mismatch</c> of the state itself: where it differs from the server's, and how.</summary>
    public Divergence? Divergence { get; } = divergence;
}

/// <summary>A subscriber read more slowly than events came, and its stream ends here. Read on with <see cref="EventOnlyClient.HistoryAsync(long, long?, CancellationToken)"/>.</summary>
public sealed class SubscriberTooSlowException(long lastSeq)
    : EventOnlyException("subscriber_too_slow", $"The stream's buffer is full; the last event in it is at or before {lastSeq}.", retryable: true)
{
    /// <summary>The client's position when the buffer was full: what follows was not put into the stream.</summary>
    public long LastSeq { get; } = lastSeq;
}

/// <summary>A snapshot took the place of events, so that a stream of events has a hole and ends here.</summary>
public sealed class EventsMissedException(long fromSeq, long toSeq)
    : EventOnlyException("events_missed", $"A snapshot took the place of the events {fromSeq} to {toSeq}.", retryable: true)
{
    /// <summary>The first event that was not seen.</summary>
    public long FromSeq { get; } = fromSeq;

    /// <summary>The last event that was not seen.</summary>
    public long ToSeq { get; } = toSeq;
}
