using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EventOnly.Tests.Support;

/// <summary>A TCP relay in front of a server that cuts lines, lets bytes vanish, and mends again, so that a test has a real bad network.</summary>
internal sealed class FlakyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly ConcurrentBag<Task> _relays = [];
    private readonly CancellationTokenSource _over = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private volatile bool _isCut;
    private volatile TaskCompletionSource? _frozen;

    public FlakyProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that were let through so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Resets every connection, and every new one, until <see cref="Heal"/>.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (var client in _open.Keys)
            Reset(client);
    }

    /// <summary>From now on bytes are held back in both directions, and nobody is told.</summary>
    public void Freeze() => _frozen ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The network is good again; what was held back goes on.</summary>
    public void Heal()
    {
        _isCut = false;
        var frozen = _frozen;
        _frozen = null;
        frozen?.TrySetResult();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_over.Token);
                if (_isCut)
                    Reset(client);
                else
                    _relays.Add(RelayAsync(client));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        Accepted++;
        using var server = new TcpClient();
        _open[client] = 0;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _over.Token);
            await Task.WhenAny(PumpAsync(client.GetStream(), server.GetStream()), PumpAsync(server.GetStream(), client.GetStream()));
        }
        catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException or InvalidOperationException)
        {
        }
        finally
        {
            _open.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, _over.Token) is var count and > 0)
            {
                while (_frozen is { } frozen)
                    await frozen.Task.WaitAsync(_over.Token);
                await to.WriteAsync(buffer.AsMemory(0, count), _over.Token);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    /// <summary>Without lingering, closing sends a reset instead of an end.</summary>
    private static void Reset(TcpClient client)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var client in _open.Keys)
            client.Dispose();
        await Task.WhenAll(_relays);
        _over.Dispose();
    }
}
