namespace EventOnly.Tests.Simulation;

/// <summary>Seeded worlds in which several write the same texts: with lines that break at any byte, a server that dies, keeps few edits, and sometimes forgets.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class WritingTests
{
    private const int ShortSeeds = 300;
    private const int LongSeeds = 16_000;
    private const int SeedsPerCase = 25;
    private const int Turns = 1_500;

    private readonly NodeHosts _hosts = new();

    private static IEnumerable<TestCaseData> Worlds()
    {
        var seeds = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? LongSeeds : ShortSeeds;
        foreach (var crew in Crews)
        {
            for (var seed = 1; seed <= seeds; seed += SeedsPerCase)
            {
                var world = new TestCaseData(seed, crew);
                yield return crew == Crew.CSharp ? world : world.SetCategory("Node");
            }
        }
    }

    private static Crew[] Crews => [Crew.CSharp];

    private static Style StyleOf(int seed) => seed % 3 == 1 ? Style.Unique : Style.Mixed;

    [OneTimeTearDown]
    public void EndProcesses() => _hosts.Dispose();

    [TestCaseSource(nameof(Worlds))]
    public void All_who_write_a_text_together_end_with_the_same_one_and_nothing_is_lost_or_doubled(int firstSeed, Crew crew) => _hosts.With(crew, host =>
    {
        for (var seed = firstSeed; seed < firstSeed + SeedsPerCase; seed++)
            RestCheck.CheckTexts(seed, Live(seed, crew, host, StyleOf(seed)), StyleOf(seed));
    });

    [Test]
    public void Two_who_type_at_the_same_place_make_two_pieces_and_not_confetti()
    {
        var typed = 0;
        for (var seed = 1; seed <= 100; seed++)
        {
            if (World.IsForgetful(seed))
                continue; // what was typed is gone, and nobody knows where he was
            var world = Live(seed, Crew.CSharp, null, Style.Forward, clients: 2);

            var text = world.Server.State.Entities[Writing.Sheet].Texts["a"]!.Text.ToString();

            typed += text.Length;
            RestCheck.RunsIn(text).Should().BeLessThanOrEqualTo(2, $"seed {seed}: {text}");
        }
        typed.Should().BeGreaterThan(2_000, "something has to be typed");
    }

    [Test]
    public void The_worlds_are_rough_enough_to_prove_something()
    {
        var (adventures, refused) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));

        for (var seed = 1; seed <= 80; seed++)
        {
            var reports = Live(seed, Crew.CSharp, null, StyleOf(seed)).Clients.Select(client => client.Report()).ToList();
            adventures.UnionWith(reports.SelectMany(report => report.Adventures));
            refused.UnionWith(reports.SelectMany(report => report.Refused));
        }

        adventures.Should().Contain(["Done", "Coming", "Unknown", "Events", "Snapshot", "Duplicate", "Unavailable", "Rebase", "Checked", "Torn"]);
        refused.Should().Contain("gone");
    }

    private static World Live(int seed, Crew crew, NodeHost? host, Style style, int clients = 4)
    {
        try
        {
            var world = new World(seed, crew, host, clients, style);
            world.Run(Turns);
            world.RunUntilQuiet();
            return world;
        }
        catch (Exception failed)
        {
            throw new AssertionException($"Seed {seed}, {crew}, {style}: {failed}", failed);
        }
    }
}
