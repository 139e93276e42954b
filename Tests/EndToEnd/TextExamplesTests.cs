using System.Text.RegularExpressions;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The examples of docs/text.md, against a real server: the JavaScript ones as they stand there, the C# one as it stands here, which is compared.</summary>
public sealed partial class TextExamplesTests
{
    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blank();

    [Test]
    [Category("Node")]
    public async Task The_JavaScript_examples_of_the_page_run()
    {
        await using var server = await LiveServer.StartAsync();

        var said = await Programs.RunNodeAsync($"import {{ runExamples }} from './doc-examples.js'; await runExamples('{server.Uri}', 'text.md');");

        said.Should().Contain("Get milk and eggs false").And.NotContain("keep this").And.NotContain("conflict").And.Contain("3 examples");
    }

    [Test]
    public void The_CSharp_example_of_the_page_stands_here()
    {
        var here = Blank().Replace(File.ReadAllText(Repository.PathOf("Tests", "EndToEnd", "TextExamplesTests.cs")), " ");

        var example = CSharpBlock().Matches(File.ReadAllText(Repository.PathOf("docs", "text.md"))).Should().ContainSingle().Which.Groups["code"].Value.Trim();

        here.Should().Contain(Blank().Replace(example, " "));
    }

    [Test]
    public async Task The_CSharp_example_runs()
    {
        await using var server = await LiveServer.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var client = await EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "demo" }, deadline.Token);

        await Write(client, deadline.Token);

        client.OpenText("plan", "notes").Value.Should().Be("Buy milk and eggs");
    }

    private static async Task Write(EventOnlyClient client, CancellationToken ct)
    {
        await client.CreateAsync("card", JsonFields.Parse("""{"title":"Plan","notes":{"$text":"Buy milk"}}"""u8), "plan", ct);
        using var text = client.OpenText("plan", "notes");
        using var changes = text.ChangesAsync(); // what changes it, ours as well, from here on
        using var refused = client.RefusedTextsAsync(); // what could not stay, of all texts
        await text.InsertAsync(8, " and eggs", ct); // in Value at once, also without a line; completes when it is in the journal
        await text.ReplaceAsync(0, 3, "Get", ct);
        Console.WriteLine($"{text.Value} {text.PendingCount}"); // Get milk and eggs 0
        await text.UndoAsync(ct);
    }
}
