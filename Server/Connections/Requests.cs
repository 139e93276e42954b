using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Server.Connections;

/// <summary>
/// The requests of one connection that are worked on beside its read loop, so that they can be cancelled and do not hold up what comes after
/// them. Each is answered once.
/// </summary>
/// <param name="failed">Told of a fault in the work, whose request is answered with <c>internal</c>.</param>
#pragma warning disable CA1001 // a semaphore whose wait handle nobody asks for has nothing to dispose of
internal sealed class Requests(int inFlightMax, Func<ServerMessage, Task> answer, Action<Exception> failed, CancellationToken over)
#pragma warning restore CA1001
{
    /// <summary>How soon to ask again for what a journal could not read: what was dropped meanwhile is known by then, and disks seldom mend sooner.</summary>
    private const int RetryAfterMs = 1000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, (CancellationTokenSource Cancel, Task Work)> _open = new(StringComparer.Ordinal);

    /// <summary>Begins the work for a request; an error where there is too much under way, or the id is taken.</summary>
    public ServerMessage.Error? TryStart(string id, Func<CancellationToken, Task> work)
    {
        lock (_gate)
        {
            if (_open.ContainsKey(id))
                return new(id, ErrorCode.Invalid, "A request of that id is under way.", ErrorDetails.BadEvent);
            if (_open.Count >= inFlightMax)
                return new(id, ErrorCode.RateLimited, "Too many requests are under way.", RetryAfterMs: 100);
            var cancel = CancellationTokenSource.CreateLinkedTokenSource(over);
            _open.Add(id, (cancel, Task.Run(() => RunAsync(id, work, cancel), CancellationToken.None)));
        }
        return null;
    }

    public void Cancel(string id)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(id, out var request))
                request.Cancel.Cancel();
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
        Task[] work;
        lock (_gate)
        {
            foreach (var request in _open.Values)
                request.Cancel.Cancel();
            work = [.. _open.Values.Select(request => request.Work)];
        }
        await Task.WhenAll(work);
    }

    private async Task RunAsync(string id, Func<CancellationToken, Task> work, CancellationTokenSource cancel)
    {
        try
        {
            await work(cancel.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await AnswerAsync(new(id, ErrorCode.Cancelled, "The request was cancelled."));
        }
        catch (JournalUnavailableException) // told by whoever met it
        {
            await AnswerAsync(new(id, ErrorCode.Unavailable, "The project's past cannot be read just now.", RetryAfterMs: RetryAfterMs));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            failed(fault);
            await AnswerAsync(new(id, ErrorCode.Internal, "The server had a fault."));
        }
        finally
        {
            lock (_gate)
                _open.Remove(id);
            cancel.Dispose();
        }
    }

    private async Task AnswerAsync(ServerMessage.Error error)
    {
        try
        {
            await answer(error);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
        }
    }
}
