using System.Collections.Immutable;
using System.Globalization;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// Questions and their answers. Answers are matched by id, so a stale one can never win. No more than the server allows are open at once; the
/// others wait here. One that is given up keeps its place with the server until its answer comes, for so long the server counts it. Used under
/// its owner's lock.
/// </summary>
internal sealed class Requests
{
    /// <summary>Questions without an answer, with the server or waiting here; one more is refused.</summary>
    public const int OpenMax = 1000;

    private readonly Dictionary<string, Request> _open = new(StringComparer.Ordinal);
    private readonly LinkedList<Request> _waiting = []; // so that who gives up leaves at once
    private readonly Dictionary<string, string> _byKey = new(StringComparer.Ordinal); // the newest question of each key
    private readonly HashSet<string> _givenUp = new(StringComparer.Ordinal); // with the server, and nobody waits for them
    private int _lastId;
    private int _sent;

    /// <summary>How many may be with the server at once: its <c>limits.queriesInFlight</c>.</summary>
    public int InFlightMax { get; set; } = 4;

    /// <summary>Questions that wait for their turn.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>A question and whoever waits for its answer. A snapshot comes in parts; every other answer is one message.</summary>
    internal sealed class Request(ClientMessage message, string? key)
    {
        /// <summary>What a newer question takes the place of this one by.</summary>
        public string? Key { get; } = key;

        public ClientMessage Message { get; } = message;

        public TaskCompletionSource<ImmutableArray<ServerMessage>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<ServerMessage> Parts { get; } = [];

        /// <summary>Its place in the line; null once it is sent.</summary>
        public LinkedListNode<Request>? Waiting { get; set; }

        public bool IsSent => Waiting is null;
    }

    /// <summary>An id no other request of this client has.</summary>
    public string NewId(char prefix) => prefix + (++_lastId).ToString(CultureInfo.InvariantCulture);

    /// <summary>The open question of a key, which a newer one ends first.</summary>
    public string? IdOfKey(string? key) => key is null ? null : _byKey.GetValueOrDefault(key);

    /// <exception cref="QueueFullException">Too many are open already.</exception>
    public Request Ask(string id, ClientMessage message, string? key = null)
    {
        if (_open.Count >= OpenMax)
            throw new QueueFullException(OpenMax);
        var request = new Request(message, key);
        _open.Add(id, request);
        if (key is not null)
            _byKey[key] = id;
        request.Waiting = _waiting.AddLast(request);
        return request;
    }

    /// <summary>The next question to send, or null.</summary>
    public ClientMessage? Next()
    {
        if (_sent >= InFlightMax || _waiting.First is not { Value: var request })
            return null;
        _waiting.RemoveFirst();
        request.Waiting = null;
        _sent++;
        return request.Message;
    }

    /// <summary>Takes an answer, or one part of it; false if the message is none. Answers to what nobody asks any more are dropped.</summary>
    public bool TryTake(ServerMessage message)
    {
        if (IdOf(message) is not { } id)
            return false;
        var isLast = message is not ServerMessage.Snapshot part || part.Part >= part.Parts;
        if (!_open.TryGetValue(id, out var request))
        {
            if (isLast && _givenUp.Remove(id))
                _sent--;
            return true;
        }
        request.Parts.Add(message);
        if (!isLast)
            return true;
        Close(id, request);
        if (message is ServerMessage.Error error)
            request.Answer.TrySetException(new RejectedException(new Refusal(error.Code, error.Message, error.Detail), error.RetryAfterMs));
        else
            request.Answer.TrySetResult([.. request.Parts]);
        return true;
    }

    private static string? IdOf(ServerMessage message) => message switch
    {
        ServerMessage.QueryResult m => m.Id,
        ServerMessage.HistoryResult m => m.Id,
        ServerMessage.Verdict m => m.Id,
        ServerMessage.Snapshot m => m.Id,
        ServerMessage.Error m => m.Id,
        _ => null,
    };

    /// <summary>Gives a question up. Returns whether the server must be told.</summary>
    public bool GiveUp(string id, Exception reason)
    {
        if (!_open.TryGetValue(id, out var request))
            return false;
        if (reason is OperationCanceledException canceled)
            request.Answer.TrySetCanceled(canceled.CancellationToken);
        else
            request.Answer.TrySetException(reason);
        if (!request.IsSent)
        {
            Close(id, request);
            return false;
        }
        Forget(id, request);
        _givenUp.Add(id);
        return request.Message is not ClientMessage.Validate; // that one is over at once
    }

    /// <summary>The line is gone, and with it every answer.</summary>
    public void FailAll(Exception reason)
    {
        foreach (var request in _open.Values)
            request.Answer.TrySetException(reason);
        _open.Clear();
        _byKey.Clear();
        _waiting.Clear();
        _givenUp.Clear();
        _sent = 0;
    }

    private void Close(string id, Request request)
    {
        Forget(id, request);
        if (request.Waiting is { } place)
            _waiting.Remove(place);
        else
            _sent--;
    }

    private void Forget(string id, Request request)
    {
        _open.Remove(id);
        if (request.Key is { } key && _byKey.GetValueOrDefault(key) == id)
            _byKey.Remove(key);
    }
}
