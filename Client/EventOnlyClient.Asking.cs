using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>What is asked, what is only heard, and what is not stored.</summary>
public sealed partial class EventOnlyClient
{
    /// <summary>The others that are present (the first 200), by public session id.</summary>
    public ImmutableSortedDictionary<string, PresentMember> Others => Read(() => _replica.Members);

    /// <summary>
    /// Replaces what the others see of us: at most 2,048 bytes. Sent as soon as possible, the newest value only; offline it goes with the next join.
    /// </summary>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public void SetPresence(JsonFields data)
    {
        ThrowIfTooLarge(data);
        lock (_gate)
            (_presence, _presenceChanged) = (data, true);
        _line.Wake();
    }

    /// <summary>Tells all members (or one session) something that is not stored. Returns false if it was dropped, because we are offline or behind.</summary>
    /// <exception cref="RejectedException"><c>too_large</c>.</exception>
    public bool Broadcast(string topic, CanonicalValue data, string? to = null) =>
        TrySay(new ClientMessage.Broadcast(_options.Project, topic, data, to));

    /// <summary>Looks into the server's state as it is now.</summary>
    /// <exception cref="RejectedException">The server refused the question.</exception>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<QueryPage> QueryAsync(Query query, CancellationToken ct = default)
    {
        var answer = await AskAsync('q', id => new ClientMessage.Ask(id, _options.Project, query), ct).ConfigureAwait(false);
        var page = Expect<ServerMessage.QueryResult>(answer);
        return new(page.Seq, page.Items, page.More);
    }

    /// <summary>A dry run of a command against the state as it is now. Returns why it would be refused; null if it would not.</summary>
    /// <exception cref="OfflineException">There is no line, or it broke before the answer.</exception>
    /// <exception cref="QueueFullException">1,000 questions are without an answer already.</exception>
    public async Task<Refusal?> ValidateAsync(Command command, CancellationToken ct = default)
    {
        var answer = await AskAsync('v', id => new ClientMessage.Validate(id, _options.Project, command), ct).ConfigureAwait(false);
        return Expect<ServerMessage.Verdict>(answer).Refusal;
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

    private async Task<ImmutableArray<ServerMessage>> AskAsync(char prefix, Func<string, ClientMessage> question, CancellationToken ct)
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
            request = _requests.Ask(id, message);
        }
        _line.Wake();
        using var registration = ct.UnsafeRegister(_ => GiveUp(id, ct), null);
        var answer = await request.Answer.Task.ConfigureAwait(false);
        operation.Succeeded();
        return answer;
    }

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

    private void GiveUp(string id, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_requests.Cancel(id, ct))
                _outbox.Enqueue(new ClientMessage.Cancel(id));
        }
        _line.Wake();
    }

    private static T Expect<T>(ImmutableArray<ServerMessage> answer) where T : ServerMessage =>
        answer[^1] as T ?? throw new ProtocolException("bad_frame", $"The answer is a {answer[^1].GetType().Name}.");
}
