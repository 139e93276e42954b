using EventOnly.Protocol.Wire;
using EventOnly.Server;
using EventOnly.Tests.Support;
using EventOnly.Tools.Replay;
using Microsoft.AspNetCore.Builder;

namespace EventOnly.Tests.Tools;

/// <summary>How scripts are read and played, against a real server on a real port. Those of Tests/scripts: <see cref="ConformanceTests"/>.</summary>
public sealed class ReplayTests
{
    private WebApplication _server = null!;
    private Uri _uri = null!;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _server = ServerApplication.Build(["--port", "0", "--durability", "memory", "--log", "Warning"]);
        await _server.StartAsync();
        _uri = new UriBuilder(_server.Urls.First()) { Scheme = "ws", Path = "/ws" }.Uri;
    }

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task The_example_of_the_documentation_holds()
    {
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "scripts.md"));
        var example = page.Split("```jsonl\n")[1].Split("\n```")[0].Split('\n');

        var verdict = await ScriptRunner.RunAsync(Script.Parse("example", example), _uri);

        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public async Task A_wrong_expectation_fails_with_its_line_and_what_the_client_saw()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{"user":"Ann"}}""",
            """{"note":"Two more lines."}""",
            """{"as":"A","do":"create","entity":"c1","kind":"card","data":{}}""",
            """{"as":"A","within":100,"expect":{"event":"create","entity":"c2"}}""");

        verdict.Failure!.Line.Number.Should().Be(4);
        verdict.ToString().Should().Contain("line 4").And.Contain("""-> {"type":"create",""").And.Contain("""<- {"type":"create",""");
    }

    [Test]
    public async Task An_entity_that_is_not_as_expected_is_shown_as_it_is()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{}}""",
            """{"as":"A","do":"create","entity":"c1","kind":"card","data":{"votes":1}}""",
            """{"as":"A","within":100,"expect":{"entity":"c1","data":{"votes":2}}}""");

        verdict.Failure!.Reason.Should().Contain("\"votes\":1");
    }

    [Test]
    public async Task An_entity_that_is_expected_must_be_there()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{}}""",
            """{"as":"A","expect":{"entity":"c1","gone":true}}""",
            """{"as":"A","within":100,"expect":{"entity":"c1"}}""");

        verdict.Failure!.Line.Number.Should().Be(3);
    }

    [Test]
    public async Task A_server_that_is_not_ours_cannot_be_restarted()
    {
        var verdict = await PlayAsync("""{"as":"A","connect":{}}""", """{"all":true,"restart":true}""");

        verdict.Failure!.Line.Number.Should().Be(2);
        verdict.Failure.Reason.Should().Contain("not ours");
    }

    [Test]
    public async Task Who_has_disconnected_is_somebody_else_when_it_comes_back()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{"user":"Ann"}}""",
            """{"as":"A","do":"create","entity":"c1","kind":"card","data":{}}""",
            """{"as":"A","disconnect":true}""",
            """{"as":"A","connect":{"user":"Ann"}}""",
            """{"as":"A","resend":true}""");

        verdict.Failure!.Reason.Should().Contain("no command", "the other one has said it");
    }

    [Test]
    public async Task A_refusal_nobody_expects_fails_the_script()
    {
        var verdict = await PlayAsync("""{"as":"A","connect":{}}""", """{"as":"A","do":"delete","entity":"c1"}""");

        verdict.Failure!.Reason.Should().Contain("not_found");
    }

    [Test]
    public async Task What_is_expected_again_must_come_again()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{}}""",
            """{"as":"A","do":"create","entity":"c1","kind":"card","data":{}}""",
            """{"as":"A","expect":{"event":"create"}}""",
            """{"as":"A","within":100,"expect":{"event":"create"}}""");

        verdict.Failure!.Line.Number.Should().Be(4);
    }

    [TestCase("""{"as":"A"}""", "Nothing happens")]
    [TestCase("""{"as":"A","do":"dance"}""", "cannot be done")]
    [TestCase("""{"as":"A","do":"update","entity":"c1"}""", "exactly one of")]
    [TestCase("""{"as":"A","do":"delete","entity":"c1","cut":"abort"}""", "one thing")]
    [TestCase("""{"as":"A","expect":{"color":"red"}}""", "An expectation is of one of")]
    [TestCase("""{"as":"A","expect":{"event":"vote"}}""", "An event is one of")]
    [TestCase("""{"do":"delete","entity":"c1"}""", "either 'as'")]
    [TestCase("""{"as":"A","heal":true,"within":"soon"}""", "whole milliseconds")]
    [TestCase("not JSON", "line 2")]
    public void A_line_that_is_none_is_told_with_its_number(string line, string told)
    {
        var reading = () => Script.Parse("wrong", ["""{"note":"fine"}""", line]);

        reading.Should().Throw<ScriptException>().Which.Message.Should().Contain(told).And.Contain("line 2");
    }

    [Test]
    public void A_difference_of_states_names_the_entities()
    {
        var left = EventOnly.Protocol.State.ProjectState.FromSnapshot(3, [Said.Card("a", "{}"), Said.Card("b", """{"votes":1}""")]);
        var right = EventOnly.Protocol.State.ProjectState.FromSnapshot(4, [Said.Card("a", "{}"), Said.Card("b", """{"votes":2}"""), Said.Card("c", "{}")]);

        StateDifference.Between("A", left, "the server", right).Should().Equal(
            "A stands at 3, the server at 4",
            """b: A has card b v1 {"votes":1}, the server has card b v1 {"votes":2}""",
            "c: A has nothing, the server has card c v1 {}");
    }

    [TestCase("Card Vanished")]
    [TestCase("..")]
    [TestCase("a..b")]
    [TestCase("Ünder/50 %")]
    [TestCase("a-name-of-a-script-that-is-longer-than-any-name-of-a-project-may-ever-be")]
    public async Task A_script_may_have_any_name(string name)
    {
        var verdict = await ScriptRunner.RunAsync(Script.Parse(name, ["""{"as":"A","connect":{}}"""]), _uri);

        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public void Other_names_are_other_projects_and_the_same_is_the_same()
    {
        var projects = new ProjectNames("0123abcd");
        string[] names = ["apollo", "Apollo", "APOLLO", new('a', 64), new('a', 65), "a..b", "a-b", "", "..", "_"];

        var ids = names.Select(projects.IdOf).ToArray();

        ids.Should().OnlyHaveUniqueItems().And.OnlyContain(id => Names.IsProjectId(id)).And.OnlyContain(id => id.EndsWith("-0123abcd"));
        ids[0].Should().Be("apollo-0123abcd");
        names.Select(projects.IdOf).Should().Equal(ids);
    }

    [TestCase("Foo Bar", 1)]
    [TestCase("apollo", 0)]
    public void A_project_that_cannot_be_is_wrong_usage(string project, int errors)
    {
        var file = Repository.PathOf("Tests", "scripts", "abc.jsonl");

        ReplayCommand.Make().Parse([file, "--project", project]).Errors.Should().HaveCount(errors);
    }

    [Test]
    public async Task A_comparison_that_never_comes_is_a_failure_like_others([Values] bool isGone)
    {
        await using var proxy = new FaultProxy(_uri.Port);
        var options = new RunnerOptions
        {
            StepTimeout = TimeSpan.FromMilliseconds(100), OnLine = line =>
            {
                if (line.Number == 2 && isGone)
                    proxy.Cut();
                else if (line.Number == 2)
                    proxy.Freeze();
            },
        };
        var script = Script.Parse("late", [
            """{"as":"A","within":20000,"connect":{}}""",
            """{"as":"A","within":20000,"expect":{"state":"STATE"}}""".Replace("STATE", isGone ? "reconnecting" : "connected", StringComparison.Ordinal),
            """{"all":true,"converged":true}""",
        ]);

        var verdict = await ScriptRunner.RunAsync(script, ThroughProxy(proxy), options);

        verdict.Failure!.Line.Number.Should().Be(3);
        verdict.Failure.Reason.Should().StartWith("Not within");
    }

    [Test]
    public async Task A_comparison_may_take_as_long_as_its_line_says()
    {
        await using var proxy = new FaultProxy(_uri.Port);
        using var later = new CancellationTokenSource();
        await using var healing = later.Token.Register(proxy.Heal);
        var options = new RunnerOptions
        {
            StepTimeout = TimeSpan.FromMilliseconds(50), OnLine = line =>
            {
                if (line.Action is not ScriptAction.Converge)
                    return;
                proxy.Freeze();
                later.CancelAfter(TimeSpan.FromMilliseconds(300));
            },
        };
        var script = Script.Parse("slow", ["""{"as":"A","within":20000,"connect":{}}""", """{"all":true,"converged":true,"within":20000}"""]);

        var verdict = await ScriptRunner.RunAsync(script, ThroughProxy(proxy), options);

        verdict.Passed.Should().BeTrue(verdict.ToString());
    }

    [Test]
    public async Task What_users_wrote_moves_no_cursor_where_a_failure_shows_it()
    {
        var verdict = await PlayAsync(
            """{"as":"A","connect":{}}""",
            "{\"as\":\"A\",\"do\":\"create\",\"entity\":\"c1\",\"kind\":\"card\",\"data\":{\"title\":\"\u009b2J\u202e\"}}",
            "{\"as\":\"A\",\"within\":100,\"expect\":{\"event\":\"create\",\"entity\":\"c1\",\"data\":{\"title\":\"\u009b1m\"}}}");

        verdict.ToString().Should().Contain("\\u009b2J\\u202e").And.Contain("\\u009b1m").And.NotContain("\u009b").And.NotContain("\u202e");
        (verdict with { Script = "\u009b", Failure = null }).ToString().Should().NotContain("\u009b");
        FluentActions.Invoking(() => Script.Parse("x", ["{\u009b"])).Should().Throw<ScriptException>().Which.Message.Should().NotContain("\u009b");
    }

    [Test]
    public async Task A_server_can_be_started_and_goes_with_its_owner()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Verdict verdict;
        Uri uri;
        await using (var server = await ServerProcess.StartAsync(new FileInfo(typeof(ServerApplication).Assembly.Location), deadline.Token))
        {
            uri = server.Uri;
            verdict = await ScriptRunner.RunAsync(Script.Parse("own", ["""{"as":"A","connect":{}}""", """{"all":true,"converged":true}"""]), uri);
        }

        verdict.Passed.Should().BeTrue(verdict.ToString());
        var afterwards = () => EventOnly.Client.EventOnlyConnection.ConnectAsync(uri, ct: deadline.Token);
        await afterwards.Should().ThrowAsync<System.Net.WebSockets.WebSocketException>();
    }

    private static Uri ThroughProxy(FaultProxy proxy) => new($"ws://127.0.0.1:{proxy.Port}/ws");

    private Task<Verdict> PlayAsync(params string[] lines) =>
        ScriptRunner.RunAsync(Script.Parse("wrong", lines), _uri);
}
