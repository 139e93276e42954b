using System.Diagnostics;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The bots of examples/, as their first lines say to run them, against a real server.</summary>
public sealed class BotTests
{
    private const int LinesMax = 20;

    private static string[] Node(params string[] before) => ["node", .. before, Repository.PathOf("examples", "bot.mjs")];

    private static IEnumerable<TestCaseData> Bots()
    {
        yield return new TestCaseData((object)new[] { "dotnet", Path.Combine(AppContext.BaseDirectory, "EventOnly.Bot.dll") }).SetArgDisplayNames("C#");
        yield return new TestCaseData((object)Node("--import", Repository.PathOf("Tests", "Web", "support", "with-ws.js"))).SetArgDisplayNames("Node with ws").SetCategory("Node");
        yield return new TestCaseData((object)Node("--experimental-websocket")).SetArgDisplayNames("Node's own WebSocket").SetCategory("Node");
    }

    [TestCaseSource(nameof(Bots))]
    public async Task A_bot_votes_for_what_somebody_makes(string[] program)
    {
        if (program.Contains("--experimental-websocket") && !await HasOwnWebSocketAsync())
            Assert.Ignore("This Node has no WebSocket of its own.");
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
