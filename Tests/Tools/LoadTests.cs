using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Tests.Support;
using EventOnly.Tools;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>Small loads against a real server: a good one is found good, and one that lies is found out.</summary>
public sealed class LoadTests
{
    private LoadBench _bench = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _bench = await LoadBench.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await _bench.DisposeAsync();

    [Test]
    public async Task All_is_told_once_and_in_order_though_all_lines_break_and_some_read_slowly()
    {
        using var site = _bench.Site(new()
        {
            Clients = 50, Projects = 5, Rate = 300, Ramp = TimeSpan.FromMilliseconds(100), Duration = TimeSpan.FromSeconds(2), Slow = 0.1, ReconnectStorm = true,
            Mix = new(new Dictionary<Act, int> { [Act.Create] = 2, [Act.Update] = 6, [Act.Delete] = 1, [Act.Batch] = 1, [Act.Broadcast] = 1 }),
        });

        var report = await new LoadRun(site).RunAsync(default);

        report.Broken.Should().BeEmpty();
        report.ExitCode.Should().Be(ExitCode.Ok);
        var json = report.Json;
        Number(json, "connections", "opened").Should().Be(100);
        Number(json, "connections", "resumed").Should().Be(50);
        Number(json, "commands", "acknowledged").Should().Be(Number(json, "commands", "sent")).And.BeGreaterThan(400);
        Number(json, "deliveries", "count").Should().Be(Number(json, "commands", "sent") * 10, "each project has ten members, and each of them is told each event");
        Number(json, "deliveries", "toSlow").Should().BePositive();
        Number(json, "verified", "folded").Should().Be(50);
        Number(json, "caughtUpLatency", "count").Should().BePositive("how late that came must show too");
        (Number(json, "commands", "sent") - 5 + Number(json, "broadcasts", "sent") + Number(json, "broadcasts", "skipped")).Should().Be(600, "that is the schedule");
    }

    [TestCase("leaves one out", "lost")]
    [TestCase("tells one twice", "duplicated")]
    [TestCase("changes one", "content")]
    [TestCase("changes one", "hash")]
    public async Task A_server_that_lies_to_one_client_is_found_out(string lie, string promise)
    {
        var lies = 0;
        using var site = _bench.LyingSite(LoadBench.Plan, client => client == 3, Lie);

        var report = await new LoadRun(site).RunAsync(default);

        report.ExitCode.Should().Be(ExitCode.Failed);
        report.Broken.Should().Contain(breach => breach.Promise == promise).And.OnlyContain(breach => breach.Project.EndsWith("-1", StringComparison.Ordinal));
        report.Broken.Should().NotContain(breach => breach.Promise != "content" && breach.Client != 3, "while of two who were told different bytes either may be right");
        string.Join('\n', LoadTable.Lines(report)).Should().Contain($"BROKEN {promise}: client ").And.Contain(" broken.");

        IEnumerable<byte[]> Lie(byte[] message)
        {
            var text = Encoding.UTF8.GetString(message);
            if (!text.Contains("\"increment\":{\"count\":1}", StringComparison.Ordinal) || lies++ != 4)
                return [message];
            return lie switch
            {
                "leaves one out" => [],
                "tells one twice" => [message, message],
                _ => [Encoding.UTF8.GetBytes(text.Replace("{\"count\":1}", "{\"count\":2}", StringComparison.Ordinal))],
            };
        }
    }

    [Test]
    public async Task The_report_is_written_as_JSON_with_the_names_that_are_documented()
    {
        var file = Path.GetTempFileName();
        var (exitCode, output, _) = await RunAsync($"--url {_bench.Uri} --clients 4 --projects 2 --rate 100 --ramp 0s --duration 300ms --quiet --json {file}");

        exitCode.Should().Be(ExitCode.Ok);
        output.Should().Contain("Good: 4 members of 2 projects");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
        File.Delete(file);
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "load.md"));
        NamesIn(json).Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)).Should().BeEmpty();
        json["ackLatency"]!["p999Ms"]!.GetValue<double>().Should().BePositive();
        json["brokenCount"]!.GetValue<long>().Should().Be(0);
    }

    [Test]
    public async Task JSON_without_a_file_is_all_there_is_on_the_output()
    {
        var (exitCode, output, error) = await RunAsync($"--url {_bench.Uri} --clients 2 --projects 1 --rate 50 --ramp 0s --duration 200ms --quiet --json");

        exitCode.Should().Be(ExitCode.Ok);
        JsonNode.Parse(output)!["plan"]!["clients"]!.GetValue<int>().Should().Be(2);
        error.Should().Contain("p99.9 ms");
    }

    [Test]
    public async Task Without_a_server_it_could_not_run()
    {
        var (exitCode, _, error) = await RunAsync("--url ws://127.0.0.1:1/ws --clients 2 --projects 1");

        exitCode.Should().Be(ExitCode.WrongUsage);
        error.Should().Contain("ws://127.0.0.1:1/ws: ");
    }

    [Test]
    public async Task A_line_of_progress_tells_what_happened_since_the_last()
    {
        using var site = _bench.Site(LoadBench.Plan);
        var run = new LoadRun(site);
        var progress = new LoadProgress(site, run, TextWriter.Null, isTerminal: false);

        await run.RunAsync(default);

        progress.Line().Should().Contain("compare").And.MatchRegex("[1-9][0-9,]* deliveries/s").And.Contain("lag 0  errors 0");
        progress.Line().Should().Contain(" 0 deliveries/s  p50    0.00");
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string line)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = await LoadCommand.Make().Parse(line).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }

    private static long Number(JsonObject json, string group, string name) => json[group]![name]!.GetValue<long>();

    private static IEnumerable<string> NamesIn(JsonObject json) => json
        .SelectMany(member => member.Key is "mix" or "ends" or "rejects" || member.Value is not JsonObject inner ? [member.Key] : NamesIn(inner).Prepend(member.Key)).Distinct();
}
