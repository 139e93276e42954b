using System.Globalization;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>Clients against the real server over lines that are cut at any byte, freeze, are late, narrow, or lead nowhere; each seed is a network of its own.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FaultyLineTests
{
    private const int Votes = 30;

    /// <summary>Only what never ends takes longer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Whatever_the_network_does_all_converge_every_call_has_its_outcome_and_nobody_has_two_lines([Range(1, 20)] int seed)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:PingInterval=00:00:01", "--EventOnly:Connections:PingTimeout=00:00:02");
        await using var proxy = new FaultProxy(server.Port, connection => FaultPlan.Of(seed, connection));
        var transports = new[] { new CountedTransports(), new CountedTransports() };
        var clients = transports.Select((transport, i) => EventOnlyClient.Create(proxy.Uri, new()
        {
            Project = "faults", Session = $"secret-of-client-{i}-{seed}", Connection = new() { Transport = transport },
            ConnectTimeout = TimeSpan.FromSeconds(1), PingGrace = TimeSpan.FromMilliseconds(200), Random = new Random(seed + i),
            Reconnect = new ReconnectPolicy { Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(200) },
        })).ToArray();

        await Task.WhenAll(clients.Select((client, i) => VoteAsync(client, $"counter-{i}", deadline.Token)));
        await Task.WhenAll(clients.Select(client => client.WaitUntilSyncedAsync(deadline.Token)));
        foreach (var client in clients)
            await client.WaitForSeqAsync(clients.Max(each => each.Seq), deadline.Token);

        clients.Select(client => client.StateHash).Distinct().Should().ContainSingle($"seed {seed} must converge");
        clients[0].Store.View.Should().BeEquivalentTo(clients[1].Store.View, options => options.ComparingByMembers<ProjectState>().Including(state => state.Seq));
        for (var i = 0; i < clients.Length; i++)
        {
            clients[0].Store.Confirmed.Votes($"counter-{i}").Should().Be(Votes, $"every vote of seed {seed} counts once");
            transports[i].MostAtOnce.Should().Be(1);
            await clients[i].DisposeAsync();
        }
        proxy.Accepted.Should().BeGreaterThan(2, "else the network was not bad");
    }

    [Test, Category("Node")]
    public async Task The_JavaScript_client_survives_the_same_networks([Values(1, 7, 13)] int seed)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:PingInterval=00:00:01", "--EventOnly:Connections:PingTimeout=00:00:02");
        await using var proxy = new FaultProxy(server.Port, connection => FaultPlan.Of(seed, connection));

        var said = await Programs.RunNodeAsync($"import {{ survive }} from './against-faults.js'; console.log(await survive('{proxy.Uri}', {Votes}));");

        said.Trim().Should().Be(string.Create(CultureInfo.InvariantCulture, $"{Votes} {Votes} converged"));
    }

    [Test]
    public async Task A_line_that_leads_nowhere_is_left_for_another()
    {
        using var deadline = new CancellationTokenSource(s_patience);
        await using var server = await LiveServer.StartAsync();
        await using var proxy = new FaultProxy(server.Port);
        proxy.Deafen();
        var connecting = EventOnlyClient.ConnectAsync(proxy.Uri, new() { Project = "faults", ConnectTimeout = TimeSpan.FromMilliseconds(200) }, deadline.Token);

        await Eventually.IsAsync(() => proxy.Accepted > 1, "it has tried again");
        proxy.Heal();

        await using var client = await connecting;
        client.State.Should().Be(ConnectionState.Connected);
    }

    private static async Task VoteAsync(EventOnlyClient client, string counter, CancellationToken ct)
    {
        var under = new List<Task<Ack>> { client.CreateAsync("counter", JsonFields.Empty, counter, ct) };
        client.Connect();
        for (var i = 0; i < Votes; i++)
        {
            under.Add(client.IncrementAsync(counter, "votes", ct: ct));
            under.Add(client.CreateAsync("card", Said.Json($$"""{"text":"{{new string('x', 200)}}"}"""), ct: ct));
            if (i % 5 == 4)
                await under[^1]; // so that there is something to break while it is under way
        }
        (await Task.WhenAll(under)).Should().OnlyContain(ack => ack.Seq > 0);
    }
}
