using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What has been.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>Events that are asked for at a time.</summary>
    private const int HistoryPageEvents = 500;

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

    /// <summary>The state as it was after the event of a seq.</summary>
    /// <exception cref="RejectedException"><c>gone</c>: it is not yet, or no longer kept.</exception>
    /// <exception cref="ProtocolException"><c>hash_mismatch</c>: what came is not the state the server meant.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public Task<ProjectState> AtAsync(long seq, CancellationToken ct = default) =>
        AtAsync(id => new ClientMessage.At(id, _options.Project, seq, null), ct);

    /// <summary>
    /// The state as it was at a time by the server's clock: after the last event that is not later, to the millisecond. Its seq tells which. A time
    /// before the first event gives the empty state, a time to come the present.
    /// </summary>
    /// <exception cref="RejectedException"><c>gone</c>: it is no longer kept.</exception>
    /// <exception cref="ProtocolException"><c>hash_mismatch</c>: what came is not the state the server meant.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public Task<ProjectState> AtAsync(DateTimeOffset time, CancellationToken ct = default) =>
        AtAsync(id => new ClientMessage.At(id, _options.Project, null, time.ToUnixTimeMilliseconds()), ct);

    private async Task<ProjectState> AtAsync(Func<string, ClientMessage.At> question, CancellationToken ct)
    {
        var parts = await AskAsync('h', question, ct).ConfigureAwait(false);
        var last = Expect<ServerMessage.Snapshot>(parts);
        var state = ProjectState.FromSnapshot(last.Seq, parts.OfType<ServerMessage.Snapshot>().SelectMany(part => part.Entities));
        return last.Hash is { } told && told != state.Hash
            ? throw new ProtocolException("hash_mismatch", $"The state at {state.Seq} hashes to {state.Hash}, the server says {told}.")
            : state;
    }
}
