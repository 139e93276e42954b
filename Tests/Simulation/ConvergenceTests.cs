using System.Collections.Concurrent;

namespace EventOnly.Tests.Simulation;

/// <summary>Seeded worlds with both clients: the same seed is the same schedule, whoever lives through it.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class ConvergenceTests
{
    private const int ShortSeeds = 500;
    private const int LongSeeds = 20_000;
    private const int SeedsPerCase = 25;
    private const int Turns = 1_000;

    // A process of Node for each worker of the tests, not for each world.
    private readonly ConcurrentBag<NodeHost> _idle = [];

    private static IEnumerable<TestCaseData> Worlds()
    {
        var seeds = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? LongSeeds : ShortSeeds;
        foreach (var crew in Enum.GetValues<Crew>())
        {
            for (var seed = 1; seed <= seeds; seed += SeedsPerCase)
            {
                var world = new TestCaseData(seed, crew);
                yield return crew == Crew.CSharp ? world : world.SetCategory("Node");
            }
        }
    }

    [OneTimeTearDown]
    public void EndProcesses()
    {
        foreach (var host in _idle)
            host.Dispose();
    }

    [TestCaseSource(nameof(Worlds))]
    public void Every_replica_ends_as_the_server_does_and_every_command_is_answered_once(int firstSeed, Crew crew) => WithHost(crew, host =>
    {
        for (var seed = firstSeed; seed < firstSeed + SeedsPerCase; seed++)
            Check(seed, Live(seed, crew, host));
    });

    private static World Live(int seed, Crew crew, NodeHost? host)
    {
        try
        {
            var world = new World(seed, crew, host);
            world.Run(Turns);
            world.RunUntilQuiet();
            return world;
        }
        catch (Exception failed)
        {
            throw new AssertionException($"Seed {seed}, {crew}: {failed}", failed);
        }
    }

    private static void Check(int seed, World world)
    {
        var (hash, view) = (world.Server.State.Hash.ToString(), World.TextOf(world.Server.State));
        string[] madeMarkers = [.. world.Server.Journal.Where(entry => entry.Contains("\"kind\":\"marker\"", StringComparison.Ordinal))];
        foreach (var client in world.Clients)
        {
            var (report, name) = (client.Report(), $"seed {seed}: {client.GetType().Name} {client.Name}");

            report.Troubles.Should().BeEmpty($"{name} has nothing to complain of");
            report.Hash.Should().Be(hash, $"{name} must converge");
            report.View.Should().Be(view, $"{name} sees the very state of the server, and nothing optimistic is left over");
            report.Answered.Should().Be(report.Asked, $"{name} hears of each command once");
            report.LinesAtOnce.Should().BeLessThanOrEqualTo(1, $"{name} never has two lines");
            if (world.Server.HasForgotten)
                continue;
            World.VotesOf(client.Name, world.Server.State).Should().Be(report.Votes, $"{name}: each vote counts once");
            foreach (var marker in report.Markers)
                madeMarkers.Count(entry => entry.Contains($"\"entity\":\"{marker}\"", StringComparison.Ordinal)).Should().Be(1, $"{name} made {marker} once");
        }
    }

    [TestCase(Crew.CSharp)]
    [TestCase(Crew.JavaScript, Category = "Node")]
    public void The_worlds_are_rough_enough_to_prove_something(Crew crew) => WithHost(crew, host =>
    {
        var adventures = new HashSet<string>(StringComparer.Ordinal);

        var (undoneTogether, forgetful) = (0, 0);
        for (var seed = 1; seed <= 80; seed++)
        {
            var world = Live(seed, crew, host);
            undoneTogether += world.Server.UndoneTogether;
            forgetful += world.Server.HasForgotten ? 1 : 0;
            adventures.UnionWith(world.Clients.SelectMany(client => client.Report().Adventures));
        }

        adventures.Should().Contain([
            "Done", "Coming", "Unknown", "Events", "Snapshot", "Duplicate", "Unavailable", "Conflict", "NotFound", "Checked", "Torn", "Silence"]);
        undoneTogether.Should().BePositive("a draft that fails takes those with it that were decided on it");
        forgetful.Should().BePositive("a journal may lose its end");
    });

    [Test]
    public void The_same_seed_is_the_same_world()
    {
        var (first, second) = (new World(7), new World(7));

        first.Run(1_000);
        second.Run(1_000);

        first.Server.State.Seq.Should().BeGreaterThan(20, "something has to happen in it");
        second.Server.State.Hash.Should().Be(first.Server.State.Hash);
    }

    private void WithHost(Crew crew, Action<NodeHost?> act)
    {
        if (crew == Crew.CSharp)
        {
            act(null);
            return;
        }
        if (!_idle.TryTake(out var host))
            host = new();
        try
        {
            act(host);
        }
        finally
        {
            _idle.Add(host);
        }
    }
}
