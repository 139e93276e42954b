using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What is asked, what is only heard, and what is not stored.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>Tells all members (or one session) something that is not stored. Returns false if it was dropped, because we are offline or behind.</summary>
    /// <param name="topic">What it is about: 1 to 64 of <c>[A-Za-z0-9._:-]</c>.</param>
    /// <param name="data">Any JSON value.</param>
    /// <param name="to">The public id of the only session to get it; everybody by default.</param>
    /// <param name="key">Of what it is the newest value: a member that is behind may miss values, but gets the newest of each key.</param>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public bool Broadcast(string topic, CanonicalValue data, string? to = null, string? key = null) =>
        TrySay(new ClientMessage.Broadcast(_options.Project, topic, data, to, key));

    /// <summary>The same, with a value of yours.</summary>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public bool Broadcast<T>(string topic, T data, JsonTypeInfo<T> type, string? to = null, string? key = null) =>
        Broadcast(topic, CanonicalValue.Parse(JsonSerializer.SerializeToUtf8Bytes(data, type)), to, key);

    /// <summary>Looks into the server's state as it is now. Waits at most <see cref="ClientOptions.AskTimeout"/>.</summary>
    /// <exception cref="RejectedException">The server refused the question.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="EventOnlyTimeoutException">No answer came in time.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public Task<QueryPage> QueryAsync(Query query, CancellationToken ct = default) => QueryAsync(query, null, ct);

    /// <summary>Looks into the server's state as it is now. Waits at most <see cref="ClientOptions.AskTimeout"/>.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="key">A newer question with the same key ends this one, which is then cancelled (<see cref="OperationCanceledException"/>).</param>
    /// <param name="ct">Ends the waiting; the server is told.</param>
    /// <exception cref="RejectedException">The server refused the question.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="EventOnlyTimeoutException">No answer came in time.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<QueryPage> QueryAsync(Query query, string? key, CancellationToken ct = default)
    {
        var answer = await AskAsync('q', id => new ClientMessage.Ask(id, _options.Project, query), ct, key).ConfigureAwait(false);
        var page = Expect<ServerMessage.QueryResult>(answer);
        return new(page.Seq, page.Items, page.More);
    }

    /// <summary>The same, with the items' data as values of yours.</summary>
    /// <exception cref="RejectedException">The server refused the question.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="EventOnlyTimeoutException">No answer came in time.</exception>
    public async Task<ImmutableArray<T?>> QueryAsync<T>(Query query, JsonTypeInfo<T> type, string? key = null, CancellationToken ct = default)
    {
        var page = await QueryAsync(query, key, ct).ConfigureAwait(false);
        return [.. page.Items.Select(item => JsonSerializer.Deserialize(item.Data.ToValue().Utf8, type))];
    }

    /// <summary>A dry run of a command against the state as it is now. Returns why it would be refused; null if it would not.</summary>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="EventOnlyTimeoutException">No answer came in time.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public Task<Refusal?> ValidateAsync(Command command, CancellationToken ct = default) => ValidateAsync(command, null, ct);

    /// <summary>The same; a newer question with the same key ends this one. A dry run of a command against the state as it is now. Returns why it would be refused; null if it would not.</summary>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<Refusal?> ValidateAsync(Command command, string? key, CancellationToken ct = default)
    {
        var answer = await AskAsync('v', id => new ClientMessage.Validate(id, _options.Project, command), ct, key).ConfigureAwait(false);
        return Expect<ServerMessage.Verdict>(answer).Refusal;
    }

    /// <summary>
    /// The answer to a query, kept current from what is here, our pending commands included: no question goes to the server. The first comes at once, then
    /// one whenever the answer is another; a reader that is slow gets the newest. <see cref="Query.After"/> is not heeded; without a limit all items come.
    /// </summary>
    /// <exception cref="ClosedException">The client is disconnected.</exception>
    public async IAsyncEnumerable<ImmutableArray<Entity>> LiveAsync(Query query, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var live = new LiveQuery(query);
        while (true)
        {
            var next = _pulse.Next; // before the look, so that no change is missed
            if (live.Look(Read(() => _replica.View)) is { } items)
                yield return items;
            if (Read(() => _closed) is { } closed)
                throw closed;
            await next.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>The broadcasts of others from now on (of a topic). Takes part at once, not at the first read.</summary>
    /// <remarks>Ends with <see cref="SubscriberTooSlowException"/> on a reader that is too slow.</remarks>
    public Subscription<ServerMessage.Broadcast> BroadcastsAsync(string? topic = null) =>
        _broadcasts.Open(topic is null ? null : heard => heard.Topic == topic);

    /// <summary>Sends a message as it is, if there is a line.</summary>
    internal bool TrySay(ClientMessage message)
    {
        lock (_gate)
        {
            if (_state != ConnectionState.Connected || _outbox.Count >= OutboxMax)
                return false;
            ThrowIfTooLarge(message);
            _outbox.Enqueue(message);
        }
        _line.Wake();
        return true;
    }

    private async Task<ImmutableArray<ServerMessage>> AskAsync(char prefix, Func<string, ClientMessage> question, CancellationToken ct, string? key = null)
    {
        ct.ThrowIfCancellationRequested();
        using var operation = _telemetry.Begin(prefix switch { 'q' => "query", 'v' => "validate", _ => "history" });
        string id;
        Requests.Request request;
        lock (_gate)
        {
            if (_closed is not null)
                throw _closed;
            if (_state != ConnectionState.Connected)
                throw new OfflineException();
            id = _requests.NewId(prefix);
            var message = question(id);
            ThrowIfTooLarge(message);
            if (_requests.IdOfKey(key) is { } older)
                GiveUp(older, new CancellationToken(canceled: true));
            request = _requests.Ask(id, message, key);
        }
        _line.Wake();
        using var registration = ct.UnsafeRegister(_ => GiveUp(id, ct), null);
        using var timer = TimeOut(id);
        var answer = await request.Answer.Task.ConfigureAwait(false);
        operation.Succeeded();
        return answer;
    }

    private ITimer? TimeOut(string id) => _options.AskTimeout == Timeout.InfiniteTimeSpan
        ? null
        : _options.Time.CreateTimer(_ => GiveUp(id, new EventOnlyTimeoutException(_options.AskTimeout)), null, _options.AskTimeout, Timeout.InfiniteTimeSpan);

    /// <summary>The server would close the line for it.</summary>
    private void ThrowIfTooLarge(ClientMessage message)
    {
        var measured = new Utf8Buffer();
        WireCodec.Encode(measured, message);
        if (_limits is { MessageBytes: var bytesMax } && measured.Length > bytesMax)
            throw new RejectedException(TooLarge(bytesMax));
    }

    /// <summary>The server would refuse the join that carries it, and so let us in no more.</summary>
    private static void ThrowIfTooLarge(JsonFields? presence)
    {
        if (presence?.Bytes > WireLimits.Default.PresenceBytes)
            throw new RejectedException(TooLarge(WireLimits.Default.PresenceBytes));
    }

    private void GiveUp(string id, CancellationToken ct) => GiveUp(id, new OperationCanceledException(ct));

    private void GiveUp(string id, Exception reason)
    {
        lock (_gate)
        {
            if (_requests.GiveUp(id, reason))
                _outbox.Enqueue(new ClientMessage.Cancel(id));
        }
        _line.Wake();
    }

    private static T Expect<T>(ImmutableArray<ServerMessage> answer) where T : ServerMessage =>
        answer[^1] as T ?? throw new ProtocolException("bad_frame", $"The answer is a {answer[^1].GetType().Name}.");
}
