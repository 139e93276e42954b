using System.ComponentModel.DataAnnotations;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Options;

namespace EventOnly.Server;

/// <summary>The server's settings: section <c>EventOnly</c> of appsettings.json, <c>EventOnly__…</c> in the environment, or the command line.</summary>
public sealed class EventOnlyOptions
{
    public const string Section = "EventOnly";

    /// <summary>The TCP port; 0 lets the system choose a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>Where to listen: <c>localhost</c> (this machine only), <c>any</c>, or an IP address.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Host { get; set; } = "localhost";

    /// <summary>Origins besides the server's own whose pages may connect, as browsers write them: <c>https://example.org</c>. A page opened
    /// from disk has the origin <c>null</c>.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Host names that requests may name. Empty means: on localhost only localhost and its addresses (which keeps foreign pages out
    /// that name this machine by a name of their own), elsewhere any.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>For tests of the WebSocket layer only, such as the Autobahn suite: <c>/echo</c> answers every text and binary message with itself.</summary>
    public bool Echo { get; set; }

    [ValidateObjectMembers]
    public ConnectionOptions Connections { get; set; } = new();

    [ValidateObjectMembers]
    public ProjectOptions Projects { get; set; } = new();

    /// <summary>Where and how the events are kept.</summary>
    [ValidateObjectMembers]
    public JournalOptions Journal { get; set; } = new();

    /// <summary>To whom metrics and traces are told.</summary>
    [ValidateObjectMembers]
    public TelemetryOptions Telemetry { get; set; } = new();
}

[OptionsValidator]
internal sealed partial class EventOnlyOptionsValidator : IValidateOptions<EventOnlyOptions>;
