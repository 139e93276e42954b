using System.Text;
using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Record;

/// <summary>
/// Puts pseudonyms in place of users and texts: the same for the same, another for another, so that what is equal stays equal. Users become u1, u2, …;
/// a text becomes one of its length. Numbers, booleans, null, ids, kinds and the names of fields stay as they are.
/// </summary>
internal sealed class Redaction(bool users, bool texts)
{
    /// <summary>Where so many texts of one length differ that letters cannot: CJK characters, of which there are enough.</summary>
    private const char FirstOfMany = '\u3400';
    private const int Many = 0x9fff - FirstOfMany;

    private readonly Dictionary<string, string> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _made = [];

    public bool ChangesAnything => users || texts;

    public string User(string name)
    {
        if (!users)
            return name;
        if (!_users.TryGetValue(name, out var pseudonym))
            _users[name] = pseudonym = $"u{_users.Count + 1}";
        return pseudonym;
    }

    public JsonFields Fields(JsonFields fields)
    {
        if (!texts || fields.Count == 0)
            return fields;
        using var document = JsonDocument.Parse(fields.ToValue().Utf8.ToArray());
        var output = new Utf8Buffer();
        Write(output, document.RootElement);
        return JsonFields.Parse(output.Written);
    }

    /// <summary>Keeps the lengths, so that what is written next still fits. What stands beside an edit may be told apart otherwise: the same text, put in
    /// by pieces, becomes other pieces.</summary>
    public Delta Delta(Delta delta)
    {
        if (!texts)
            return delta;
        var builder = new DeltaBuilder();
        for (var i = 0; i < delta.Count; i++)
        {
            var part = delta[i];
            if (part.Kind == DeltaKind.Insert)
                builder.Insert(Text(part.Inserted.ToString()));
            else if (part.Kind == DeltaKind.Retain)
                builder.Retain(part.Length);
            else
                builder.Delete(part.Length);
        }
        return builder.Build();
    }

    private void Write(Utf8Buffer output, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                output.String(Text(value.GetString()!));
                break;
            case JsonValueKind.Object:
                var separator = (byte)'{';
                foreach (var property in value.EnumerateObject())
                {
                    output.Raw(separator).String(property.Name).Raw((byte)':');
                    Write(output, property.Value);
                    separator = (byte)',';
                }
                output.Raw(separator == '{' ? "{}"u8 : "}"u8);
                break;
            case JsonValueKind.Array:
                output.Raw((byte)'[');
                var isFirst = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!isFirst)
                        output.Raw((byte)',');
                    Write(output, item);
                    isFirst = false;
                }
                output.Raw((byte)']');
                break;
            default:
                output.Raw(Encoding.UTF8.GetBytes(value.GetRawText()));
                break;
        }
    }

    private string Text(string text)
    {
        if (text.Length == 0)
            return text;
        if (!_texts.TryGetValue(text, out var pseudonym))
        {
            do
            {
                var number = _made[text.Length] = _made.GetValueOrDefault(text.Length) + 1;
                pseudonym = Make(number - 1, text.Length);
            }
            while (pseudonym == text); // or it would not be one
            _texts[text] = pseudonym;
        }
        return pseudonym;
    }

    /// <summary>The text of a number: its digits from the right, in letters while these are enough.</summary>
    private static string Make(long number, int length)
    {
        var letters = Math.Pow(26, Math.Min(length, 12)); // beyond 12 nobody comes to the end
        var (first, count) = number < letters ? ('a', 26) : (FirstOfMany, Many);
        var rest = number < letters ? number : number - (long)letters;
        return string.Create(length, (first, count, rest), static (made, how) =>
        {
            var left = how.rest;
            for (var i = made.Length - 1; i >= 0; i--, left /= how.count)
                made[i] = (char)(how.first + (int)(left % how.count));
        });
    }
}
