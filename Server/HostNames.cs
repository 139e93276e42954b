using System.Net;

namespace EventOnly.Server;

/// <summary>
/// Which Host a request may name. A page of a foreign domain that resolves to this machine has "the same origin" as the server it then talks to;
/// the Host header gives it away.
/// </summary>
internal static class HostNames
{
    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    public static Func<HttpContext, RequestDelegate, Task> Check(EventOnlyOptions options)
    {
        IList<string> allowed = options.AllowedHosts.Count > 0 ? options.AllowedHosts : IsLoopback(options.Host) ? s_loopback : [];
        return (context, next) =>
        {
            if (allowed.Count == 0 || allowed.Contains(context.Request.Host.Host, StringComparer.OrdinalIgnoreCase))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return context.Response.WriteAsync("This server does not answer to that name. The setting AllowedHosts lists those it answers to.\n");
        };
    }
}
