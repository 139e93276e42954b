using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Bench.Peers;

/// <summary>SignalR as a relay, in a process of its own: <c>Shout</c> goes to all of the group, <c>Tell</c> to the others and completes.</summary>
internal static class SignalRPeer
{
    /// <summary>The argument by which this program is this peer.</summary>
    public const string Argument = "signalr-peer";

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSignalR(hub => hub.ClientTimeoutInterval = TimeSpan.FromHours(1)); // the load does not ping
        await using var application = builder.Build();
        application.MapHub<RelayHub>("/hub");
        await application.StartAsync();
        Console.WriteLine($"ready :{new Uri(application.Urls.First()).Port}");
        await application.WaitForShutdownAsync();
    }

    private sealed class RelayHub : Hub
    {
        public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

        public Task Shout(string group, JsonElement message) => Clients.Group(group).SendAsync("heard", message);

        public Task Tell(string group, JsonElement message) => Clients.OthersInGroup(group).SendAsync("heard", message);
    }
}
