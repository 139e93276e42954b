using System.Text.Json;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench.Texts;

/// <summary>A program for node that is given edits and says what it has measured, as one JSON object.</summary>
internal static class ScriptRun
{
    /// <exception cref="IOException">It cannot be run, or fails.</exception>
    public static JsonElement Measure(BenchRun run, string script, Typing typing)
    {
        var input = Path.Combine(run.NewFolder(), "edits.json");
        File.WriteAllBytes(input, typing.ToJson());
        var said = PeerServers.Run("node", script, input) ?? throw new IOException($"node {Path.GetFileName(script)} cannot be run, or fails");
        return JsonElement.Parse(said);
    }
}
