using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace EventOnly.Tests.Web;

/// <summary>Every HTTP request that reaches the server, as the server sees it.</summary>
internal sealed class RequestLog : IStartupFilter
{
    private readonly ConcurrentQueue<string> _paths = new();

    public IReadOnlyList<string> Paths => [.. _paths];

    public int Upgrades => _paths.Count(path => path == "/ws");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use((context, after) =>
        {
            _paths.Enqueue(context.Request.Path.Value!);
            return after(context);
        });
        next(application);
    };
}
