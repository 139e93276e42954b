using System.Threading.Channels;

namespace EventOnly.Client;

/// <summary>What a stream does with an item that finds no room, because its reader is slow.</summary>
public enum Overflow
{
    /// <summary>The stream ends with <see cref="SubscriberTooSlowException"/>: nothing is left out without a word.</summary>
    Fail,

    /// <summary>The oldest item makes room, and <see cref="Subscription{T}.Dropped"/> counts it: for those who want what is new rather than all.</summary>
    DropOldest,
}

/// <summary>
/// A stream for one reader. It takes part from the moment it is made, so "subscribe, then act" does not race. Bounded: it never drops an item
/// silently, but ends with an exception, or counts what it drops where that was asked for.
/// </summary>
public sealed class Subscription<T> : IAsyncEnumerable<T>, IDisposable
{
    private readonly Subscriptions<T> _all;
    private readonly Predicate<T>? _wanted;
    private readonly Func<CancellationToken, IAsyncEnumerable<T>>? _before;
    private readonly Channel<T> _items;
    private long _dropped;

    internal Subscription(
        Subscriptions<T> all, Predicate<T>? wanted, int itemsMax, Overflow overflow = Overflow.Fail, Func<CancellationToken, IAsyncEnumerable<T>>? before = null)
    {
        (_all, _wanted, _before) = (all, wanted, before);
        // Wait: TryWrite says when the channel is full, and nobody ever waits to write.
        var mode = overflow == Overflow.Fail ? BoundedChannelFullMode.Wait : BoundedChannelFullMode.DropOldest;
        _items = Channel.CreateBounded<T>(new BoundedChannelOptions(itemsMax) { FullMode = mode, SingleReader = true }, _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Items that made room for newer ones; 0 unless <see cref="Overflow.DropOldest"/> was asked for.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Reads on; ends when the client is disconnected, or with the exception that tells why the stream cannot go on.</summary>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            if (_before is not null)
            {
                await foreach (var item in _before(cancellationToken).ConfigureAwait(false))
                    yield return item;
            }
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
