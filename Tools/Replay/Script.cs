using System.Text;
using System.Text.Json;

namespace EventOnly.Tools.Replay;

/// <summary>A script that has been read: the grammar is docs/scripts.md.</summary>
/// <param name="Name">For people, and for the name of the project.</param>
internal sealed record Script(string Name, IReadOnlyList<ScriptLine> Lines)
{
    /// <exception cref="ScriptException">A line is not one of the grammar.</exception>
    public static async Task<Script> LoadAsync(FileInfo file, CancellationToken ct = default) =>
        Parse(Path.GetFileNameWithoutExtension(file.Name), await File.ReadAllLinesAsync(file.FullName, Encoding.UTF8, ct));

    public static Script Parse(string name, IReadOnlyList<string> text)
    {
        var lines = new List<ScriptLine>();
        for (var i = 0; i < text.Count; i++)
        {
            if (text[i].AsSpan().Trim().IsEmpty)
                continue;
            try
            {
                if (ScriptLine.Parse(i + 1, text[i]) is { } line)
                    lines.Add(line);
            }
            catch (Exception wrong) when (wrong is JsonException or ScriptException)
            {
                throw new ScriptException($"{name}, line {i + 1}: {wrong.Message}\n  {text[i]}");
            }
        }
        return new(name, lines);
    }
}

/// <summary>The script is none; the message names the line and says why.</summary>
internal sealed class ScriptException(string message) : Exception(message);
