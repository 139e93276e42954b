using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>The open loop: what is due does not depend on what became of anything.</summary>
[Parallelizable]
public sealed class ScheduleTests
{
    private static Schedule Make(double rate = 100, int seed = 1, double seconds = 10) => new(rate, TimeSpan.FromSeconds(seconds), 50, Mix.Default, seed);

    [Test]
    public void Who_was_held_up_gets_all_that_was_due_meanwhile_with_the_moments_it_was_meant_for()
    {
        var schedule = Make();
        Take(schedule, 0).Should().ContainSingle();

        var late = Take(schedule, 5);

        late.Should().HaveCount(500);
        late[0].At.Should().Be(TimeSpan.FromMilliseconds(10));
        late[^1].At.Should().Be(TimeSpan.FromSeconds(5));
    }

    [Test]
    public void Nothing_is_due_before_its_moment_nor_after_the_end()
    {
        var schedule = Make();
        Take(schedule, 0.0199).Should().HaveCount(2);
        schedule.NextAt.Should().Be(TimeSpan.FromMilliseconds(20));

        Take(schedule, 3600).Should().HaveCount(998);

        schedule.NextAt.Should().BeNull();
        schedule.Taken.Should().Be(schedule.Count).And.Be(1000);
        schedule.DueAt(TimeSpan.FromHours(1)).Should().Be(1000);
    }

    [Test]
    public void How_much_is_due_is_known_without_taking_it() =>
        new[] { 0, 0.0199, 0.02, 5, 100 }.Select(at => Make().DueAt(TimeSpan.FromSeconds(at))).Should()
            .Equal(new[] { 0, 0.0199, 0.02, 5, 100 }.Select(at => (long)Take(Make(), at).Count));

    [Test]
    public void The_same_seed_plans_the_same_and_another_one_something_else()
    {
        Take(Make(seed: 7), 10).Should().Equal(Take(Make(seed: 7), 10));
        Take(Make(seed: 7), 10).Should().NotEqual(Take(Make(seed: 8), 10));
    }

    [Test]
    public void All_publishers_have_their_share() =>
        Take(Make(rate: 1000), 10).CountBy(planned => planned.Publisher).Select(share => share.Value).Should().HaveCount(50).And.OnlyContain(count => count > 120 && count < 290);

    private static List<Planned> Take(Schedule schedule, double seconds)
    {
        var taken = new List<Planned>();
        while (schedule.TryTake(TimeSpan.FromSeconds(seconds), out var planned))
            taken.Add(planned);
        return taken;
    }
}
