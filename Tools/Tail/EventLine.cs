using System.Globalization;
using System.Text;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Tail;

/// <summary>An event as one line for people, or as the line of JSON that it is.</summary>
internal static class EventLine
{
    private const int ContentMax = 200;

    /// <param name="isColoured">For a terminal that shows colours.</param>
    public static string ForPeople(ProjectEvent happened, bool isColoured)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(happened.AtMs).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var what = happened.IsBatch
            ? $"batch of {happened.Changes.Length}: {string.Join("; ", happened.Changes.Select(What))}"
            : What(happened.Changes[0]);
        what = Harmless(what.Length > ContentMax ? what[..ContentMax] + "…" : what);
        return $"{Paint(at, "2")}  {Paint($"{happened.Seq,6}", "36")}  {Paint(Harmless(happened.By), "33")}  {what}";

        string Paint(string text, string colour) => isColoured ? $"\e[{colour}m{text}\e[0m" : text;
    }

    /// <summary>The event as it stands on the wire and in the journal.</summary>
    /// <param name="forTerminal">Whether to write as escapes what a terminal might obey.</param>
    public static string Json(string project, ProjectEvent happened, bool forTerminal)
    {
        var output = new Utf8Buffer();
        WireCodec.Encode(output, project, happened);
        var json = Encoding.UTF8.GetString(output.Written);
        return forTerminal ? Harmless(json) : json;
    }

    private static string What(Change change) => change switch
    {
        Change.Created c => $"create {c.Kind} {c.Entity} {c.Data}",
        Change.Patched c => $"update {c.Entity} {c.Patch}",
        Change.Edited c => $"update {c.Entity} {c.Field} {c.Delta}",
        Change.Incremented c => $"update {c.Entity} {string.Join(", ", c.Deltas.Select(delta => string.Create(CultureInfo.InvariantCulture, $"{delta.Field} {delta.Delta:+0;-0;+0}")))}",
        _ => $"delete {change.Entity}",
    };

    /// <summary>
    /// What is written by users reaches a terminal as text only: control characters could move the cursor or rename the window, and format
    /// characters could turn a line around. Written as JSON's own escapes.
    /// </summary>
    internal static string Harmless(string text)
    {
        var made = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var isHarmless = char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            if (isHarmless)
                made.Append(c);
            else
                made.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return made.ToString();
    }
}
