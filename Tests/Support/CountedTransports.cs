using EventOnly.Client;

namespace EventOnly.Tests.Support;

/// <summary>The network, with a count of the lines that are open or being opened: one client never has two.</summary>
internal sealed class CountedTransports : ITransportFactory
{
    private int _now;
    private int _most;

    public int MostAtOnce => Volatile.Read(ref _most);

    public int Made { get; private set; }

    public async ValueTask<ITransport> ConnectAsync(Uri uri, ConnectionOptions options, CancellationToken ct)
    {
        Made++;
        var now = Interlocked.Increment(ref _now);
        _most = Math.Max(_most, now);
        try
        {
            return new Counted(this, await Dialling.DialAsync(uri, options with { Transport = null }, ct));
        }
        catch
        {
            Interlocked.Decrement(ref _now);
            throw;
        }
    }

    private sealed class Counted(CountedTransports all, ITransport line) : ITransport
    {
        private int _isOver;

        public string? Subprotocol => line.Subprotocol;

        public int? CloseCode => line.CloseCode;

        public string? CloseReason => line.CloseReason;

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct) => line.SendAsync(message, ct);

        public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct) => line.ReceiveAsync(ct);

        public ValueTask CloseAsync(CancellationToken ct) => line.CloseAsync(ct);

        public void Abort()
        {
            line.Abort();
            End();
        }

        public async ValueTask DisposeAsync()
        {
            await line.DisposeAsync();
            End();
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                Interlocked.Decrement(ref all._now);
        }
    }
}
