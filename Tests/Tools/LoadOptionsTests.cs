using EventOnly.Tests.Support;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>What may be said to <c>load</c>, and what it says where something else was.</summary>
[Parallelizable]
public sealed class LoadOptionsTests
{
    [Test]
    public void Everything_that_is_said_arrives_in_the_plan()
    {
        var parsed = LoadCommand.Make().Parse(
            "--url ws://there:1/ws --clients 20 --projects 4 --rate 12.5 --mix create=1,delete=2,batch=3 --ramp 500ms --duration 2m --settle 7 --slow 5% --reconnect-storm --seed 9 --fold 2 --payload 50 --token T");

        parsed.Errors.Should().BeEmpty();
        LoadCommand.PlanOf(parsed).Should().BeEquivalentTo(new LoadPlan
        {
            Clients = 20, Projects = 4, Rate = 12.5, Mix = new(new Dictionary<Act, int> { [Act.Create] = 1, [Act.Delete] = 2, [Act.Batch] = 3 }),
            Ramp = TimeSpan.FromMilliseconds(500), Duration = TimeSpan.FromMinutes(2), Settle = TimeSpan.FromSeconds(7), Slow = 0.05,
            ReconnectStorm = true, Seed = 9, Fold = 2, PayloadBytes = 50, Token = "T",
        });
    }

    [Test]
    public void What_is_not_said_is_as_documented()
    {
        LoadCommand.PlanOf(LoadCommand.Make().Parse("")).Should().BeEquivalentTo(new LoadPlan());

        var page = File.ReadAllText(Repository.PathOf("docs", "load.md"));
        LoadCommand.Make().Options.Select(option => option.Name).Where(name => !page.Contains($"`{name}", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [TestCase("--clients 0", "--clients must be from 1 to 1,000,000.")]
    [TestCase("--clients many", "many")]
    [TestCase("--clients 5 --projects 6", "--projects must not be more than --clients")]
    [TestCase("--fold some", "some")]
    [TestCase("--rate fast", "fast")]
    [TestCase("--rate 0", "--rate must be more than 0")]
    [TestCase("--rate NaN", "--rate must be more than 0")]
    [TestCase("--mix create", "'create' is not create=N")]
    [TestCase("--mix eat=1", "'eat=1' is not create=N")]
    [TestCase("--mix create=-1", "'-1' is not a whole number")]
    [TestCase("--mix create=1,create=2", "'create' stands twice")]
    [TestCase("--mix create=0", "Nothing is left")]
    [TestCase("--slow 101%", "'101%' is not a share")]
    [TestCase("--slow few", "'few' is not a share")]
    [TestCase("--duration 3h", "'3h' is not a time")]
    [TestCase("--duration -3s", "'-3s' is not a time")]
    [TestCase("--ramp 2d", "'2d' is not a time")]
    [TestCase("--fold -1", "--fold must not be negative")]
    [TestCase("--payload 100000", "--payload must be from 0 to 60,000")]
    [TestCase("--durability paper", "'paper' is not disk, os or memory")]
    [TestCase("--url http://there/ws", "'http://there/ws' is not an address")]
    [TestCase("--fast", "--fast")]
    public void What_makes_no_sense_is_refused_with_a_reason(string line, string reason) =>
        string.Join('\n', LoadCommand.Make().Parse(line).Errors.Select(error => error.Message)).Should().Contain(reason);

    [TestCase("30s", 30_000)]
    [TestCase("30", 30_000)]
    [TestCase("1.5s", 1_500)]
    [TestCase("250ms", 250)]
    [TestCase("2m", 120_000)]
    [TestCase("0s", 0)]
    public void Times_are_written_as_people_write_them(string text, double ms)
    {
        Quantity.TryDuration(text, out var duration).Should().BeTrue();
        duration.TotalMilliseconds.Should().Be(ms);
    }

    [Test]
    public void A_mix_is_kept_to_in_the_long_run()
    {
        Mix.TryParse("create=1,update=8,broadcast=1", out var mix, out _).Should().BeTrue();
        var chance = Given.Chance(1);

        var picked = Enumerable.Range(0, 10_000).Select(_ => mix.Pick(chance)).CountBy(act => act).ToDictionary();

        picked.Keys.Should().BeEquivalentTo([Act.Create, Act.Update, Act.Broadcast]);
        picked[Act.Update].Should().BeInRange(7_800, 8_200);
        picked[Act.Create].Should().BeInRange(900, 1_100);
    }
}
