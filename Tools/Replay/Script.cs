using System.Text;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Tools.Record;
using EventOnly.Tools.Tail;

namespace EventOnly.Tools.Replay;

/// <summary>A script that has been read: the grammar is docs/scripts.md.</summary>
/// <param name="Name">For people, and for the name of the project.</param>
internal sealed record Script(string Name, IReadOnlyList<ScriptLine> Lines)
{
    /// <summary>The scripts in files. Segments of a journal that follow each other are one script.</summary>
    /// <exception cref="ScriptException">A line is not one of the grammar.</exception>
    public static async Task<IReadOnlyList<Script>> LoadAsync(IEnumerable<FileInfo> files, Action<string> leftOut, CancellationToken ct = default)
    {
        var scripts = new List<Script>();
        var segments = new List<FileInfo>();
        foreach (var file in files)
        {
            var head = await SegmentFiles.HeadAsync(file, ct);
            if (segments.Count > 0 && head is not { After: > 0 })
                await EndSegmentsAsync();
            if (head is not null)
                segments.Add(file);
            else
                scripts.Add(await LoadAsync(file, ct));
        }
        if (segments.Count > 0)
            await EndSegmentsAsync();
        return scripts;

        async Task EndSegmentsAsync()
        {
            scripts.Add(await OfSegmentsAsync(segments, leftOut, ct));
            segments.Clear();
        }
    }

    /// <summary>A journal is its own script: what its events came from is said again.</summary>
    private static async Task<Script> OfSegmentsAsync(List<FileInfo> segments, Action<string> leftOut, CancellationToken ct)
    {
        var head = (await SegmentFiles.HeadAsync(segments[0], ct))!;
        if (head.After > 0)
            throw new ScriptException($"{segments[0].Name} begins after event {head.After}. Give the segments before it too, or use ./run.sh record.");
        try
        {
            var recorder = new Recorder(head.Project, new(users: false, texts: false));
            List<string> lines = [.. recorder.Begin(ProjectState.Empty)];
            await foreach (var happened in SegmentFiles.ReadAsync(segments, leftOut, ct))
                lines.AddRange(recorder.Take(happened));
            lines.Add(recorder.End());
            return Parse(head.Project, lines);
        }
        catch (RecordException wrong)
        {
            throw new ScriptException(wrong.Message);
        }
    }

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
                throw new ScriptException($"{name}, line {i + 1}: {wrong.Message}\n  {EventLine.Harmless(text[i])}");
            }
        }
        return new(name, lines);
    }
}

/// <summary>The script is none; the message names the line and says why.</summary>
internal sealed class ScriptException(string message) : Exception(message);
