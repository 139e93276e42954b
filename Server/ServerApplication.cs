using System.Net;
using System.Runtime.CompilerServices;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;

namespace EventOnly.Server;

/// <summary>The composition root: what there is, what depends on what, and what the one port serves.</summary>
internal static class ServerApplication
{
    /// <summary>Longer than a connection's close may take, shorter than a supervisor's patience.</summary>
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(4.5);

    /// <param name="configure">For tests: changes the parts before they are put together.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new JsonStreamConfigurationSource { Stream = EmbeddedFiles.Open("appsettings.json") }); // where none lies beside
        builder.Configuration.AddCommandLine(CommandLine.Spell(args), CommandLine.Names);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // a failed start is told in one line by Program
        var options = Settings.Read(builder.Configuration);
        AddParts(builder.Services, options);
        if (options.Telemetry.IsWanted(builder.Configuration))
            AddExport(builder.Services);
        configure?.Invoke(builder);

        var application = builder.Build();
        Serve(application);
        return application;
    }

    private static void AddParts(IServiceCollection services, EventOnlyOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Projects);
        services.AddSingleton(options.Journal);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<ServerMetrics>();
        services.AddTransient(_ => new Random());
        services.AddSingleton(provider => Journal(options.Journal, provider));
        services.AddSingleton<ProjectDirectory>();
        services.AddSingleton<History>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionRegistry>());
        services.AddSingleton<SocketEndpoint>();
        services.AddSingleton<FrontDoor>();
        services.AddSingleton<WebPage>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownTimeout);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, Listening>();
        services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true); // a connection's reader never blocks, so it may run where its bytes came in
    }

    /// <summary>By itself, so that nothing of it is loaded where nobody is told.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddExport(IServiceCollection services) => services.AddHostedService<TelemetryExport>();

    private static IJournal Journal(JournalOptions options, IServiceProvider provider) => options.Durability == Durability.Memory
        ? new MemoryJournal(NewEpoch)
        : FileJournal.OnDisk(options, NewEpoch, provider.GetRequiredService<ILogger<FileJournal>>(), provider.GetRequiredService<ServerMetrics>());

    /// <summary>An identity for a new journal, or a new one for a journal that was repaired.</summary>
    public static string NewEpoch() => Guid.NewGuid().ToString("n")[16..]; // the half without the version's fixed digits

    private static void Serve(WebApplication application)
    {
        application.Services.GetRequiredService<IJournal>(); // a data folder that cannot be used stops the start
        var options = application.Services.GetRequiredService<EventOnlyOptions>();
        var connections = application.Services.GetRequiredService<ConnectionRegistry>();
        var projects = application.Services.GetRequiredService<ProjectDirectory>();
        application.Services.GetRequiredService<ServerMetrics>().Watch(() => connections.Count, () => connections.WaitingCount, projects.Count);
        application.Use(new HostNames(options).CheckAsync);
        application.Map(SocketEndpoint.Path, branch => branch.Run(branch.ApplicationServices.GetRequiredService<SocketEndpoint>().AcceptAsync));
        if (options.Echo)
            application.Map(SocketEndpoint.EchoPath, branch => branch.Run(branch.ApplicationServices.GetRequiredService<SocketEndpoint>().AcceptEchoAsync));
        application.Map("/health/live", branch => branch.Run(context => context.Response.WriteAsync("live\n")));
        application.Map("/health/ready", branch => branch.Run(context =>
        {
            context.Response.StatusCode = connections.IsStopping ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            return context.Response.WriteAsync(connections.IsStopping ? "stopping\n" : "ready\n");
        }));
        application.Services.GetRequiredService<WebPage>().Serve(application);
    }

    /// <summary>Kestrel as an event server needs it: HTTP/1.1 only, short patience before the upgrade, small input buffers.</summary>
    private sealed class Listening(EventOnlyOptions settings, FrontDoor door) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel)
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            kestrel.Limits.MaxRequestHeaderCount = 50;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestBufferSize = 64 * 1024;
            kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http1);
            switch (settings.Host)
            {
                case "localhost" when settings.Port != 0:
                    kestrel.ListenLocalhost(settings.Port, Guard);
                    break;
                case "localhost":
                    kestrel.Listen(IPAddress.Loopback, 0, Guard); // localhost is two addresses, which cannot share a port yet to be chosen
                    break;
                case "any":
                    kestrel.ListenAnyIP(settings.Port, Guard);
                    break;
                default:
                    kestrel.Listen(IPAddress.Parse(settings.Host), settings.Port, Guard);
                    break;
            }
        }

        /// <summary>Named endpoint by endpoint, not for all: one with TLS must not have a door that lets plain text in.</summary>
        private void Guard(ListenOptions listen) => listen.Use(next => context => door.ServeAsync(context, next));
    }
}
