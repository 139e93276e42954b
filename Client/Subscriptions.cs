namespace EventOnly.Client;

/// <summary>All open streams of one sort.</summary>
internal sealed class Subscriptions<T>(int itemsMax)
{
    // Readers come and go on their own threads while the client publishes.
    private readonly Lock _gate = new();
    private readonly List<Subscription<T>> _open = [];
    private Exception? _ended;
    private bool _isOver;

    /// <summary>A stream of what is published from now on.</summary>
    /// <param name="before">What the stream begins with, read when its reader reads.</param>
    public Subscription<T> Open(Predicate<T>? wanted = null, Overflow overflow = Overflow.Fail, Func<CancellationToken, IAsyncEnumerable<T>>? before = null)
    {
        var subscription = new Subscription<T>(this, wanted, itemsMax, overflow, before);
        lock (_gate)
        {
            if (_isOver)
                subscription.End(_ended);
            else
                _open.Add(subscription);
        }
        return subscription;
    }

    /// <summary>Gives an item to everyone; who is too far behind is told so, by <paramref name="tooSlow"/>, at the end of its stream.</summary>
    public void Publish(T item, Func<Exception> tooSlow)
    {
        lock (_gate)
        {
            for (var i = _open.Count - 1; i >= 0; i--)
            {
                if (_open[i].TryPublish(item))
                    continue;
                _open[i].End(tooSlow());
                _open.RemoveAt(i);
            }
        }
    }

    /// <summary>Ends the streams that are open now.</summary>
    public void EndAll(Exception? reason)
    {
        lock (_gate)
        {
            foreach (var subscription in _open)
                subscription.End(reason);
            _open.Clear();
        }
    }

    /// <summary>Ends these streams and all that will be opened.</summary>
    public void Close(Exception? reason)
    {
        lock (_gate)
            (_isOver, _ended) = (true, reason);
        EndAll(reason);
    }

    /// <summary>Those that are opened from now on begin anew.</summary>
    public void Reopen()
    {
        lock (_gate)
            (_isOver, _ended) = (false, null);
    }

    public void Remove(Subscription<T> subscription)
    {
        lock (_gate)
            _open.Remove(subscription);
    }
}
