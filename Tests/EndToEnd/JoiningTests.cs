using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>How members come, come back, and are kept out; and what became of the commands they are not sure of.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class JoiningTests
{
    private const string SmallTape = "--EventOnly:Projects:TapeBytesMax=65536";

    [Test]
    public async Task Who_resumes_gets_exactly_the_events_it_missed()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        var bob = await server.ConnectAsync("bob");
        var epoch = (await bob.JoinAsync("apollo")).Word("epoch");
        await CreateAsync(ann, 1, 3);
        await bob.HearAsync("create", heard => heard.Number("seq") == 3);
        bob.Vanish();
        await CreateAsync(ann, 4, 6);
        await ann.HearAsync("create", heard => heard.Number("seq") == 6);

        await using var again = await server.ConnectAsync("bob");
        var joined = await again.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch}}}","seq":3}""", bob.Secret);
        var missed = await again.HearAllAsync();

        joined.Flag("recovered").Should().BeTrue();
        joined.Number("seq").Should().Be(6);
        missed.Select(heard => heard.Text).Should().Equal(ann.Transcript.Where(IsEvent).Skip(3).Select(heard => heard.Text));
        again.Transcript.Should().NotContain(heard => heard.Type == "snapshot");
    }

    [TestCase("0000000000000000", 1L, TestName = "Another epoch means a snapshot")]
    [TestCase(null, 99L, TestName = "A position that was never reached means a snapshot")]
    public async Task A_position_that_means_nothing_here_gives_a_snapshot(string? epoch, long seq)
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        var here = (await ann.JoinAsync("apollo")).Word("epoch");
        await CreateAsync(ann, 1, 2);
        await ann.HearAllAsync();
        await using var bob = await server.ConnectAsync("bob");

        var joined = await bob.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch ?? here}}}","seq":{{{seq}}}}""");

        joined.Flag("recovered").Should().BeFalse();
        await WholeStateAsync(bob, 2);
    }

    [Test]
    public async Task Who_was_away_longer_than_the_tape_reaches_gets_a_snapshot()
    {
        await using var server = await LiveServer.StartAsync(SmallTape);
        await using var ann = await server.ConnectAsync("ann");
        var epoch = (await ann.JoinAsync("apollo")).Word("epoch");
        var title = new string('x', 10_000);
        for (var n = 1; n <= 30; n++)
        {
            await ann.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"e{{{n:d2}}}","kind":"card","data":{"title":"{{{title}}}"}}""");
            await ann.HearAsync("create");
        }

        await using var late = await server.ConnectAsync("late");
        var joined = await late.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch}}}","seq":1}""");
        await using var near = await server.ConnectAsync("near");
        var resumed = await near.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch}}}","seq":28}""");

        joined.Flag("recovered").Should().BeFalse();
        await WholeStateAsync(late, 30);
        late.Transcript.Count(heard => heard.Type == "snapshot").Should().BeGreaterThan(5, "a large state comes in parts");
        resumed.Flag("recovered").Should().BeTrue();
        (await near.HearAllAsync()).Where(IsEvent).Select(heard => heard.Number("seq")).Should().Equal(29, 30);
    }

    [Test]
    public async Task Outcomes_say_what_became_of_each_pending_command()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        var epoch = (await ann.JoinAsync("apollo")).Word("epoch");
        await CreateAsync(ann, 1, 2);
        await ann.HearAllAsync();
        ann.Vanish();

        await using var resumed = await server.ConnectAsync("ann");
        var coming = await resumed.JoinAsync("apollo", $$$""","since":{"epoch":"{{{epoch}}}","seq":1},"pending":[2,3]""", ann.Secret);
        resumed.Vanish();
        await using var silent = await server.ConnectAsync("ann");
        var done = await silent.JoinAsync("apollo", ""","pending":[1,2,3],"listen":false""", ann.Secret);
        silent.Vanish();
        await using var anew = await server.ConnectAsync("ann");
        var mixed = await anew.JoinAsync("apollo", ""","pending":[1,2,3]""", ann.Secret);
        await using var stranger = await server.ConnectAsync("eve");
        var foreign = await stranger.JoinAsync("apollo", ""","pending":[1,2,3]""");

        coming.Raw("outcomes").Should().Be("""[{"n":2,"outcome":"coming"},{"n":3,"outcome":"unknown"}]""");
        done.Raw("outcomes").Should().Be("""[{"n":1,"outcome":"done"},{"n":2,"outcome":"done"},{"n":3,"outcome":"unknown"}]""");
        var snapshot = anew.Transcript.Last(heard => heard.Type == "snapshot").Number("seq");
        mixed.List("outcomes").Select(outcome => outcome.GetProperty("outcome").GetString()).Should().Equal(
            [snapshot >= 1 ? "done" : "coming", snapshot >= 2 ? "done" : "coming", "unknown"], "what is in the snapshot is done, what follows it is coming");
        foreign.List("outcomes").Select(outcome => outcome.GetProperty("outcome").GetString()).Should().AllBe("unknown", "numbers are the session's own");
    }

    [Test]
    public async Task A_command_that_is_sent_again_takes_effect_once()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync("ann");
        await CreateAsync(ann, 1, 1);
        const string vote = """{"type":"update","project":"apollo","n":2,"entity":"e01","increment":{"votes":1}}""";
        await ann.SayAsync(vote);
        await ann.HearAsync("update");

        await ann.SayAsync(vote);
        var ack = await ann.HearAsync("ack");
        await using var again = await server.ConnectAsync("ann");
        await again.JoinAsync("apollo", secret: ann.Secret);
        await again.SayAsync(vote);
        var ackAgain = await again.HearAsync("ack");
        var items = await again.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");

        ack.Text.Should().Be("""{"type":"ack","project":"apollo","n":2,"seq":2,"duplicate":true}""");
        ackAgain.Text.Should().Be(ack.Text);
        items.Raw("items").Should().Contain("\"votes\":1");
        items.Number("seq").Should().Be(2);
    }

    [Test]
    public async Task A_number_that_is_64_behind_is_superseded_and_one_that_is_63_behind_is_not()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync();
        await CreateAsync(ann, 100, 100);

        await CreateAsync(ann, 36, 36);
        var reject = await ann.HearAsync("reject");
        await CreateAsync(ann, 37, 37);
        var late = await ann.HearAsync("create", heard => heard.Number("n") == 37);

        reject.Word("code").Should().Be("superseded");
        reject.Number("n").Should().Be(36);
        late.Number("seq").Should().Be(2);
    }

    [Test]
    public async Task A_session_that_joins_through_another_connection_replaces_the_first()
    {
        await using var server = await LiveServer.StartAsync();
        await using var first = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var second = await server.ConnectAsync("ann");

        var joined = await second.JoinAsync("apollo", secret: first.Secret);
        var code = await first.HearCloseAsync();
        await CreateAsync(second, 1, 1);
        await bob.HearAsync("create");

        code.Should().Be(4409);
        first.Transcript[^1].Text.Should().StartWith("""{"type":"disconnect","code":"replaced",""");
        first.Transcript[^1].Flag("reconnect").Should().BeFalse();
        joined.Number("memberCount").Should().Be(2);
        joined.Word("session").Should().Be(first.Session);
    }

    [Test]
    public async Task Joining_twice_is_answered_with_exists_and_changes_nothing()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.JoinAsync();

        var again = await ann.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"0123456789abcdef"}""");
        await CreateAsync(ann, 1, 1);
        var own = await ann.HearAsync("create");

        again.Word("code").Should().Be("exists");
        own.Word("session").Should().Be(ann.Session);
    }

    [Test]
    public async Task One_project_more_than_a_connection_may_join_is_too_large_until_it_leaves_one()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:ProjectsMax=2");
        await using var ann = await server.ConnectAsync();
        await ann.JoinAsync("p1");
        await ann.JoinAsync("p2");

        var third = await ann.RequestAsync("""{"type":"join","id":"$id","project":"p3","session":"0123456789abcdef"}""");
        await ann.RequestAsync("""{"type":"leave","id":"$id","project":"p1"}""");
        await ann.JoinAsync("p3");

        third.Word("code").Should().Be("too_large");
    }

    [Test]
    public async Task A_full_project_refuses_and_lets_in_when_somebody_left()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:MembersMax=1");
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.ConnectAsync("bob");

        var refused = await bob.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"0123456789abcdef"}""");
        await bob.SayAsync("""{"type":"create","project":"apollo","n":1,"kind":"card","data":{}}""");
        var notInside = await bob.HearAsync("reject");
        var question = await bob.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");
        await ann.RequestAsync("""{"type":"leave","id":"$id","project":"apollo"}""");
        var joined = await bob.JoinAsync("apollo");

        refused.Word("code").Should().Be("unavailable");
        notInside.Word("code").Should().Be("forbidden");
        question.Word("code").Should().Be("forbidden", "who was not let in may not look either");
        joined.Number("memberCount").Should().Be(1);
    }

    [Test]
    public async Task The_same_session_takes_its_own_place_in_a_full_project()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:MembersMax=1");
        await using var ann = await server.JoinAsync("ann");
        await using var again = await server.ConnectAsync("ann");

        (await again.JoinAsync("apollo", secret: ann.Secret)).Number("memberCount").Should().Be(1);
    }

    private static IEnumerable<TestCaseData> Limits()
    {
        yield return new TestCaseData("EntitiesMax=2", """{"type":"create","project":"apollo","n":9,"entity":"x","kind":"card","data":{}}""").SetArgDisplayNames("entities");
        yield return new TestCaseData("EntityFieldsMax=2", """{"type":"update","project":"apollo","n":9,"entity":"e01","patch":{"a":1,"b":1,"c":1}}""").SetArgDisplayNames("fields");
        yield return new TestCaseData("EntityBytesMax=256", $$$"""{"type":"update","project":"apollo","n":9,"entity":"e01","patch":{"a":"{{{new string('x', 300)}}}"}}""").SetArgDisplayNames("entity bytes");
        yield return new TestCaseData("ProjectBytesMax=1024", $$$"""{"type":"create","project":"apollo","n":9,"entity":"x","kind":"card","data":{"a":"{{{new string('x', 1100)}}}"}}""").SetArgDisplayNames("project bytes");
        yield return new TestCaseData("EntitiesMax=2", """{"type":"batch","project":"apollo","n":9,"ops":[{"type":"delete","entity":"e01"},{"type":"create","kind":"card","data":{}},{"type":"create","kind":"card","data":{}}]}""").SetArgDisplayNames("entities of a batch");
    }

    [TestCaseSource(nameof(Limits))]
    public async Task What_a_project_may_not_hold_is_too_large_and_leaves_the_state_as_it_was(string setting, string command)
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:" + setting);
        await using var ann = await server.JoinAsync();
        await CreateAsync(ann, 1, 2);
        var before = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");

        await ann.SayAsync(command);
        var reject = await ann.HearAsync("reject");
        var after = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");

        reject.Word("code").Should().Be("too_large");
        after.Raw("items").Should().Be(before.Raw("items"));
        after.Number("seq").Should().Be(2);
    }

    [Test]
    public async Task More_projects_than_may_be_open_are_unavailable_and_the_open_ones_go_on()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:OpenMax=1");
        await using var ann = await server.JoinAsync();

        var second = await ann.RequestAsync("""{"type":"join","id":"$id","project":"zeus","session":"0123456789abcdef"}""");
        await CreateAsync(ann, 1, 1);
        await ann.HearAsync("create");

        second.Word("code").Should().Be("unavailable");
        second.Number("retryAfterMs").Should().BePositive();
    }

    private static async Task CreateAsync(RawClient client, int from, int to)
    {
        for (var n = from; n <= to; n++)
            await client.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"e{{{n:d2}}}","kind":"card","data":{}}""");
    }

    /// <summary>Checks that snapshot and tail together are the whole state.</summary>
    private static async Task WholeStateAsync(RawClient client, int entities)
    {
        await client.HearAllAsync();
        var parts = client.Transcript.Where(heard => heard.Type == "snapshot").ToList();
        var seq = parts[0].Number("seq");
        parts.Select(part => part.Number("part")).Should().Equal(Enumerable.Range(1, parts.Count).Select(i => (long)i));
        parts.Should().AllSatisfy(part => part.Number("parts").Should().Be(parts.Count));
        client.Transcript.Where(IsEvent).Select(heard => heard.Number("seq")).Should().Equal(
            Enumerable.Range((int)seq + 1, entities - (int)seq).Select(i => (long)i), "the tail begins after the snapshot and has no gap");
        parts.Sum(part => part.List("entities").Count()).Should().Be((int)seq);
    }

    private static bool IsEvent(Heard heard) => heard.Type is "create" or "update" or "delete" or "batch";
}
