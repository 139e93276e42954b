using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable(ParallelScope.All)]
public sealed class GatheringTests
{
    private static readonly TimeSpan s_max = TimeSpan.FromMilliseconds(2);

    [Test]
    public void Who_is_alone_never_waits() => WaitAfter(s_max, costMs: 1, pauseMs: 100, taken: 1).Should().Be(TimeSpan.Zero);

    [Test]
    public void Where_a_turn_costs_more_than_lies_between_two_messages_the_next_one_waits() =>
        WaitAfter(s_max, costMs: 5, pauseMs: 1, taken: 3).Should().Be(s_max);

    [Test]
    public void It_is_off_unless_it_was_chosen() => WaitAfter(TimeSpan.Zero, costMs: 5, pauseMs: 1, taken: 3).Should().Be(TimeSpan.Zero);

    [Test]
    public void When_it_becomes_quiet_the_waiting_ends()
    {
        var time = new ManualTime();
        var gathering = new Gathering(s_max, time);
        Turns(gathering, time, 50, costMs: 5, pauseMs: 1, taken: 3);

        Turns(gathering, time, 50, costMs: 1, pauseMs: 100, taken: 1);

        gathering.Wait.Should().Be(TimeSpan.Zero);
    }

    [Test]
    public void A_turn_that_took_nothing_says_nothing()
    {
        var time = new ManualTime();
        var gathering = new Gathering(s_max, time);
        Turns(gathering, time, 50, costMs: 5, pauseMs: 1, taken: 3);

        Turns(gathering, time, 50, costMs: 0, pauseMs: 100, taken: 0);

        gathering.Wait.Should().Be(s_max);
    }

    private static TimeSpan WaitAfter(TimeSpan max, int costMs, int pauseMs, int taken)
    {
        var time = new ManualTime();
        var gathering = new Gathering(max, time);
        Turns(gathering, time, 50, costMs, pauseMs, taken);
        return gathering.Wait;
    }

    private static void Turns(Gathering gathering, ManualTime time, int turns, int costMs, int pauseMs, int taken)
    {
        for (var turn = 0; turn < turns; turn++)
        {
            var began = time.GetTimestamp();
            time.Advance(TimeSpan.FromMilliseconds(costMs));
            gathering.Note(began, taken);
            time.Advance(TimeSpan.FromMilliseconds(pauseMs));
        }
    }
}
