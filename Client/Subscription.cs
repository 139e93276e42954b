using System.Threading.Channels;

namespace EventOnly.Client;

/// <summary>
/// A stream for one reader. It takes part from the moment it is made, so "subscribe, then act" does not race. Bounded: it never drops an item
/// silently, but ends with an exception.
/// </summary>
public sealed class Subscription<T> : IAsyncEnumerable<T>, IDisposable
{
    private readonly Subscriptions<T> _all;
    private readonly Predicate<T>? _wanted;
    private readonly Channel<T> _items;

    internal Subscription(Subscriptions<T> all, Predicate<T>? wanted, int itemsMax)
    {
        (_all, _wanted) = (all, wanted);
        // Wait: TryWrite says when the channel is full, and nobody ever waits to write.
        _items = Channel.CreateBounded<T>(new BoundedChannelOptions(itemsMax) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    }

    /// <summary>Reads on; ends when the client is disconnected, or with the exception that tells why the stream cannot go on.</summary>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (_wanted?.Invoke(item) != false)
                    yield return item;
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Ends the stream for its reader. May be called twice.</summary>
    public void Dispose()
    {
        _all.Remove(this);
        _items.Writer.TryComplete();
    }

    internal bool TryPublish(T item) => _items.Writer.TryWrite(item);

    internal void End(Exception? reason) => _items.Writer.TryComplete(reason);
}
