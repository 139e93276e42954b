using EventOnly.Client;

namespace EventOnly.Tests.Client;

public sealed class ReconnectPolicyTests
{
    [Test]
    public void The_first_attempt_comes_within_the_base_and_later_ones_within_a_range_that_doubles_up_to_the_cap()
    {
        var policy = new ReconnectPolicy();

        Longest(0).Should().BeCloseTo(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(5));
        Longest(1).Should().BeCloseTo(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(10));
        Longest(5).Should().BeCloseTo(TimeSpan.FromSeconds(8), TimeSpan.FromMilliseconds(100));
        Longest(60).Should().BeCloseTo(TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(10));

        TimeSpan Longest(int attempt)
        {
            var random = new Random(1);
            return Enumerable.Range(0, 2000).Max(_ => policy.Pause(attempt, random));
        }
    }

    [Test]
    public void The_first_attempt_may_come_at_once_but_a_server_that_fails_is_never_hammered()
    {
        var (policy, random) = (new ReconnectPolicy(), new Random(1));

        Enumerable.Range(0, 2000).Min(_ => policy.Pause(0, random)).Should().BeLessThan(TimeSpan.FromMilliseconds(10));
        Enumerable.Range(0, 2000).Min(_ => policy.Pause(1, random)).Should().Be(TimeSpan.FromMilliseconds(100));
    }
}
