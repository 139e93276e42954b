using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Support;

/// <summary>A server, and small loads against it.</summary>
internal sealed class LoadBench : IAsyncDisposable
{
    private readonly LiveServer _server;

    private LoadBench(LiveServer server) => _server = server;

    /// <summary>Large enough that something happens, and over in a second.</summary>
    public static LoadPlan Plan { get; } = new()
    {
        Clients = 20, Projects = 2, Rate = 200, Ramp = TimeSpan.FromMilliseconds(50), Duration = TimeSpan.FromMilliseconds(500), Settle = TimeSpan.FromSeconds(10),
    };

    /// <summary>Where clients connect.</summary>
    public Uri Uri { get; private init; } = null!;

    public static async Task<LoadBench> StartAsync()
    {
        var server = await LiveServer.StartAsync();
        return new(server) { Uri = server.Uri };
    }

    /// <param name="dial">Changes how a client connects.</param>
    public LoadSite Site(LoadPlan plan, Func<int, ConnectionOptions, ConnectionOptions>? dial = null) =>
        new() { Uri = Uri, Plan = plan, Dial = dial ?? ((_, options) => options) };

    /// <summary>A load of which some clients hear what the server never said.</summary>
    /// <param name="hears">Which clients.</param>
    /// <param name="lie">From a message to what they hear in its place.</param>
    public LoadSite LyingSite(LoadPlan plan, Func<int, bool> hears, Func<byte[], IEnumerable<byte[]>> lie) => Site(
        plan, (client, options) => hears(client) ? options with { Dial = (uri, ct) => LyingSocket.ConnectAsync(uri, WireCodec.Subprotocol, lie, ct) } : options);

    public Task StopAsync() => _server.StopAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
