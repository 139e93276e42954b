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
            known.Add("p", "epoch", At(seq));
        known.Add("other", "epoch", At(24));

        new long[] { 9, 10, 25, 100 }.Select(seq => known.Find("p", "epoch", seq)?.Seq).Should().Equal(null, 10, 20, 30);
        known.Find("nobody", "epoch", 100).Should().BeNull();
    }

    [Test]
    public void What_was_longest_not_asked_for_goes_first_when_there_are_too_many()
    {
        var known = new PastStates(2, 1000);
        known.Add("p", "epoch", At(10));
        known.Add("p", "epoch", At(20));
        known.Find("p", "epoch", 10);

        known.Add("p", "epoch", At(30));

        new long[] { 10, 29, 30 }.Select(seq => known.Find("p", "epoch", seq)?.Seq).Should().Equal(10, 10, 30);
    }

    [Test]
    public void What_is_known_already_is_not_kept_twice()
    {
        var known = new PastStates(2, 1000);
        known.Add("p", "epoch", At(10));
        for (var again = 0; again < 5; again++)
            known.Add("p", "epoch", At(20));

        known.Find("p", "epoch", 10)!.Seq.Should().Be(10);
    }

    [Test]
    public void What_is_known_of_one_journal_says_nothing_of_the_one_in_its_place()
    {
        var known = new PastStates(10, 1000);
        known.Add("p", "old", At(10));

        known.Find("p", "new", 10).Should().BeNull();
        known.Add("p", "new", At(10));
        known.Find("p", "new", 10).Should().NotBeSameAs(known.Find("p", "old", 10));
    }

    [Test]
    public void All_together_have_no_more_bytes_than_they_may()
    {
        var known = new PastStates(100, 1300); // an entity counts for 300, its data for two
        known.Add("p", "epoch", At(10, Given.Entity("a"), Given.Entity("b")));
        known.Add("p", "epoch", At(20, Given.Entity("a"), Given.Entity("b")));
        known.Find("p", "epoch", 20).Should().NotBeNull();

        known.Add("p", "epoch", At(30, Given.Entity("a")));

        known.Find("p", "epoch", 10).Should().BeNull();
        known.Find("p", "epoch", 20)!.Seq.Should().Be(20);
    }

    [Test]
    public void What_is_too_large_alone_is_not_kept_and_nothing_else_goes_for_it()
    {
        var known = new PastStates(100, 1000);
        known.Add("p", "epoch", At(10, Given.Entity("a")));

        known.Add("p", "epoch", At(40, [.. Enumerable.Range(0, 5).Select(i => Given.Entity($"e{i}"))]));

        known.Find("p", "epoch", 100)!.Seq.Should().Be(10);
    }

    [Test]
    public void Fields_and_sessions_count_though_they_hold_next_to_nothing()
    {
        var fields = Given.Entity("a", "{" + string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"f{i}\":1")) + "}");
        var sessions = Enumerable.Range(0, 20).Select(i => KeyValuePair.Create($"session-{i:d14}", default(SessionMark)));
        var known = new PastStates(100, 2000);

        known.Add("p", "epoch", At(10, fields));
        known.Add("p", "epoch", ProjectState.Restore(20, 0, [], sessions));

        known.Find("p", "epoch", 100).Should().BeNull();
    }

    private static ProjectState At(long seq, params Entity[] entities) => ProjectState.FromSnapshot(seq, entities);
}
