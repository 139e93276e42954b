using EventOnly.Client;
using EventOnly.Server;
using EventOnly.Tools.Load;
using Microsoft.AspNetCore.Builder;

namespace EventOnly.Tests.Tools;

/// <summary>Loads that end otherwise than they should: all of them end, and say what came of them.</summary>
public sealed class LoadEndTests
{
    private static readonly LoadPlan s_plan = new()
    {
        Clients = 20, Projects = 2, Rate = 200, Ramp = TimeSpan.FromMilliseconds(50), Duration = TimeSpan.FromMilliseconds(500), Settle = TimeSpan.FromSeconds(10),
    };

    private WebApplication _server = null!;
    private Uri _uri = null!;

    [SetUp]
    public async Task StartServer()
    {
        _server = ServerApplication.Build(["--port", "0", "--durability", "memory", "--log", "Warning"]);
        await _server.StartAsync();
        _uri = new UriBuilder(_server.Urls.First()) { Scheme = "ws", Path = "/ws" }.Uri;
    }

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task A_load_that_has_no_time_to_settle_ends(CancellationToken ct)
    {
        using var site = new LoadSite { Uri = _uri, Plan = s_plan with { Rate = 5_000, Settle = TimeSpan.Zero } };

        var report = await new LoadRun(site).RunAsync(ct).WaitAsync(ct);

        report.Broken.Select(breach => breach.Promise).Except(["lost", "unanswered"]).Should().BeEmpty("nothing is wrong but the time");
    }

    [Test]
    public async Task Whoever_asks_what_came_of_commands_keeps_nobody_from_asking_for_their_moments()
    {
        using var site = new LoadSite { Uri = _uri, Plan = s_plan };
        await using var connection = await EventOnlyConnection.ConnectAsync(_uri);
        var publisher = new Publisher(site, 0, "p");
        publisher.Opened(connection);
        publisher.Joined([]);
        publisher.Do(Act.Create, 1);
        publisher.Acknowledged(1);

        var wasAnswered = new List<bool>();
        publisher.End(n =>
        {
            var other = new Thread(() => publisher.IntendedAt(n)) { IsBackground = true };
            other.Start();
            wasAnswered.Add(other.Join(TimeSpan.FromSeconds(5)));
            return true;
        });

        wasAnswered.Should().Equal(true);
    }
}
