using System.ComponentModel.DataAnnotations;

namespace EventOnly.Server.Diagnostics;

/// <summary>To whom metrics and traces are told.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Where an OpenTelemetry collector listens: <c>http://localhost:4318</c>. Empty, and without <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> in the
    /// environment, nothing is exported, and nothing is loaded for it.</summary>
    [Required(AllowEmptyStrings = true)]
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>Whether somebody is named to whom to tell, here or by a variable that OpenTelemetry knows.</summary>
    internal bool IsWanted(IConfiguration configuration) =>
        OtlpEndpoint.Length > 0
        || ((string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
            .Any(name => configuration[name] is { Length: > 0 });
}
