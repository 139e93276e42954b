using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EventOnly.Server.Diagnostics;

/// <summary>
/// Tells metrics and traces to an OpenTelemetry collector while the server runs, and the last of them when it stops. What the
/// <c>OTEL_…</c> variables say counts. Only where this is used are the exporter's assemblies loaded.
/// </summary>
internal sealed class TelemetryExport : IHostedService, IDisposable
{
    /// <summary>How long a collector that does not answer may hold up the stop.</summary>
    private const int LastWordsMs = 1000;

    private readonly IConfiguration _settings;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public TelemetryExport(IConfiguration configuration, EventOnlyOptions options) =>
        _settings = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_SERVICE_NAME"] = "eventonly",
            })
            .AddConfiguration(configuration)
            .AddInMemoryCollection(options.Telemetry.OtlpEndpoint is { Length: > 0 } endpoint ? [new("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)] : [])
            .Build();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(_settings))
            .ConfigureResource(Describe)
            .AddMeter(ServerMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddOtlpExporter()
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(_settings))
            .ConfigureResource(Describe)
            .AddSource(ServerTraces.SourceName)
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    private void Describe(ResourceBuilder resource) => resource.AddService(
        _settings["OTEL_SERVICE_NAME"]!, serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3));

    /// <summary>The providers wait on the calling thread.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _traces?.Shutdown(LastWordsMs);
            _metrics?.Shutdown(LastWordsMs);
        },
        CancellationToken.None);

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
