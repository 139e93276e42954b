using System.Diagnostics;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The bots of examples/, as their first lines say to run them, against a real server.</summary>
public sealed class BotTests
{
    private const int LinesMax = 20;

    /// <summary>Node 22, the first that has a WebSocket without being asked for it; among the packages of the scripts' tests.</summary>
    private static readonly string s_node22 = Repository.PathOf("Tests", "Web", "node_modules", "node", "bin", "node");

    private static string[] Node(params string[] before) => ["node", .. before, Repository.PathOf("examples", "bot.mjs")];

    private static IEnumerable<TestCaseData> Bots()
    {
        yield return new TestCaseData((object)new[] { "dotnet", Path.Combine(AppContext.BaseDirectory, "EventOnly.Bot.dll") }).SetArgDisplayNames("C#");
        yield return new TestCaseData((object)Node("--import", Repository.PathOf("Tests", "Web", "support", "with-ws.js"))).SetArgDisplayNames("Node with ws").SetCategory("Node");
        yield return new TestCaseData((object)Node("--experimental-websocket")).SetArgDisplayNames("Node's own WebSocket").SetCategory("Node");
        yield return new TestCaseData((object)new[] { s_node22, Repository.PathOf("examples", "bot.mjs") }).SetArgDisplayNames("Node 22").SetCategory("Node");
    }

    [TestCaseSource(nameof(Bots))]
    public async Task A_bot_votes_for_what_somebody_makes(string[] program)
    {
        if (program.Contains("--experimental-websocket") && !await HasOwnWebSocketAsync())
            Assert.Ignore("This Node has no WebSocket of its own.");
        if (program[0] == s_node22 && !File.Exists(s_node22))
            Lacking.Skip("Node 22 is missing; `npm install` in Tests/Web brings it.");
        await VoteAsync(program);
    }

    /// <summary>What nobody seems to call is cut away, as for a small program or a native one: nothing may be looked up by its name.</summary>
    [Test]
    public async Task A_trimmed_bot_votes_as_well()
    {
        var folder = Directory.CreateTempSubdirectory("eventonly-").FullName;
        try
        {
            using var publish = Process.Start(new ProcessStartInfo("dotnet", [
                "publish", Repository.PathOf("examples", "Bot"), "-c", "Release", "--use-current-runtime", "--self-contained", "-p:PublishTrimmed=true",
                "--artifacts-path", Path.Combine(folder, "made"), "-o", folder, "-v", "q", "--nologo", "-nowarn:NU1603",
            ])
            { RedirectStandardOutput = true, UseShellExecute = false })!;
            var said = await publish.StandardOutput.ReadToEndAsync();
            await publish.WaitForExitAsync();
            publish.ExitCode.Should().Be(0, said);
            said.Should().NotContain("warning IL");

            await VoteAsync([Path.Combine(folder, "EventOnly.Bot")]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task VoteAsync(string[] program)
    {
        await using var server = await LiveServer.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var ann = await EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "bots", UserName = "Ann" }, deadline.Token);
        using var bot = Process.Start(new ProcessStartInfo(program[0], [.. program[1..], server.Uri.ToString(), "bots"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            (await bot.StandardOutput.ReadLineAsync(deadline.Token)).Should().Be("ready");

            var made = await ann.CreateAsync("card", JsonFields.Empty, "card-1", deadline.Token);
            (await bot.StandardOutput.ReadLineAsync(deadline.Token)).Should().Be("Ann made card-1");

            await ann.WaitForSeqAsync(made.Seq + 1, deadline.Token);
            ann.Store.Get("card-1")!.Data["votes"]!.Value.AsInteger().Should().Be(1);
        }
        finally
        {
            bot.Kill();
            await bot.WaitForExitAsync(CancellationToken.None);
        }
    }

    [TestCase("examples/bot.mjs")]
    [TestCase("examples/Bot/Program.cs")]
    public void A_bot_is_short(string path) =>
        File.ReadLines(Repository.PathOf(path.Split('/'))).Count().Should().BeLessThan(LinesMax);

    private static async Task<bool> HasOwnWebSocketAsync()
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["--experimental-websocket", "-e", ""]) { RedirectStandardError = true, UseShellExecute = false })!;
        await node.WaitForExitAsync();
        return node.ExitCode == 0;
    }
}
