using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class MemberTests
{
    [Test]
    public void It_takes_joined_then_the_snapshots_parts_then_events_then_whispers()
    {
        var bench = Given.AProject().WithEntities([.. Enumerable.Range(10, 30).Select(i => Given.Entity($"e{i}", $$"""{"text":"{{new string('x', 4000)}}"}"""))]).WithMembers("bob");
        var ann = bench.Enter("ann");

        bench.Project.Broadcast(bench["bob"].Member, new("apollo", "wave", Given.Value("1"), null));
        bench.Submit("bob", 1, Given.Create("new"));

        ann.Heard().Select(message => message.GetType().Name).Should().Equal(
            "Joined", "Snapshot", "Snapshot", "Snapshot", "Snapshot", "Snapshot", "Happened", "Broadcast");
    }

    [Test]
    public void What_it_takes_are_whole_frames_every_time()
    {
        var bench = Given.AProject().WithMembers("ann");
        bench.Turn([.. Enumerable.Range(1, 60).Select(n => bench.From("ann", n, Given.Create(null, $$"""{"text":"{{new string('x', n * 40)}}"}""")))]);

        while (bench["ann"].Member.TryTake(out var bytes, out _))
            Given.Messages(bytes.Span).Should().NotBeEmpty();
    }

    [Test]
    public void One_that_does_not_listen_takes_joined_and_nothing_else()
    {
        var bench = Given.AProject().WithMembers("bob");
        var ann = bench.Enter("ann", Given.Join(listen: false));

        bench.Submit("bob", 1, Given.Create("new"));
        bench.Project.Broadcast(bench["bob"].Member, new("apollo", "wave", Given.Value("1"), null));

        ann.Heard().Should().ContainSingle().Which.Should().BeOfType<ServerMessage.Joined>();
    }

    [Test]
    public void One_that_the_tape_went_on_without_has_fallen_behind()
    {
        var bench = Given.AProject(new ProjectOptions { TapeBytesMax = 64 * 1024 }).WithMembers("ann", "bob");
        var ann = bench["ann"];
        ann.Heard();

        for (var n = 1; n <= 300; n++)
            bench.Submit("bob", n, Given.Create(null, $$"""{"text":"{{new string('x', 1000)}}"}"""));

        ann.Events().Should().BeEmpty();
        ann.FellBehind.Should().BeTrue();
    }

    [Test]
    public void One_that_is_behind_on_whispers_skips_to_the_newest_and_stays()
    {
        var bench = Given.AProject(new ProjectOptions { WhisperBytesMax = 16 * 1024 }).WithMembers("ann", "bob");
        var ann = bench["ann"];
        ann.Heard();
        for (var i = 0; i < 300; i++)
            bench.Project.Broadcast(bench["bob"].Member, new("apollo", "wave", Given.Value($"\"{new string('x', 1000)}\""), null));
        ann.HeardNow().Should().BeEmpty();

        bench.Project.Broadcast(bench["bob"].Member, new("apollo", "wave", Given.Value("\"newest\""), null));

        ann.HeardNow().Should().ContainSingle().Which.Should().BeOfType<ServerMessage.Broadcast>().Which.Data.AsString().Should().Be("newest");
        ann.FellBehind.Should().BeFalse();
    }

    [Test]
    public void One_that_joins_gets_no_whispers_from_before()
    {
        var bench = Given.AProject().WithMembers("bob");
        bench.Project.Broadcast(bench["bob"].Member, new("apollo", "wave", Given.Value("1"), null));

        bench.Enter("ann").Heard().OfType<ServerMessage.Broadcast>().Should().BeEmpty();
    }

    [Test]
    public void One_that_left_takes_nothing_more()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");
        var ann = bench.Leave("ann");

        bench.Submit("bob", 1, Given.Create("new"));

        ann.Heard().Should().NotContain(message => message is ServerMessage.Happened);
        (ann.Member.IsInside, ann.Member.IsGone).Should().Be((false, true));
    }

    [Test]
    public void One_that_leaves_still_hears_what_happened_before_and_only_then_that_it_left()
    {
        var bench = Given.AProject();
        var ann = bench.Enter("ann");
        bench.Submit("ann", 1, Given.Create("mine"));

        bench.Project.Leave(ann.Member, "l1");
        bench.Enter("bob");
        bench.Submit("bob", 1, Given.Create("later"));

        var heard = ann.Heard().ToArray();
        heard.OfType<ServerMessage.Happened>().Should().ContainSingle().Which.Event.N.Should().Be(1);
        heard[^1].Should().BeOfType<ServerMessage.Done>().Which.Id.Should().Be("l1");
    }

    [Test]
    public void One_that_is_out_already_is_told_that_it_left_and_hears_no_more()
    {
        var bench = Given.AProject().WithMembers("bob");
        var ann = bench.Enter("ann");
        bench.Project.Leave(ann.Member);
        ann.Heard();
        bench.Submit("bob", 1, Given.Create("later"));

        bench.Project.Leave(ann.Member, "l1");

        ann.HeardNow().Should().ContainSingle().Which.Should().BeOfType<ServerMessage.Done>().Which.Id.Should().Be("l1");
    }

    [Test]
    public void One_that_is_not_in_yet_takes_nothing() => new Guest("ann").Heard().Should().BeEmpty();
}
