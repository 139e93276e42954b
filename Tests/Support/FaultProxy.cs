using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EventOnly.Tests.Support;

/// <summary>
/// A TCP relay in front of a server, so that a test has a real bad network: it cuts lines at any byte, lets bytes vanish, is late, narrow or deaf, by hand
/// or by plan, and mends again.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private const int PieceBytes = 16 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly ConcurrentBag<Task> _relays = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Func<int, FaultPlan> _planOf;
    private readonly int _serverPort;
    private readonly Task _accepting;
    private volatile bool _isCut;
    private volatile bool _isDeaf;
    private volatile TaskCompletionSource? _frozen;

    /// <param name="planOf">What the nth connection suffers, from 0; nothing by default.</param>
    public FaultProxy(int serverPort, Func<int, FaultPlan>? planOf = null)
    {
        (_serverPort, _planOf) = (serverPort, planOf ?? (_ => FaultPlan.None));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where clients connect.</summary>
    public Uri Uri => new($"ws://127.0.0.1:{Port}/ws");

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

    /// <summary>New connections are accepted, and then nobody is there, until <see cref="Heal"/>; those that are open go on.</summary>
    public void Deafen() => _isDeaf = true;

    /// <summary>The network is good again; what <see cref="Freeze"/> held back goes on. What a plan did to a connection stays.</summary>
    public void Heal()
    {
        (_isCut, _isDeaf) = (false, false);
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
                    _relays.Add(RelayAsync(client, _planOf(Accepted++)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task RelayAsync(TcpClient client, FaultPlan plan)
    {
        using var server = new TcpClient();
        _open[client] = 0;
        try
        {
            if (plan.IsHalfOpen || _isDeaf)
            {
                await DrainAsync(client.GetStream());
                return;
            }
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _over.Token);
            server.NoDelay = client.NoDelay = true;
            await await Task.WhenAny(
                PumpAsync(client.GetStream(), server.GetStream(), plan.Up), PumpAsync(server.GetStream(), client.GetStream(), plan.Down));
        }
        catch (ResetByPlanException)
        {
            Reset(client);
            Reset(server);
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

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Fault fault)
    {
        var buffer = new byte[PieceBytes];
        var passed = 0L;
        try
        {
            while (await from.ReadAsync(buffer, _over.Token) is var count and > 0)
            {
                while (_frozen is { } frozen)
                    await frozen.Task.WaitAsync(_over.Token);
                if (passed + count >= fault.FreezeAfter)
                {
                    await to.WriteAsync(buffer.AsMemory(0, (int)(fault.FreezeAfter.Value - passed)), _over.Token);
                    await DrainAsync(from);
                    return;
                }
                var pass = (int)Math.Min(count, (fault.ResetAfter ?? long.MaxValue) - passed);
                var pause = fault.Delay + (fault.BytesPerSecond is { } rate ? TimeSpan.FromSeconds((double)pass / rate) : TimeSpan.Zero);
                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, _over.Token); // a slow network is what is asked for
                await to.WriteAsync(buffer.AsMemory(0, pass), _over.Token);
                passed += pass;
                if (passed >= fault.ResetAfter)
                    throw new ResetByPlanException();
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    /// <summary>Reads and forgets, as long as the other side lets us.</summary>
    private async Task DrainAsync(NetworkStream from)
    {
        var buffer = new byte[PieceBytes];
        while (await from.ReadAsync(buffer, _over.Token) > 0)
        {
        }
    }

    /// <summary>Without lingering, closing sends a reset instead of an end.</summary>
    private static void Reset(TcpClient client)
    {
        if (client.Client is { } socket)
            socket.LingerState = new LingerOption(true, 0);
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

    private sealed class ResetByPlanException : Exception;
}
