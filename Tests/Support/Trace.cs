using System.IO.Compression;
using System.Text.Json;
using EventOnly.Protocol.Text;

namespace EventOnly.Tests.Support;

/// <summary>
/// Recorded sessions of people who write. They are not part of this project (github.com/josephg/editing-traces, CC BY 4.0): the environment variable
/// EVENTONLY_TRACES names the folder that has them.
/// </summary>
internal static class Trace
{
    /// <summary>The lines of a file that is packed with gzip. The test counts as skipped where no folder is named, also where everything must run: the files are not for everyone to have.</summary>
    public static IEnumerable<JsonElement> Lines(string file)
    {
        if (Environment.GetEnvironmentVariable("EVENTONLY_TRACES") is not { Length: > 0 } folder)
            Assert.Ignore("EVENTONLY_TRACES names no folder with recorded sessions.");
        else
            return Read(Path.Combine(folder, file));
        return [];
    }

    /// <summary>One change of <c>[[position, deleted, "inserted"], …]</c>, which stand one after the other.</summary>
    public static Delta ToDelta(JsonElement patches)
    {
        var delta = Delta.Empty;
        foreach (var patch in patches.EnumerateArray())
            delta = delta.Compose(Delta.Replace(patch[0].GetInt32(), patch[1].GetInt32(), patch[2].GetString()!));
        return delta;
    }

    private static IEnumerable<JsonElement> Read(string path)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line)
            yield return JsonDocument.Parse(line).RootElement;
    }
}
