using System.Text;
using EventOnly.Protocol.Text;

namespace EventOnly.Tests.Support;

/// <summary>Random texts, well-formed, and random changes of them, in normal form without the help of the code that makes it.</summary>
internal static class AnyText
{
    /// <summary>U+1F600 and U+1F601 share their high half, so a careless change can make one of the other.</summary>
    private static readonly string[] s_signs = ["a", "a", "b", "漢", "\n", "\"", "\U0001F600", "\U0001F601", "\U0001D11E"];

    public static string Of(Random chance, int signsMax) =>
        string.Concat(Enumerable.Range(0, chance.Next(signsMax + 1)).Select(_ => s_signs[chance.Next(s_signs.Length)]));

    public static Delta Change(Random chance, string text)
    {
        var (rest, json) = (new Queue<Rune>(text.EnumerateRunes()), new List<string>());
        while (chance.Next(4) > 0)
        {
            var retained = Take(rest, chance.Next(4));
            if (retained == 0 && json.Count > 0)
                break; // the part before stands directly before this place
            var inserted = Of(chance, 3);
            var deleted = chance.Next(2) == 0 ? Take(rest, chance.Next(1, 4)) : 0;
            if (inserted.Length == 0 && deleted == 0)
                break;
            if (retained > 0)
                json.Add($$"""{"retain":{{retained}}}""");
            if (inserted.Length > 0)
                json.Add($$"""{"insert":{{System.Text.Json.JsonSerializer.Serialize(inserted)}}}""");
            if (deleted > 0)
                json.Add($$"""{"delete":{{deleted}}}""");
        }
        return Delta.Parse($"[{string.Join(',', json)}]");
    }

    /// <summary>What a change does, by the simplest means.</summary>
    public static string Changed(string text, Delta delta)
    {
        var (changed, at) = (new StringBuilder(), 0);
        for (var i = 0; i < delta.Count; i++)
        {
            var part = delta[i];
            if (part.Kind == DeltaKind.Retain)
                changed.Append(text, at, part.Length);
            changed.Append(part.Inserted);
            at += part.Kind == DeltaKind.Insert ? 0 : part.Length;
        }
        return changed.Append(text.AsSpan(at)).ToString();
    }

    /// <summary>What is said of the normal form, without the code that makes it.</summary>
    public static bool IsNormal(Delta delta)
    {
        for (var i = 0; i < delta.Count; i++)
        {
            if (delta[i].Length < 1 || (delta[i].Kind == DeltaKind.Retain && i == delta.Count - 1))
                return false;
            if (i > 0 && (delta[i].Kind == delta[i - 1].Kind || (delta[i].Kind, delta[i - 1].Kind) == (DeltaKind.Insert, DeltaKind.Delete)))
                return false;
        }
        return true;
    }

    private static int Take(Queue<Rune> rest, int signs)
    {
        var units = 0;
        for (; signs > 0 && rest.TryDequeue(out var sign); signs--)
            units += sign.Utf16SequenceLength;
        return units;
    }
}
