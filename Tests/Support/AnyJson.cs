using System.Globalization;
using System.Text.Json;

namespace EventOnly.Tests.Support;

/// <summary>Random JSON within the rules of the wire, written carelessly: keys unsorted, numbers in many forms, white space.</summary>
internal static class AnyJson
{
    private static readonly string[] s_keys = ["a", "b", "title", "votes", "Z", "10", "9", "x.y", "x:y", "ä", "\U0001F600", "\ufb33"];
    private static readonly string[] s_texts = ["", "a", "Milk", "\"quoted\"", "\u0001\n", "\u20ac", "\U0001F600", "null"];
    private static readonly string[] s_numbers = ["0", "-0", "1", "1.0", "-5", "1e3", "0.1", "1E-7", "9007199254740991", "3.0000000000000004"];

    public static string Value(Random chance, int depth) => chance.Next(depth > 0 ? 7 : 5) switch
    {
        0 => "null",
        1 => chance.Next(2) == 0 ? "true" : "false",
        2 => s_numbers[chance.Next(s_numbers.Length)],
        3 => chance.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture),
        4 => JsonSerializer.Serialize(s_texts[chance.Next(s_texts.Length)]),
        5 => $"[ {string.Join(" ,", Enumerable.Range(0, chance.Next(4)).Select(_ => Value(chance, depth - 1)))}]",
        _ => Object(chance, depth - 1),
    };

    public static string Object(Random chance, int depth) => Object(chance, depth, s_keys);

    /// <summary>Keys that may be names of fields.</summary>
    public static string Fields(Random chance, int depth) => Object(chance, depth, s_keys[..9]);

    private static string Object(Random chance, int depth, string[] keys)
    {
        var chosen = keys.Where(_ => chance.Next(3) == 0).ToArray();
        chance.Shuffle(chosen);
        return "{" + string.Join(", ", chosen.Select(key => $"{JsonSerializer.Serialize(key)} : {Value(chance, depth)}")) + "}";
    }
}
