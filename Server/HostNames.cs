using System.Net;

namespace EventOnly.Server;

/// <summary>
/// Which Host a request may name. A page of a foreign domain that resolves to this machine has "the same origin" as the server it then talks to;
/// the Host header gives it away.
/// </summary>
internal sealed class HostNames(EventOnlyOptions options)
{
    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    private readonly IList<string> _allowed = options.AllowedHosts.Count > 0 ? options.AllowedHosts : IsLoopback(options.Host) ? s_loopback : [];

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <param name="host">As the header has it, with or without a port.</param>
    public bool Allows(string host) => _allowed.Count == 0 || _allowed.Contains(new HostString(host).Host, StringComparer.OrdinalIgnoreCase);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (Allows(context.Request.Host.Value ?? ""))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return context.Response.WriteAsync("This server does not answer to that name. The setting AllowedHosts lists those it answers to.\n");
    }
}
