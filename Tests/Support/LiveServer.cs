using EventOnly.Server;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Support;

/// <summary>The whole server on a real port of this machine. Disposing it stops it and fails the test where it logged what was not announced.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ManualTime? _time;
    private bool _stopped;

    private LiveServer(WebApplication application, LogCapture log, ManualTime? time)
    {
        (_application, Log, _time) = (application, log, time);
        Port = PortOf("http");
    }

    public LogCapture Log { get; }

    public int Port { get; }

    /// <summary>The port of a scheme, <c>http</c> or <c>https</c>.</summary>
    public int PortOf(string scheme) => _application.Urls.Select(url => new Uri(url)).Single(url => url.Scheme == scheme).Port;

    /// <summary>Where clients connect.</summary>
    public Uri Uri => new($"ws://127.0.0.1:{Port}/ws");

    public ConnectionRegistry Connections => _application.Services.GetRequiredService<ConnectionRegistry>();

    public ServerMetrics Metrics => _application.Services.GetRequiredService<ServerMetrics>();

    /// <param name="settings">As on the command line: <c>--EventOnly:Connections:ErrorsMax=5</c>.</param>
    public static Task<LiveServer> StartAsync(params string[] settings) => StartAsync(time: null, configure: null, settings);

    public static Task<LiveServer> StartAsync(TimeProvider time, params string[] settings) => StartAsync(time, configure: null, settings);

    public static async Task<LiveServer> StartAsync(TimeProvider? time, Action<IServiceCollection>? configure, params string[] settings)
    {
        var log = new LogCapture();
        var application = ServerApplication.Build(["--EventOnly:Port=0", "--EventOnly:Journal:Durability=Memory", .. settings], builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log).AddFilter<LogCapture>("EventOnly", LogLevel.Debug);
            if (time is not null)
                builder.Services.Replace(ServiceDescriptor.Singleton(time));
            configure?.Invoke(builder.Services);
        });
        await application.StartAsync();
        return new(application, log, time as ManualTime);
    }

    /// <summary>A client that has said <c>connect</c> and heard <c>connected</c>.</summary>
    public async Task<RawClient> ConnectAsync(string user = "ann")
    {
        var client = await UpgradeAsync();
        await client.IntroduceAsync(user);
        return client;
    }

    /// <summary>A client that has said nothing yet.</summary>
    public async Task<RawClient> UpgradeAsync(int? receiveBufferBytes = null)
    {
        var client = await RawClient.DialAsync(Port, receiveBufferBytes);
        await client.UpgradeAsync();
        return client;
    }

    /// <summary>A client that is in a project.</summary>
    public async Task<RawClient> JoinAsync(string user = "ann", string project = "apollo")
    {
        var client = await ConnectAsync(user);
        await client.JoinAsync(project);
        return client;
    }

    public async Task StopAsync()
    {
        _stopped = true;
        var stopping = _application.StopAsync();
        if (_time is not null) // stopping waits, and nobody else lets time pass
        {
            await Eventually.IsAsync(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(20));
                return stopping.IsCompleted;
            }, "the server has stopped");
        }
        await stopping;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await StopAsync();
        await _application.DisposeAsync();
        Log.AssertNothingUnannounced();
    }
}
