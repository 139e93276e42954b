using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What has been.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>Events that are asked for at a time.</summary>
    private const int HistoryPageEvents = 500;

    private readonly Dictionary<string, CancellationTokenSource> _looks = new(StringComparer.Ordinal); // the newest of each key
    private readonly Checkpoints _checkpoints;

    /// <summary>
    /// The events of the past from a seq on, oldest first, page by page. Those that are no longer kept are not among them: <see cref="Floor"/>.
    /// </summary>
    /// <param name="to">The last seq wanted; null reads up to the present.</param>
    /// <exception cref="RejectedException"><c>invalid</c>.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public IAsyncEnumerable<ProjectEvent> HistoryAsync(long from, long? to = null, CancellationToken ct = default) =>
        HistoryAsync(new HistoryQuery { From = from, To = to }, ct);

    /// <summary>
    /// The events of the past that are wanted, page by page: from a seq forwards, oldest first, or back from a seq or the present, newest first.
    /// Those that are no longer kept are not among them: read forwards from a seq, the first that comes may be a later one, and <see cref="Floor"/>
    /// tells why.
    /// </summary>
    /// <exception cref="RejectedException"><c>invalid</c>: the question is none.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async IAsyncEnumerable<ProjectEvent> HistoryAsync(HistoryQuery query, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var left = query.Limit ?? int.MaxValue;
        for (HistoryQuery? asked = query; asked is not null && left > 0;)
        {
            var question = asked with { Limit = Math.Min(left, HistoryPageEvents) };
            var answer = await AskAsync('h', id => new ClientMessage.History(id, _options.Project, question), ct).ConfigureAwait(false);
            var page = Expect<ServerMessage.HistoryResult>(answer);
            foreach (var line in page.Events)
            {
                yield return codec.TryDecodeEvent(line.Span) ?? throw new ProtocolException("bad_frame", "An event of the history cannot be read.");
                left--;
            }
            asked = !page.More || page.Next is not { } next ? null : query.From is null ? query with { Before = next } : query with { From = next };
        }
    }

    /// <summary>The last event that changed an entity, or one of its fields: who, when and how. Null where none did, or none is kept any more.</summary>
    /// <exception cref="RejectedException"><c>invalid</c>: such a name cannot be.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<ProjectEvent?> LastChangeAsync(string entity, string? field = null, CancellationToken ct = default)
    {
        await foreach (var happened in HistoryAsync(new HistoryQuery { Entity = entity, Field = field, Limit = 1 }, ct).ConfigureAwait(false))
            return happened;
        return null;
    }

    /// <summary>Events of the past at the pace at which they happened. No time is lost by who reads slowly: what is overdue comes at once.</summary>
    /// <param name="to">The last seq wanted; null reads up to the present.</param>
    /// <param name="speed">Above 0; 1 is as it was, <see cref="double.PositiveInfinity"/> as fast as it can be read.</param>
    /// <exception cref="ArgumentOutOfRangeException">Such a speed cannot be.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before an answer.</exception>
    public IAsyncEnumerable<ProjectEvent> ReplayAsync(long from, long? to = null, double speed = 1, CancellationToken ct = default)
    {
        if (!(speed > 0))
            throw new ArgumentOutOfRangeException(nameof(speed), speed, "It is above 0.");
        return HistoryAsync(from, to, ct).PaceAsync(speed, _options.Time, ct);
    }

    /// <summary>
    /// The state as it was after the event of a seq. The state every 500 events is kept with the events after it, so that moving about costs a question
    /// in a while and 500 folds at most.
    /// </summary>
    /// <exception cref="RejectedException"><c>gone</c>: it is not yet, or no longer kept.</exception>
    /// <exception cref="ProtocolException"><c>hash_mismatch</c>: what came is not the state the server meant.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<Past> AtAsync(long seq, CancellationToken ct = default)
    {
        if (await _checkpoints.FindAsync(seq, ct).ConfigureAwait(false) is var (state, atMs))
            return PastOf(state, atMs);
        return await WithTimeAsync(await AskStateAsync(seq, null, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    /// <summary>As without a key, for a slider: of several calls with the same key the last wins, the others are cancelled.</summary>
    /// <inheritdoc cref="AtAsync(long, CancellationToken)"/>
    /// <exception cref="OperationCanceledException">A later call took its place, or the caller stopped waiting.</exception>
    public async Task<Past> AtAsync(long seq, string key, CancellationToken ct = default)
    {
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(ct);
        CancellationTokenSource? older;
        lock (_gate)
        {
            _looks.Remove(key, out older);
            _looks.Add(key, turn);
        }
        try
        {
            if (older is not null)
                await older.CancelAsync().ConfigureAwait(false);
            var past = await AtAsync(seq, turn.Token).ConfigureAwait(false);
            turn.Token.ThrowIfCancellationRequested(); // what was at hand may have been overtaken all the same
            return past;
        }
        finally
        {
            lock (_gate)
            {
                if (_looks.GetValueOrDefault(key) == turn)
                    _looks.Remove(key);
            }
        }
    }

    /// <summary>
    /// The state as it was at a time by the server's clock: after the last event that is not later, to the millisecond. Its seq tells which. A time
    /// before the first event gives the empty state, a time to come the present.
    /// </summary>
    /// <exception cref="RejectedException"><c>gone</c>: it is no longer kept.</exception>
    /// <exception cref="ProtocolException"><c>hash_mismatch</c>: what came is not the state the server meant.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<Past> AtAsync(DateTimeOffset time, CancellationToken ct = default) =>
        await WithTimeAsync(await AskStateAsync(null, time.ToUnixTimeMilliseconds(), ct).ConfigureAwait(false), ct).ConfigureAwait(false);

    /// <summary>The state as the server itself has it of that moment, whatever is kept here: for those who compare the two.</summary>
    internal Task<ProjectState> ServerStateAtAsync(long seq, CancellationToken ct) => AskStateAsync(seq, null, ct);

    private async Task<ProjectState> AskStateAsync(long? seq, long? timeMs, CancellationToken ct)
    {
        var parts = await AskAsync('h', id => new ClientMessage.At(id, _options.Project, seq, timeMs), ct).ConfigureAwait(false);
        var last = Expect<ServerMessage.Snapshot>(parts);
        var state = ProjectState.FromSnapshot(last.Seq, parts.OfType<ServerMessage.Snapshot>().SelectMany(part => part.Entities));
        return last.Hash is { } told && told != state.Hash
            ? throw new ProtocolException("hash_mismatch", $"The state at {state.Seq} hashes to {state.Hash}, the server says {told}.")
            : state;
    }

    private async Task<ImmutableArray<ProjectEvent>> ReadEventsAsync(long from, long to, CancellationToken ct)
    {
        var events = ImmutableArray.CreateBuilder<ProjectEvent>();
        await foreach (var happened in HistoryAsync(from, to, ct).ConfigureAwait(false))
            events.Add(happened);
        return events.DrainToImmutable();
    }

    /// <summary>The time of a state is that of its last event, where that can still be had.</summary>
    private async Task<Past> WithTimeAsync(ProjectState state, CancellationToken ct)
    {
        var (head, floor, _) = Read(Standing);
        var events = state.Seq > floor && state.Seq <= head ? await ReadEventsAsync(state.Seq, state.Seq, ct).ConfigureAwait(false) : [];
        return PastOf(state, events.IsEmpty ? null : events[0].AtMs);
    }

    private Past PastOf(ProjectState state, long? atMs) =>
        new(state, atMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null, () => Seq);

    private Stand Standing() => new(_replica.Seq, _replica.Floor, _replica.Epoch);
}
