using System.Text.Json.Nodes;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>What becomes of texts that are edited here and by others, step by step: the JavaScript client's tests read the same scripts.</summary>
public sealed class TextScriptTests
{
    // Edits behind a command of ours that can do nothing any more go on waiting here, until that is refused: only then they are handed back.
    private static readonly string[] s_later =
        ["Somebody else has made the entity that we are about to make: what we wrote in it is handed over", "The entity goes in which we are about to begin a text"];

    // A C# client keeps nothing beyond its life, so what a page does that was loaded again is not for it.
    private static IEnumerable<TestCaseData> Scripts => ClientVectors.Named("text-client.json")
        .Where(script => ((JsonNode)script.Arguments[0]!)["steps"]!.AsArray().All(step => Word(step!) != "reload"))
        .Where(script => !s_later.Contains(((JsonNode)script.Arguments[0]!)["name"]!.GetValue<string>()));

    [TestCaseSource(nameof(Scripts))]
    public void Both_clients_do_the_same(JsonNode script)
    {
        var text = new TextScript();
        foreach (var (step, i) in script["steps"]!.AsArray().Select((step, i) => (step!, i)))
        {
            var outcome = text.Play(step["step"]!);
            foreach (var part in new[] { "view", "pending", "frames" })
                Lines(outcome[part]!).Should().Be(Lines(step["expect"]![part]!), $"step {i + 1}, {Word(step)}: {part}");
            Effects(outcome).Should().BeEquivalentTo(Effects(step["expect"]!), $"step {i + 1}, {Word(step)}");
        }
    }

    private static string Word(JsonNode step) => step["step"]!["do"]!.GetValue<string>();

    private static string Lines(JsonNode node) => node.ToJsonString();

    private static string[] Effects(JsonNode outcome) => [.. outcome["effects"]!.AsArray().Select(effect => effect!.ToJsonString())];
}
