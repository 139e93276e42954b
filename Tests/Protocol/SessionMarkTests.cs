using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class SessionMarkTests
{
    [Test]
    public void A_new_session_has_taken_nothing() => new SessionMark().StandingOf(1).Should().Be(Standing.Fresh);

    [TestCase(1, 1, Standing.Taken)]
    [TestCase(1, 2, Standing.Fresh)]
    [TestCase(64, 1, Standing.Fresh)]
    [TestCase(65, 1, Standing.TooOld)]
    [TestCase(65, 2, Standing.Fresh)]
    [TestCase(9007199254740991, 9007199254740991, Standing.Taken)]
    [TestCase(9007199254740991, 9007199254740990, Standing.Fresh)]
    [TestCase(9007199254740991, 9007199254740927, Standing.TooOld)]
    public void After_one_number_another_is_judged_within_a_window_of_64(long taken, long asked, Standing standing) =>
        new SessionMark().Take(taken, 1).StandingOf(asked).Should().Be(standing);

    [Test]
    public void A_number_that_left_the_window_is_too_old_even_though_it_was_taken() =>
        new SessionMark().Take(1, 1).Take(65, 2).StandingOf(1).Should().Be(Standing.TooOld);

    [Test]
    public void The_oldest_number_of_the_window_is_still_remembered() =>
        new SessionMark().Take(1, 1).Take(64, 2).StandingOf(1).Should().Be(Standing.Taken);

    [Test]
    public void A_jump_of_a_whole_window_forgets_all_before_it()
    {
        var mark = new SessionMark().Take(1, 1).Take(2, 2).Take(66, 3);

        mark.Mask.Should().Be(1);
    }

    [Test]
    public void It_judges_like_a_set_of_all_numbers_ever_taken([Range(1, 50)] int seed)
    {
        var chance = Given.Chance(seed);
        var (mark, taken) = (new SessionMark(), new HashSet<long>());
        for (var step = 1; step <= 500; step++)
        {
            var highest = taken.DefaultIfEmpty(0).Max();
            var n = Math.Max(1, highest + chance.Next(10) switch { 0 => chance.Next(60, 140), < 5 => chance.Next(1, 4), _ => -chance.Next(0, 70) });
            var expected = n <= highest - 64 ? Standing.TooOld : taken.Contains(n) ? Standing.Taken : Standing.Fresh;

            mark.StandingOf(n).Should().Be(expected, $"step {step}: {n} with {highest} as highest");

            if (expected == Standing.Fresh)
            {
                mark = mark.Take(n, step);
                taken.Add(n);
                mark.Should().Be(new SessionMark(taken.Max(), mark.Mask, step));
            }
        }
    }
}
