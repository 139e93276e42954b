using System.Collections.Concurrent;
using System.Text;
using EventOnly.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.EndToEnd;

/// <summary>What arrives at a collector, and what is not even loaded where there is none.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TelemetryTests
{
    [Test]
    public async Task Metrics_and_traces_arrive_at_the_collector_at_the_latest_when_the_server_stops()
    {
        await using var collector = await Collector.StartAsync();
        await using (var server = await LiveServer.StartAsync($"--EventOnly:Telemetry:OtlpEndpoint=http://127.0.0.1:{collector.Port}"))
        await using (var ann = await server.JoinAsync("ann"))
        {
            await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"kind":"card","data":{},"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}""");
            await ann.HearAsync("create");
        }

        var metrics = collector.Heard("/v1/metrics");
        metrics.Should().Contain("eventonly.events").And.Contain("eventonly.command.duration").And.Contain("eventonly.connections");
        metrics.Should().Contain("dotnet.gc.heap.total_allocated").And.Contain("kestrel.active_connections");
        metrics.Should().Contain("service.name").And.Contain("eventonly").And.NotContain("unknown_service");
        collector.Heard("/v1/traces").Should().Contain("eventonly.command").And.Contain("journal.append");
    }

    [Test]
    public async Task A_collector_may_be_named_by_the_variable_that_opentelemetry_knows()
    {
        await using var collector = await Collector.StartAsync();
        await using (await LiveServer.StartAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{collector.Port}", "--OTEL_SERVICE_NAME=board", "--OTEL_METRIC_EXPORT_INTERVAL=50"))
            await Eventually.IsAsync(() => collector.Heard("/v1/metrics").Contains("eventonly.io", StringComparison.Ordinal), "they are told while the server runs");

        collector.Heard("/v1/metrics").Should().Contain("board");
    }

    [Test]
    public async Task A_collector_that_is_not_there_costs_nobody_anything()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Telemetry:OtlpEndpoint=http://127.0.0.1:9", "--OTEL_METRIC_EXPORT_INTERVAL=20");
        await using var ann = await server.JoinAsync("ann");

        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"kind":"card","data":{}}""");

        (await ann.HearAsync("create")).Number("seq").Should().Be(1);
    }

    [Test, Platform("Linux")]
    public async Task The_exporter_is_loaded_only_where_it_is_asked_for()
    {
        var data = Directory.CreateTempSubdirectory("eventonly-").FullName;
        try
        {
            await using (var without = await RunningServer.StartAsync(data))
                (await MapsOf(without)).Should().Contain("EventOnly.Server.dll").And.NotContain("OpenTelemetry");
            await using (var with = await RunningServer.StartAsync(data, "--EventOnly:Telemetry:OtlpEndpoint", "http://127.0.0.1:9"))
                (await MapsOf(with)).Should().Contain("OpenTelemetry");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Task<string> MapsOf(RunningServer server) => File.ReadAllTextAsync($"/proc/{server.Id}/maps");

    /// <summary>Takes what OTLP over HTTP brings, and keeps it as it came: names are in it as they are.</summary>
    private sealed class Collector(WebApplication application, ConcurrentQueue<(string Path, string Text)> heard) : IAsyncDisposable
    {
        public int Port => new Uri(application.Urls.First()).Port;

        public static async Task<Collector> StartAsync()
        {
            var heard = new ConcurrentQueue<(string, string)>();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var application = builder.Build();
            application.Urls.Add("http://127.0.0.1:0");
            application.Run(async context =>
            {
                context.Request.ContentType.Should().Be("application/x-protobuf");
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                heard.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            });
            await application.StartAsync();
            return new(application, heard);
        }

        public string Heard(string path) => string.Concat(heard.Where(one => one.Path == path).Select(one => one.Text));

        public ValueTask DisposeAsync() => application.DisposeAsync();
    }
}
