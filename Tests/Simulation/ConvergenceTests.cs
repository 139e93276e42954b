namespace EventOnly.Tests.Simulation;

[Parallelizable(ParallelScope.Children)]
public sealed class ConvergenceTests
{
    private const int ShortSeeds = 300;
    private const int LongSeeds = 20_000;
    private const int SeedsPerCase = 25;

    private static IEnumerable<int> FirstSeeds()
    {
        var seeds = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? LongSeeds : ShortSeeds;
        for (var seed = 1; seed <= seeds; seed += SeedsPerCase)
            yield return seed;
    }

    [TestCaseSource(nameof(FirstSeeds))]
    public void Every_replica_ends_as_the_server_does_and_every_command_is_answered_once(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + SeedsPerCase; seed++)
            RunOne(seed);
    }

    private static void RunOne(int seed)
    {
        var world = new World(seed);

        try
        {
            world.Run(turns: 1_500);
            world.RunUntilQuiet();
        }
        catch (Exception failed)
        {
            throw new AssertionException($"Seed {seed}: {failed}", failed);
        }

        foreach (var client in world.Clients)
        {
            client.Replica.Confirmed.Hash.Should().Be(world.Server.State.Hash, $"seed {seed}: {client.Name} must converge");
            client.Replica.View.Hash.Should().Be(world.Server.State.Hash, $"seed {seed}: nothing optimistic is left over at {client.Name}");
            client.Commands.Answered.Should().Be(client.Commands.Asked, $"seed {seed}: {client.Name} hears of each command once");
            client.VotesIn(world.Server.State).Should().Be(client.Votes, $"seed {seed}: each vote of {client.Name} counts once");
        }
    }

    [Test]
    public void The_worlds_are_rough_enough_to_prove_something()
    {
        var adventures = new HashSet<string>(StringComparer.Ordinal);

        var undoneTogether = 0;
        for (var seed = 1; seed <= 80; seed++)
        {
            var world = new World(seed);
            world.Run(turns: 1_500);
            undoneTogether += world.Server.UndoneTogether;
            adventures.UnionWith(world.Clients.SelectMany(client => client.Adventures));
        }

        adventures.Should().Contain([
            "Done", "Coming", "Unknown", "Events", "Snapshot", "Duplicate", "Unavailable", "Conflict", "NotFound", "Checked"]);
        undoneTogether.Should().BePositive("a draft that fails takes those with it that were decided on it");
    }

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
