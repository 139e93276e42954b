namespace EventOnly.Tests.Support;

/// <summary>The example frames of docs/wire.md: what the page shows is what the code reads and writes.</summary>
internal static class GoldenFrames
{
    public static IEnumerable<string> Client => Blocks("client");

    public static IEnumerable<string> Server => Blocks("server");

    private static IEnumerable<string> Blocks(string side)
    {
        var lines = File.ReadAllLines(Repository.PathOf("docs", "wire.md"));
        for (var i = 0; i < lines.Length - 1; i++)
        {
            if (lines[i] == "```json " + side)
                yield return lines[i + 1];
        }
    }
}
