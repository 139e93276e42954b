using System.Diagnostics.CodeAnalysis;
using System.Net;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Server;

/// <summary>A setting that keeps the server from starting, in one sentence for the person who made it.</summary>
internal sealed class WrongSettingException(string message) : Exception(message);

/// <summary>Reads the settings and checks them before anything else is built: a wrong one stops the start.</summary>
internal static class Settings
{
    public static EventOnlyOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(EventOnlyOptions.Section);
        RefuseUnknown<EventOnlyOptions>(section);
        RefuseUnknown<ConnectionOptions>(section.GetSection(nameof(EventOnlyOptions.Connections)));
        RefuseUnknown<ProjectOptions>(section.GetSection(nameof(EventOnlyOptions.Projects)));
        RefuseUnknown<JournalOptions>(section.GetSection(nameof(EventOnlyOptions.Journal)));
        RefuseUnknown<TelemetryOptions>(section.GetSection(nameof(EventOnlyOptions.Telemetry)));
        var options = Bind(section);
        var verdict = new EventOnlyOptionsValidator().Validate(null, options);
        if (verdict.Failed)
            throw new WrongSettingException(string.Join(' ', verdict.Failures));
        if (options.Connections.PingTimeout <= options.Connections.PingInterval)
            throw new WrongSettingException("EventOnly:Connections:PingTimeout must be longer than PingInterval, or every quiet client is cut off.");
        if (options.Telemetry.OtlpEndpoint is { Length: > 0 } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            throw new WrongSettingException($"EventOnly:Telemetry:OtlpEndpoint is '{endpoint}', but must be a URL as http://localhost:4318.");
        RefuseUnknownLevel(configuration.GetSection("Logging:LogLevel"));
        return options.Host is "localhost" or "any" || IPAddress.TryParse(options.Host, out _)
            ? options
            : throw new WrongSettingException($"EventOnly:Host is '{options.Host}', but must be localhost, any, or an IP address.");
    }

    private static EventOnlyOptions Bind(IConfigurationSection section)
    {
        try
        {
            return section.Get<EventOnlyOptions>() ?? new();
        }
        catch (InvalidOperationException wrong) // a value that cannot be converted; the message names value and setting
        {
            throw new WrongSettingException(wrong.Message);
        }
    }

    private static void RefuseUnknownLevel(IConfigurationSection levels)
    {
        foreach (var level in levels.GetChildren())
        {
            if (!Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _))
                throw new WrongSettingException($"{level.Path} is '{level.Value}', but must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}.");
        }
    }

    /// <summary>The binder passes over what it does not know; a setting that was misspelt would silently do nothing.</summary>
    private static void RefuseUnknown<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(IConfigurationSection section)
    {
        var properties = typeof(TOptions).GetProperties();
        if (section.GetChildren().FirstOrDefault(child => !properties.Any(known => known.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase))) is { } unknown)
            throw new WrongSettingException($"{unknown.Path} is not a setting.");
    }
}
