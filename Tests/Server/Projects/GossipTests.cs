using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class GossipTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50), s_grace = TimeSpan.FromSeconds(5), s_rounding = TimeSpan.FromMilliseconds(1);

    [Test]
    public void A_thousand_changes_in_a_second_are_told_twenty_times_and_the_last_of_them_too()
    {
        var bench = Given.AProject().WithMembers("bob");
        var ann = bench.Enter("ann", Given.Join(presence: "{}"));
        Tell(bench, TimeSpan.Zero);
        bench["bob"].HeardNow();

        for (var ms = 1; ms <= 1000; ms++)
        {
            bench.Project.Members.SetPresence(ann.Member, Given.Fields($$"""{"x":{{ms}}}"""));
            Tell(bench, TimeSpan.FromMilliseconds(ms));
        }

        var told = bench["bob"].HeardNow().OfType<ServerMessage.Presence>().ToList();
        told.Should().HaveCount(20);
        told[^1].Changed.Single().Data.ToString().Should().Be("""{"x":1000}""");
    }

    [Test]
    public void What_is_not_told_yet_says_when_it_will_be()
    {
        var bench = Given.AProject().WithMembers("bob");
        Tell(bench, TimeSpan.Zero).Should().BeNull();
        bench.Enter("ann", Given.Join(presence: "{}"));
        Tell(bench, TimeSpan.FromSeconds(1)).Should().BeNull("after a rest it is told at once");

        bench.Enter("cid", Given.Join(presence: "{}"));

        Tell(bench, TimeSpan.FromSeconds(1.02)).Should().Be(TimeSpan.FromMilliseconds(30));
    }

    [Test]
    public void A_broadcast_waits_for_nothing()
    {
        var bench = Given.AProject().WithMembers("ann", "bob");
        bench["bob"].Heard();

        for (var i = 0; i < 10; i++)
            bench.Project.Broadcast(bench["ann"].Member, new("apollo", "wave", Given.Value("1"), null));

        bench["bob"].HeardNow().OfType<ServerMessage.Broadcast>().Should().HaveCount(10);
    }

    [Test]
    public void Who_is_back_in_time_is_not_seen_to_have_been_away()
    {
        var (bench, bob) = WithAnnSeenByBob();

        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);
        Tell(bench, TimeSpan.FromSeconds(1)).Should().Be(s_grace - TimeSpan.FromSeconds(1));
        bench.Enter("cid").Heard<ServerMessage.Joined>().Members.Should().ContainSingle("it is still to be seen").Which.UserName.Should().Be("ann");
        var again = bench.Enter("ann", Given.Join(presence: "{}"));
        Tell(bench, TimeSpan.FromSeconds(6));

        bob.HeardNow().OfType<ServerMessage.Presence>().Should().BeEmpty();
        again.Heard<ServerMessage.Joined>().Members.Should().BeEmpty("it does not see itself");
    }

    [Test]
    public void Who_is_back_otherwise_is_told_as_changed_and_who_is_back_unseen_has_left()
    {
        var (bench, bob) = WithAnnSeenByBob();
        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);
        bench.Enter("ann", Given.Join(presence: """{"x":1}"""));
        Tell(bench, TimeSpan.FromSeconds(1));

        var changed = bob.HeardNow().OfType<ServerMessage.Presence>().Single();
        (changed.Arrived.Length, changed.Left.Length, changed.Changed.Single().Data.ToString()).Should().Be((0, 0, """{"x":1}"""));

        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);
        bench.Enter("ann");
        Tell(bench, TimeSpan.FromSeconds(2));
        bob.HeardNow().OfType<ServerMessage.Presence>().Single().Left.Should().Equal("session-of-ann");
    }

    [Test]
    public void Who_does_not_come_back_has_left_when_it_has_been_waited_for_long_enough()
    {
        var (bench, bob) = WithAnnSeenByBob();
        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);

        Tell(bench, s_grace - TimeSpan.FromTicks(1));
        bob.HeardNow().Should().BeEmpty();
        Tell(bench, s_grace).Should().BeNull();

        bob.HeardNow().OfType<ServerMessage.Presence>().Single().Left.Should().Equal("session-of-ann");
    }

    [Test]
    public void Who_says_that_it_leaves_is_gone_at_once()
    {
        var (bench, bob) = WithAnnSeenByBob();

        bench.Project.Leave(bench["ann"].Member, "l1");
        Tell(bench, TimeSpan.FromSeconds(1));

        bob.HeardNow().OfType<ServerMessage.Presence>().Single().Left.Should().Equal("session-of-ann");
    }

    [Test]
    public void Where_nobody_is_waited_for_one_that_broke_off_is_gone_at_once()
    {
        var (bench, bob) = WithAnnSeenByBob(new ProjectOptions { PresenceGrace = TimeSpan.Zero });

        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);
        Tell(bench, TimeSpan.FromSeconds(1));

        bob.HeardNow().OfType<ServerMessage.Presence>().Single().Left.Should().Equal("session-of-ann");
    }

    [Test]
    public void A_project_that_only_waits_for_members_to_come_back_needs_no_reminding()
    {
        var bench = Given.AProject();
        bench.Enter("ann", Given.Join(presence: "{}"));
        bench.Project.Leave(bench["ann"].Member, mayComeBack: true);

        Tell(bench, TimeSpan.FromSeconds(1)).Should().BeNull();
        bench.Project.Members.Count.Should().Be(0);
    }

    [Test]
    public void Who_fell_off_the_whispers_gets_who_is_present_anew_and_the_newest_of_each_key()
    {
        var bench = Given.AProject(new ProjectOptions { WhisperBytesMax = 16 * 1024, PresencePeriod = TimeSpan.Zero }).WithMembers("bob");
        var (ann, cid) = (bench.Enter("ann", Given.Join(presence: "{}")), bench.Enter("cid", Given.Join(presence: "{}")));
        Tell(bench, TimeSpan.Zero);
        bench["bob"].HeardNow();
        bench.Project.Leave(cid.Member, "l1"); // what is lost to bob
        Tell(bench, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 300; i++)
        {
            Point(bench, ann, "mouse", i);
            bench.Project.Broadcast(ann.Member, new("apollo", "wave", Given.Value($"\"{new string('x', 1000)}\""), null));
        }
        Point(bench, ann, "eye", 7);
        for (var i = 0; i < 40; i++)
            bench.Project.Broadcast(ann.Member, new("apollo", "wave", Given.Value($"\"{new string('x', 1000)}\""), null));
        bench["bob"].HeardNow().Should().BeEmpty();

        Tell(bench, TimeSpan.FromSeconds(2));

        var told = bench["bob"].HeardNow();
        told[0].Should().BeOfType<ServerMessage.Presence>().Which.Whole!.Value.Select(member => member.UserName).Should().Equal("ann");
        told.OfType<ServerMessage.Broadcast>().Select(message => $"{message.Key}={message.Data}").Should().Equal("mouse=299", "eye=7");
    }

    [Test]
    public void Of_a_key_nothing_is_told_again_that_was_taken()
    {
        var bench = Given.AProject(new ProjectOptions { WhisperBytesMax = 16 * 1024 }).WithMembers("ann", "bob");
        Point(bench, bench["ann"], "mouse", 1);
        bench["bob"].Heard();
        for (var i = 0; i < 40; i++)
            bench.Project.Broadcast(bench["ann"].Member, new("apollo", "wave", Given.Value($"\"{new string('x', 1000)}\""), null));
        bench["bob"].HeardNow();

        Tell(bench, TimeSpan.FromSeconds(1));

        bench["bob"].HeardNow().OfType<ServerMessage.Broadcast>().Should().BeEmpty();
    }

    [Test]
    public void One_that_has_no_room_for_it_gets_it_later_and_as_it_is_then()
    {
        var bench = Given.AProject(new ProjectOptions { WhisperBytesMax = 16 * 1024 }).WithMembers("ann");
        var bob = bench.Enter("bob", mailboxBytes: 1000);
        bob.Heard();
        for (var i = 0; i < 40; i++)
            bench.Project.Broadcast(bench["ann"].Member, new("apollo", "wave", Given.Value($"\"{new string('x', 1000)}\""), null));
        bob.Member.TryTake(out _, out _).Should().BeFalse("it falls");
        bob.Mailbox.TryPost(new byte[900]).Should().BeTrue();

        Tell(bench, TimeSpan.FromSeconds(1)).Should().Be(TimeSpan.FromSeconds(1));
        bob.Mailbox.TryTake(out _);
        Point(bench, bench["ann"], "mouse", 99);
        Tell(bench, TimeSpan.FromSeconds(2));

        bob.Heard().OfType<ServerMessage.Broadcast>().Select(message => message.Data.ToString()).Should().Contain("99");
    }

    [Test]
    public void No_more_keys_are_kept_than_may_be_and_the_oldest_go_first()
    {
        var whispers = new Whispers(1 << 20);
        for (var i = 0; i < 1030; i++)
            whispers.Publish(Given.Utf8($"{i}"), new("s", "t", $"k{i}"));
        whispers.Publish("new"u8, new("s", "t", "k10"));

        var kept = whispers.NewestSince(0).Select(frame => Given.Text(frame)).ToList();

        (kept.Count, kept[0], kept[^1]).Should().Be((1024, "6", "new"));
        kept.Should().NotContain("10");
    }

    [Test]
    public void No_more_bytes_are_kept_than_may_be_but_the_newest_always()
    {
        var whispers = new Whispers(100);
        for (var i = 0; i < 10; i++)
            whispers.Publish(new byte[30], new("s", "t", $"k{i}"));
        whispers.NewestSince(0).Should().HaveCount(3);

        whispers.Publish(new byte[500], new("s", "t", "large"));

        whispers.NewestSince(0).Should().ContainSingle();
    }

    [Test]
    public async Task A_loop_tells_what_waited_and_who_did_not_come_back_when_the_time_has_come()
    {
        var time = new ManualTime();
        await using var loop = await LoopBench.RunAsync(Given.AJournal(), time: time);
        var bob = await loop.EnterAsync("bob");
        var ann = await loop.EnterAsync("ann", Given.Join(presence: "{}"));
        await bob.HearAsync<ServerMessage.Presence>(news => news.Arrived.Length > 0);
        await loop.BringAsync(new Inbound.Presence(ann.Member, Given.Fields("""{"x":1}""")));
        await time.WaitForTimerAsync(due => due >= s_period && due < s_period * 2, CancellationToken.None);

        time.Advance(s_period + s_rounding);
        await bob.HearAsync<ServerMessage.Presence>(news => news.Changed.Length > 0);
        await loop.BringAsync(new Inbound.Exit(ann.Member, null, MayComeBack: true));
        await time.WaitForTimerAsync(due => due >= s_grace && due < s_grace * 2, CancellationToken.None);
        time.Advance(s_grace + s_rounding);

        await bob.HearAsync<ServerMessage.Presence>(news => news.Left.Length > 0);
    }

    private static (ProjectBench Bench, Guest Bob) WithAnnSeenByBob(ProjectOptions? options = null)
    {
        var bench = Given.AProject(options).WithMembers("bob");
        bench.Enter("ann", Given.Join(presence: "{}"));
        Tell(bench, TimeSpan.Zero);
        bench["bob"].HeardNow();
        return (bench, bench["bob"]);
    }

    private static TimeSpan? Tell(ProjectBench bench, TimeSpan now)
    {
        bench.Project.Now = now;
        return bench.Project.TellPresence();
    }

    private static void Point(ProjectBench bench, Guest from, string key, int value) =>
        bench.Project.Broadcast(from.Member, new("apollo", "pointer", Given.Value($"{value}"), null, key));
}
