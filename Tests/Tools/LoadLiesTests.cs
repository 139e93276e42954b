using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EventOnly.Tests.Support;
using EventOnly.Tools;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>What a server says that is not so: none of it ends well.</summary>
public sealed partial class LoadLiesTests
{
    private LoadBench _bench = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _bench = await LoadBench.StartAsync();

    [OneTimeTearDown]
    public async Task StopServer() => await _bench.DisposeAsync();

    [Test]
    public Task An_event_of_a_project_nobody_joined_is_found() =>
        IsFoundAsync("protocol", "a Happened of project elsewhere", text => IsEvent(text, 10) ? [text, Elsewhere(text)] : [text]);

    [Test]
    public Task A_broadcast_of_a_project_nobody_joined_is_found() =>
        IsFoundAsync("protocol", "a Broadcast of project elsewhere", text => text.Contains("\"type\":\"broadcast\"", StringComparison.Ordinal) ? [text, Elsewhere(text)] : [text]);

    [Test]
    public Task A_snapshot_of_a_project_nobody_joined_is_found() =>
        IsFoundAsync("protocol", "a Snapshot of project elsewhere", text => IsSnapshot(text) ? [text, Elsewhere(text)] : [text]);

    [Test]
    public Task An_event_of_a_session_nobody_has_is_found() =>
        IsFoundAsync("protocol", "an event of session stranger", text => IsEvent(text, 10) ? [Session().Replace(text, "\"session\":\"stranger\"")] : [text]);

    [Test]
    public Task An_event_of_a_command_that_was_never_sent_is_found() =>
        IsFoundAsync("protocol", "an event of command 99999 of", text => IsEvent(text, 10) ? [Number().Replace(text, "\"n\":99999")] : [text]);

    [Test]
    public Task An_event_that_cannot_be_understood_is_found_though_nobody_folds_it() =>
        IsFoundAsync("protocol", "an event cannot be understood", text => IsEvent(text, 10) ? [text[..^5]] : [text]);

    [Test]
    public Task An_event_that_says_to_all_what_its_author_did_not_say_is_found() =>
        IsFoundAsync("content", "says other than command", text => [text.Replace("{\"count\":1}", "{\"count\":2}", StringComparison.Ordinal)]);

    [Test]
    public Task A_snapshot_without_its_first_part_is_found_though_nobody_folds_it() =>
        IsFoundAsync("protocol", "part 2 of 2 of a snapshot came after none", text => [IsSnapshot(text) ? text.Replace("\"part\":1,\"parts\":1", "\"part\":2,\"parts\":2", StringComparison.Ordinal) : text]);

    [TestCase("internal")]
    [TestCase("rebase")]
    public Task A_command_that_is_refused_for_a_reason_nobody_gave_is_found(string code) =>
        IsFoundAsync("refused", $": {code}: ", text => HasNumber(text) && !IsEvent(text, 1) ? [Reject(text, code), text] : [text]);

    [TestCase("-5")]
    [TestCase("0")]
    [TestCase("4000000000000")]
    [TestCase("9007199254740991")]
    public Task An_event_where_none_can_be_takes_neither_memory_nor_the_client(string seq) =>
        IsFoundAsync("protocol", "no such seq can be", text => IsEvent(text, 10) ? [text, Seq().Replace(text, $"\"seq\":{seq}", 1)] : [text]);

    [Test]
    public Task An_answer_to_a_command_that_was_never_sent_is_found() =>
        IsFoundAsync("protocol", "an answer to command 99999", text => IsEvent(text, 10)
            ? [text, $$"""{"type":"ack","project":"{{ProjectOf(text)}}","n":99999,"seq":3}"""] : [text]);

    /// <param name="lie">What every member is told instead of one message.</param>
    private async Task IsFoundAsync(string promise, string detail, Func<string, string[]> lie)
    {
        var plan = LoadBench.Plan with { Clients = 6, Ramp = TimeSpan.Zero, Duration = TimeSpan.FromMilliseconds(400), Settle = TimeSpan.FromSeconds(1), Fold = 0 };
        using var site = _bench.LyingSite(plan, _ => true, Lie);

        var report = await new LoadRun(site).RunAsync(default).WaitAsync(TimeSpan.FromSeconds(60));

        report.ExitCode.Should().Be(ExitCode.Failed);
        report.Broken.Should().Contain(breach => breach.Promise == promise && breach.Detail.Contains(detail, StringComparison.Ordinal));
        report.Broken.Should().NotContain(breach => breach.Detail.Contains("this client failed", StringComparison.Ordinal));

        IEnumerable<byte[]> Lie(byte[] message) => lie(Encoding.UTF8.GetString(message)).Select(Encoding.UTF8.GetBytes);
    }

    private static bool IsEvent(string text, int seq) =>
        text.Contains("\"session\":", StringComparison.Ordinal) && text.Contains(string.Create(CultureInfo.InvariantCulture, $"\"seq\":{seq},"), StringComparison.Ordinal);

    private static bool HasNumber(string text) => text.Contains("\"session\":", StringComparison.Ordinal) && Number().IsMatch(text);

    private static bool IsSnapshot(string text) => text.StartsWith("{\"type\":\"snapshot\"", StringComparison.Ordinal);

    private static string Elsewhere(string text) => Project().Replace(text, "\"project\":\"elsewhere\"");

    private static string ProjectOf(string text) => Project().Match(text).Groups[1].Value;

    private static string Reject(string text, string code) =>
        $$"""{"type":"reject","project":"{{ProjectOf(text)}}",{{Number().Match(text).Value}},"code":"{{code}}","retryable":true,"message":"no"}""";

    [GeneratedRegex("\"project\":\"([^\"]*)\"")]
    private static partial Regex Project();

    [GeneratedRegex("\"session\":\"[^\"]*\"")]
    private static partial Regex Session();

    [GeneratedRegex("\"n\":[0-9]+")]
    private static partial Regex Number();

    [GeneratedRegex("\"seq\":[0-9]+")]
    private static partial Regex Seq();
}
