using System.Collections.Concurrent;
using System.Net;
using EventOnly.Client;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Load;

/// <summary>What all members of one load share: where they go, what they count, how it ends.</summary>
internal sealed class LoadSite : IDisposable
{
    /// <summary>Connections from one address to one other: a system has about 28,000 ports to give.</summary>
    private const int ClientsPerSource = 20_000;

    /// <summary>The receive buffer of a slow member in bytes: with the system's own, megabytes would hide that it does not read.</summary>
    private const int SlowBufferBytes = 8 * 1024;

    private readonly ThreadLocal<WireCodec> _codec = new(() => new(WireLimits.Trusted));
    private readonly CancellationTokenSource _settling = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, LoadMember> _authors = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<string> _hopeless = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public required Uri Uri { get; init; }

    public required LoadPlan Plan { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Changes how a client connects: tests put themselves between.</summary>
    public Func<int, ConnectionOptions, ConnectionOptions> Dial { get; init; } = (_, options) => options;

    /// <summary>Tells this load's sessions and projects from those of others, on a server that knew others.</summary>
    public string RunId { get; } = Guid.NewGuid().ToString("n")[..12];

    public Breaches Breaches { get; } = new();

    public Tally Tally { get; } = new();

    /// <summary>From the intended moment to the publisher's own event.</summary>
    public Latencies Acks { get; } = new();

    /// <summary>From the intended moment to each member that reads at its best and was there.</summary>
    public Latencies Deliveries { get; } = new();

    /// <summary>The same of what a member caught up with after it came back: a line that broke must not hide how late that was.</summary>
    public Latencies CatchUps { get; } = new();

    public Latencies Broadcasts { get; } = new();

    /// <summary>From the intended moment to the first sending.</summary>
    public Latencies Lags { get; } = new();

    /// <summary>Why the load can never run: the server does not want us.</summary>
    public Task<string> Hopeless => _hopeless.Task;

    /// <summary>The last reason why a connection could not be had.</summary>
    public string? LastFailure { get; set; }

    /// <summary>The publishing is over: who reads slowly hurries now.</summary>
    public CancellationToken Settling => _settling.Token;

    public CancellationToken Stopping => _stopping.Token;

    /// <summary>One for each thread, for it has a scratch buffer.</summary>
    public WireCodec Codec => _codec.Value!;

    /// <summary>How members that fell together come back apart.</summary>
    public ReconnectPolicy Reconnect { get; } = new() { Base = TimeSpan.FromSeconds(1) };

    public TimeSpan DialTimeout { get; } = TimeSpan.FromSeconds(30);

    public void Register(string session, LoadMember member) => _authors[session] = member;

    public LoadMember? AuthorOf(string session) => _authors.GetValueOrDefault(session);

    public void GiveUp(string reason) => _hopeless.TrySetResult(reason);

    public void Settle() => _settling.Cancel();

    public void Stop()
    {
        _settling.Cancel();
        _stopping.Cancel();
    }

    public ConnectionOptions OptionsOf(int client, bool isSlow) => Dial(client, new()
    {
        ReceiveBufferBytes = isSlow ? SlowBufferBytes : null,
        LocalAddress = Plan.Clients > ClientsPerSource && IsLoopback ? new IPAddress([127, 0, 0, (byte)(2 + client / ClientsPerSource)]) : null,
    });

    public void Dispose()
    {
        _codec.Dispose();
        _settling.Dispose();
        _stopping.Dispose();
    }

    private bool IsLoopback => Uri.Host == "localhost" || (IPAddress.TryParse(Uri.Host, out var address) && IPAddress.IsLoopback(address));
}
