using EventOnly.Protocol.State;

namespace EventOnly.Server.Journals;

/// <summary>The ordered events of every project, and nothing else: the state is their fold. One contract suite runs on every implementation.</summary>
public interface IJournal
{
    /// <summary>Where a project's journal stands; makes an empty one of a new epoch where there is none.</summary>
    ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping);

    /// <summary>
    /// Appends entries of consecutive seqs if the journal still stands at <paramref name="expectedHead"/>. When this completes with
    /// <see cref="AppendOutcome.Committed"/> the entries are as durable as the journal promises. The entries' memory is the caller's again when it
    /// completes. More may be appended to a project meanwhile: it happens in the order of the calls.
    /// </summary>
    /// <param name="succession">What the entries were decided on: where an append of it fails, all later ones of it fail.</param>
    ValueTask<AppendResult> AppendAsync(
        string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping);

    /// <summary>The entries from a seq on, or from the floor on, up to the head at the time the reading begins.</summary>
    IAsyncEnumerable<JournalEntry> ReadAsync(string project, long from, CancellationToken stopping);

    /// <summary>The entries from a seq on, and every one appended later, by anyone, until cancelled.</summary>
    IAsyncEnumerable<JournalEntry> FollowAsync(string project, long from, CancellationToken stopping);

    /// <summary>
    /// The newest state kept at or before a moment; the empty state where none is kept and the events go back to the first; null where the
    /// journal no longer reaches back that far.
    /// </summary>
    ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping);

    /// <summary>
    /// Keeps a state, with its table of sessions and its hash, so that later loads need not fold from the first event. Durable when it completes.
    /// </summary>
    /// <param name="waiting">Ends the waiting for its turn; what has begun is done to its end.</param>
    /// <exception cref="ArgumentException">The state stands beyond the journal's head.</exception>
    /// <exception cref="IOException">It could not be kept; what was kept before stays.</exception>
    ValueTask KeepAsync(string project, ProjectState state, CancellationToken waiting);

    /// <summary>
    /// Whether a state that was kept turned out not to be whole and none was kept since: the present one is to be kept soon, or the next opening may have
    /// nothing to begin from. May be asked at any time and costs nothing.
    /// </summary>
    bool LacksState(string project) => false;

    /// <summary>Drops events up to a seq, as far as whole segments and kept states allow; gives the floor.</summary>
    ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping);

    /// <summary>Gives back what the journal holds in memory for a project nobody has open. The next call opens it anew. Not beside keeping and forgetting.</summary>
    ValueTask CloseAsync(string project);
}

/// <summary>Where a journal stands.</summary>
/// <param name="Epoch">Identity of this incarnation; positions of another one mean nothing here.</param>
/// <param name="Seq">The newest event's seq; 0 where there is none.</param>
/// <param name="Floor">The seq up to which the past can no longer be read or reconstructed; the state after it still can.</param>
public readonly record struct JournalHead(string Epoch, long Seq, long Floor);

/// <summary>One event as the journal keeps it: the same JSON object that goes over the wire.</summary>
public readonly record struct JournalEntry(long Seq, ReadOnlyMemory<byte> Json);

public enum AppendOutcome
{
    Committed,

    /// <summary>Somebody else appended first; nothing was written.</summary>
    Conflict,

    /// <summary>The journal cannot take entries just now; nothing was written.</summary>
    Unavailable,
}

/// <summary>What became of an append.</summary>
/// <param name="Head">The journal's head now, where the outcome is known to have one.</param>
/// <param name="RetryAfterMs">When to try again, where unavailable.</param>
public readonly record struct AppendResult(AppendOutcome Outcome, long Head, int RetryAfterMs = 0);
