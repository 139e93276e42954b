using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>A client whose fold has a fault, on the real server: it is found within one interval, told, counted once, and healed.</summary>
[Parallelizable]
public sealed class DivergenceTests
{
    private const int Diverged = 213;

    [Test]
    public async Task A_fault_of_the_fold_is_found_within_one_interval_in_CSharp()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:CheckEvents=4");
        server.Log.Announce(Diverged);
        using var readings = new Readings(server.Metrics);
        var troubles = new List<ProtocolException>();
        var isFaulty = true;
        await using var client = await EventOnlyClient.ConnectAsync(server.Uri, new()
        {
            Project = "apollo", OnTrouble = troubles.Add,
            Fold = (state, happened) => Fold.Apply(state, isFaulty && happened.Seq == 2 ? happened with { Changes = [] } : happened),
        });

        for (var i = 1; i <= 4; i++)
            await client.CreateAsync("card", JsonFields.Empty, $"card-{i}");
        await client.WaitUntilAsync(() => client.Store.Confirmed.Entities.Count == 4, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        isFaulty = false;
        for (var i = 5; i <= 8; i++)
            await client.CreateAsync("card", JsonFields.Empty, $"card-{i}");

        await Eventually.IsAsync(() => readings["eventonly.replicas.diverged"] == 1, "the server has counted it");
        (client.Divergences, client.Store.Confirmed.Entities.Count).Should().Be((1, 8));
        var told = troubles.Should().ContainSingle().Which;
        (told.Code, told.Divergence!.To).Should().Be(("hash_mismatch", 4));
        server.Log.Entries.Should().ContainSingle(entry => entry.Id == Diverged).Which.Message.Should().Contain(told.Divergence.Hash.ToString()).And.Contain(client.SessionId);
    }

    [Test]
    [Category("Node")]
    public async Task A_fault_of_the_fold_is_found_within_one_interval_in_JavaScript()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:CheckEvents=4");
        server.Log.Announce(Diverged);
        using var readings = new Readings(server.Metrics);

        var said = await Programs.RunNodeAsync($"import {{ goAstray }} from './against-server.js'; console.log(await goAstray('{server.Uri}'));");

        said.Trim().Should().Be("healed");
        readings["eventonly.replicas.diverged"].Should().Be(1);
        server.Log.Entries.Should().ContainSingle(entry => entry.Id == Diverged);
    }

    [Test]
    public async Task Who_says_it_again_and_again_is_counted_once_in_ten_seconds()
    {
        await using var server = await LiveServer.StartAsync();
        server.Log.Announce(Diverged);
        using var readings = new Readings(server.Metrics);
        await using var ann = await server.JoinAsync();

        for (var i = 0; i < 50; i++)
            await ann.SayAsync("""{"type":"diverged","project":"apollo","from":0,"to":0,"hash":"0000000000000001","expected":"0000000000000002"}""");
        await ann.SayAsync("""{"type":"ping","t":1}""");
        await ann.HearAsync("pong");

        readings["eventonly.replicas.diverged"].Should().Be(1);
        server.Log.Entries.Should().ContainSingle(entry => entry.Id == Diverged);
    }
}
