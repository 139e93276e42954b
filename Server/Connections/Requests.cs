using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Connections;

/// <summary>
/// The requests of one connection that are worked on beside its read loop, so that they can be cancelled and do not hold up what comes after
/// them. Each is answered once; its place is free before anybody can have seen the answer, so that who asks one after the other is never too fast.
/// </summary>
/// <param name="failed">Told of a fault in the work, whose request is answered with <c>internal</c>.</param>
#pragma warning disable CA1001 // a semaphore whose wait handle nobody asks for has nothing to dispose of
internal sealed class Requests(int inFlightMax, Func<ServerMessage, Requests.Request, Task> answer, Action<Exception> failed, CancellationToken over)
#pragma warning restore CA1001
{
    /// <summary>How soon to ask again for what a journal could not read: what was dropped meanwhile is known by then, and disks seldom mend sooner.</summary>
    private const int RetryAfterMs = 1000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, Request> _open = new(StringComparer.Ordinal);

    /// <summary>Why a request cannot be begun: there is too much under way, or the id is taken. Null where it can, by the one who asks.</summary>
    public ServerMessage.Error? Refuse(string id)
    {
        lock (_gate)
        {
            if (_open.ContainsKey(id))
                return new(id, ErrorCode.Invalid, "A request of that id is under way.", ErrorDetails.BadEvent);
            return _open.Count < inFlightMax ? null : new(id, ErrorCode.RateLimited, "Too many requests are under way.", RetryAfterMs: 100);
        }
    }

    /// <summary>Begins the work for a request that was not refused.</summary>
    public void Start(string id, Func<Request, Task> work)
    {
        lock (_gate)
        {
            var request = new Request(this, id, CancellationTokenSource.CreateLinkedTokenSource(over));
            _open.Add(id, request);
            request.Work = Task.Run(() => RunAsync(request, work), CancellationToken.None);
        }
    }

    public void Cancel(string id)
    {
        Request? request;
        lock (_gate)
            _open.TryGetValue(id, out request);
        request?.GiveUp();
    }

    /// <summary>One request that is worked on.</summary>
    internal sealed class Request(Requests all, string id, CancellationTokenSource cancel) : IDisposable
    {
        public string Id => id;

        /// <summary>Says that nobody waits for the answer any more.</summary>
        public CancellationToken Cancelled => cancel.Token;

        public Task Work { get; set; } = Task.CompletedTask;

        /// <summary>Not within the gate: what it frees may want to answer.</summary>
        public void GiveUp()
        {
            try
            {
                cancel.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It was answered just now.
            }
        }

        public void Dispose() => cancel.Dispose();

        /// <summary>To be called when the answer, or its last part, is about to be given. Nothing but giving it may follow.</summary>
        public void Answer()
        {
            lock (all._gate)
            {
                if (all._open.TryGetValue(id, out var open) && open == this)
                    all._open.Remove(id);
            }
        }
    }

    /// <summary>One after the other, so that a connection that asks for much holds one page or past state at a time, and others come in between.</summary>
    public async Task OneByOneAsync(Func<Task> work, CancellationToken cancelled)
    {
        await _one.WaitAsync(cancelled);
        try
        {
            await work();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Cancels all and waits for them.</summary>
    public async Task EndAsync()
    {
        Request[] open;
        lock (_gate)
            open = [.. _open.Values];
        foreach (var request in open)
            request.GiveUp();
        await Task.WhenAll(open.Select(request => request.Work));
    }

    private async Task RunAsync(Request request, Func<Request, Task> work)
    {
        try
        {
            await work(request);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (OperationCanceledException) when (request.Cancelled.IsCancellationRequested)
        {
            await AnswerAsync(request, new(request.Id, ErrorCode.Cancelled, "The request was cancelled."));
        }
        catch (JournalUnavailableException) // told by whoever met it
        {
            await AnswerAsync(request, new(request.Id, ErrorCode.Unavailable, "The project's past cannot be read just now.", RetryAfterMs: RetryAfterMs));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            failed(fault);
            await AnswerAsync(request, new(request.Id, ErrorCode.Internal, "The server had a fault."));
        }
        finally
        {
            request.Answer();
            request.Dispose();
        }
    }

    private async Task AnswerAsync(Request request, ServerMessage.Error error)
    {
        try
        {
            await answer(error, request);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
        }
    }
}
