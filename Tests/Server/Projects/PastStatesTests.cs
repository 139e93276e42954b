using EventOnly.Protocol.State;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class PastStatesTests
{
    [Test]
    public void The_nearest_state_that_is_not_later_is_found_and_never_another_projects()
    {
        var known = new PastStates(10, 1000);
        foreach (var seq in new[] { 30, 10, 20 })
            known.Add("p", At(seq));
        known.Add("other", At(24));

        new long[] { 9, 10, 25, 100 }.Select(seq => known.Find("p", seq)?.Seq).Should().Equal(null, 10, 20, 30);
        known.Find("nobody", 100).Should().BeNull();
    }

    [Test]
    public void What_was_longest_not_asked_for_goes_first_when_there_are_too_many()
    {
        var known = new PastStates(2, 1000);
        known.Add("p", At(10));
        known.Add("p", At(20));
        known.Find("p", 10);

        known.Add("p", At(30));

        new long[] { 10, 29, 30 }.Select(seq => known.Find("p", seq)?.Seq).Should().Equal(10, 10, 30);
    }

    [Test]
    public void What_is_known_already_is_not_kept_twice()
    {
        var known = new PastStates(2, 1000);
        known.Add("p", At(10));
        for (var again = 0; again < 5; again++)
            known.Add("p", At(20));

        known.Find("p", 10)!.Seq.Should().Be(10);
    }

    [Test]
    public void All_together_have_no_more_bytes_than_they_may()
    {
        var known = new PastStates(100, 1000); // an entity counts for 200 and its data
        known.Add("p", At(10, Given.Entity("a"), Given.Entity("b")));
        known.Add("p", At(20, Given.Entity("a"), Given.Entity("b")));
        known.Find("p", 20).Should().NotBeNull();

        known.Add("p", At(30, Given.Entity("a")));
        known.Find("p", 10).Should().BeNull();
        known.Add("p", At(40, [.. Enumerable.Range(0, 5).Select(i => Given.Entity($"e{i}"))]));

        known.Find("p", 100).Should().BeNull("what is too large alone is not kept, and all others had to go for it");
    }

    private static ProjectState At(long seq, params Entity[] entities) => ProjectState.FromSnapshot(seq, entities);
}
