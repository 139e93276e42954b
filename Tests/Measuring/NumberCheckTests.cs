using EventOnly.Tests.Bench;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Measuring;

/// <summary>A bench that could not see a lost event would be worth nothing.</summary>
[Parallelizable]
public sealed class NumberCheckTests
{
    [TestCase(new[] { 1, 2, 3 }, null, TestName = "All in order is as it should be")]
    [TestCase(new[] { 1, 3 }, "Lost", TestName = "One lost is found")]
    [TestCase(new[] { 2, 3 }, "Lost", TestName = "A lost first is found")]
    [TestCase(new[] { 1, 2 }, "Lost", TestName = "A lost last is found")]
    [TestCase(new int[0], "Lost", TestName = "All lost is found")]
    [TestCase(new[] { 1, 2, 2, 3 }, "Doubled", TestName = "One doubled is found")]
    [TestCase(new[] { 2, 1, 3 }, "order", TestName = "Two swapped are found")]
    [TestCase(new[] { 1, 2, 3, 4 }, "up to 3", TestName = "One that nobody said is found")]
    public void What_is_not_once_and_in_order_breaks_the_bench(int[] heard, string? anomaly)
    {
        var check = new NumberCheck(sources: 2, mayMiss: false);

        var checking = FluentActions.Invoking(() =>
        {
            foreach (var number in heard)
                check.Take(1, number);
            check.End([0, 3]);
        });

        if (anomaly is null)
            checking.Should().NotThrow();
        else
            checking.Should().Throw<BrokenPromiseException>().WithMessage($"*{anomaly}*");
    }

    [Test]
    public void Where_some_may_be_missed_they_are_counted()
    {
        var check = new NumberCheck(sources: 1, mayMiss: true);

        check.Take(0, 2).Should().Be(2);
        check.Take(0, 3).Should().Be(1);
        check.Take(0, 6).Should().Be(3);
        check.End([10]).Should().Be(4);

        check.Missed.Should().Be(1 + 2 + 4);
    }

    [TestCase(new[] { 1, 1 }), TestCase(new[] { 3, 2 }), TestCase(new[] { 11 })]
    public void What_may_be_missed_may_still_not_come_twice_or_out_of_order_or_from_nowhere(int[] heard)
    {
        var check = new NumberCheck(sources: 1, mayMiss: true);

        FluentActions.Invoking(() =>
        {
            foreach (var number in heard)
                check.Take(0, number);
            check.End([10]);
        }).Should().Throw<BrokenPromiseException>();
    }

    [Test]
    public void Who_joins_later_hears_from_there_on()
    {
        var check = new NumberCheck(sources: 1, mayMiss: false, first: 101);

        check.Take(0, 101);

        FluentActions.Invoking(() => check.Take(0, 103)).Should().Throw<BrokenPromiseException>();
    }
}
