using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Simulation;

/// <summary>How the texts of a world are written.</summary>
public enum Style
{
    /// <summary>Everything: words and pairs of surrogates put in, taken away, replaced, undone and redone, and between them other commands; now and then a text is begun anew.</summary>
    Mixed,

    /// <summary>Single characters of which each is used once, put in anywhere.</summary>
    Unique,

    /// <summary>Everybody types forward from the begin of an empty text, each a letter of his own.</summary>
    Forward,
}

/// <summary>What a world draws is the same edit in every language: Tests/Web/world-host.js makes it of the same chance and the same view.</summary>
internal static class Writing
{
    /// <summary>The entity whose texts everybody writes, and nobody deletes.</summary>
    public const string Sheet = "sheet";

    public static readonly string[] Fields = ["a", "b"];

    /// <summary>Of them the first two share a half, and so do the next two.</summary>
    private static readonly string[] s_words = ["\U0001F600", "\U0001F601", "\U00010437", "\U00010837", "x", "yz", "\u6f22\u5b57", "e\u0301\n", "\"\\", "<b>&"];

    public static JsonFields Blank(string text = "") => Fields.Aggregate(JsonFields.Empty, (data, field) => data.With(field, Marker(text)));

    public static CanonicalValue Marker(string text) => JsonFields.Empty.With("$text", CanonicalValue.Of(text)).ToValue();

    /// <summary>The text that is written.</summary>
    public static string FieldOf(int chance) => Fields[chance / 10 % 2];

    /// <summary>A character that nobody else uses: of a plane that nothing else is of.</summary>
    /// <param name="number">Of the world's session and of its edits.</param>
    public static string Unique(int number) => char.ConvertFromUtf32(0x20000 + number);

    /// <summary>The edit of a text as it is seen.</summary>
    public static Delta Mixed(string text, int chance)
    {
        var at = Border(text, chance / 100 % (text.Length + 1));
        var kind = chance % 10;
        var word = kind is < 4 or 6 ? s_words[chance / 1000 % s_words.Length] : "";
        var removed = kind < 4 ? 0 : Border(text, Math.Min(text.Length, at + 1 + chance / 10_000 % 5)) - at;
        return Delta.Replace(at, removed, word);
    }

    /// <summary>The place, or the one before it where that is in the middle of a pair.</summary>
    private static int Border(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) ? at - 1 : at;

    /// <summary>A place for what is put in.</summary>
    public static int PlaceIn(string text, int chance) => Border(text, chance / 100 % (text.Length + 1));
}
