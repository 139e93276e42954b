namespace EventOnly.Client;

/// <summary>What became of the line.</summary>
/// <param name="From">Equal to <paramref name="To"/> where a further attempt was scheduled, or where only a notice is told.</param>
/// <param name="Notice">What a person should be told.</param>
/// <param name="Code">The word for the end that caused it, as in docs/wire.md section 7; <c>lost</c> where no close frame came.</param>
/// <param name="Reason">For people.</param>
/// <param name="Attempt">Attempts since the line last held, from 0.</param>
/// <param name="RetryIn">Until the next attempt; null where none was scheduled.</param>
/// <param name="Resume">With <see cref="LineNotice.Restored"/>: how we came back into step.</param>
public sealed record StateChange(
    ConnectionState From, ConnectionState To, LineNotice Notice = LineNotice.None, string? Code = null, string? Reason = null, int Attempt = 0,
    TimeSpan? RetryIn = null, Resume? Resume = null);

/// <summary>What a person should be told of the line; short blips are not told.</summary>
public enum LineNotice
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Not connected for <see cref="ClientOptions.LostAfter"/>.</summary>
    Lost,

    /// <summary>Connected again after <see cref="Lost"/>.</summary>
    Restored,
}
