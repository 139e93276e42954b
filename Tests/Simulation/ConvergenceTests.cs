namespace EventOnly.Tests.Simulation;

/// <summary>Seeded worlds with both clients: the same seed is the same schedule, whoever lives through it.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class ConvergenceTests
{
    private const int ShortSeeds = 500;
    private const int LongSeeds = 20_000;
    private const int SeedsPerCase = 25;
    private const int Turns = 1_000;

    private readonly NodeHosts _hosts = new();

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
    public void EndProcesses() => _hosts.Dispose();

    [TestCaseSource(nameof(Worlds))]
    public void Every_replica_ends_as_the_server_does_and_every_command_is_answered_once(int firstSeed, Crew crew) => _hosts.With(crew, host =>
    {
        for (var seed = firstSeed; seed < firstSeed + SeedsPerCase; seed++)
            RestCheck.Check(seed, Live(seed, crew, host));
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

    [TestCase(Crew.CSharp)]
    [TestCase(Crew.JavaScript, Category = "Node")]
    public void The_worlds_are_rough_enough_to_prove_something(Crew crew) => _hosts.With(crew, host =>
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
}
