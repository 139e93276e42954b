using EventOnly.Protocol.Text;

namespace EventOnly.Client;

/// <summary>Makes several deltas of one that is more than a message takes, or than a server takes behind others' edits.</summary>
internal static class Dividing
{
    /// <summary>Units that one edit puts in, and parts that it has, at most.</summary>
    public const int InsertedMax = 10_000, PartsMax = 500;

    /// <summary>The same delta as one or several, each about the text after those before it.</summary>
    public static IReadOnlyList<Delta> Divide(Delta delta)
    {
        if (delta.Count <= PartsMax && delta.Inserted <= InsertedMax)
            return [delta];
        var parts = new List<Delta>();
        foreach (var step in Steps(delta))
        {
            if (parts is [.., var last] && last.Inserted + step.Inserted <= InsertedMax && last.Compose(step) is { Count: <= PartsMax } both)
                parts[^1] = both;
            else
                parts.Add(step);
        }
        return parts;
    }

    /// <summary>Single replacements that do the same one after the other, from the left.</summary>
    private static IEnumerable<Delta> Steps(Delta delta)
    {
        var at = 0;
        for (var i = 0; i < delta.Count; i++)
        {
            var part = delta[i];
            if (part.Kind == DeltaKind.Retain)
            {
                at += part.Length;
            }
            else if (part.Kind == DeltaKind.Delete)
            {
                yield return Delta.Replace(at, part.Length, "");
            }
            else
            {
                var inserted = part.Inserted.ToString();
                for (var start = 0; start < inserted.Length;)
                {
                    var end = Math.Min(start + InsertedMax, inserted.Length);
                    if (end < inserted.Length && char.IsHighSurrogate(inserted[end - 1]))
                        end--;
                    yield return Delta.Replace(at, 0, inserted[start..end]);
                    (at, start) = (at + end - start, end);
                }
            }
        }
    }
}
