using System.Text.Json;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>
/// How a text stands among an object's fields: <c>{"$text":"…"}</c> where it is made, <c>{"$text":"…","born":17}</c> where it is kept. No other value of
/// a field may have that key, so that the two cannot be taken for data.
/// </summary>
internal static class TextMarker
{
    private static ReadOnlySpan<byte> Head => "{\"$text\":"u8;

    /// <summary>Whether one of the fields looks like a text; cheap.</summary>
    public static bool MayStandIn(JsonFields fields)
    {
        foreach (ref readonly var value in fields.Values)
        {
            if (value.IsObject && value.Utf8.StartsWith(Head))
                return true;
        }
        return false;
    }

    /// <summary>Whether a value makes a text.</summary>
    public static bool TryRead(CanonicalValue value, out TextBuffer text) => TryRead(value, isKept: false, out text, out _);

    private static bool TryRead(CanonicalValue value, bool isKept, out TextBuffer text, out long born)
    {
        (text, born) = (TextBuffer.Empty, 0);
        if (!value.IsObject || !value.Utf8.StartsWith(Head))
            return false;
        var reader = new Utf8JsonReader(value.Utf8, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read(); // {
        reader.Read(); // "$text"
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            return false;
        var units = reader.GetString();
        if (isKept && !(reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("born"u8)
            && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out born)))
        {
            return false;
        }
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndObject)
            return false;
        text = TextBuffer.From(units);
        return true;
    }

    /// <summary>Whether a field's value has the key of a text and makes none.</summary>
    public static bool IsMisused(CanonicalValue value)
    {
        if (!value.IsObject || value.Utf8.IndexOf("\"$text\":"u8) < 0 || TryRead(value, out _))
            return false;
        var reader = new Utf8JsonReader(value.Utf8, new JsonReaderOptions { MaxDepth = WireLimits.Trusted.Depth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("$text"u8))
                return true;
            reader.Read();
            reader.Skip();
        }
        return false;
    }

    /// <summary>Takes the texts that are made out of an object's fields.</summary>
    /// <param name="data">What is left.</param>
    public static EntityTexts Split(JsonFields fields, long born, out JsonFields data)
    {
        data = fields;
        var texts = EntityTexts.None;
        if (!MayStandIn(fields))
            return texts;
        foreach (var (name, value) in fields)
        {
            if (!TryRead(value, out var text))
                continue;
            texts = texts.With(name, new(text, born));
            data = data.Without(name);
        }
        return texts;
    }

    /// <summary>Takes the texts out of an entity's fields as a snapshot has them.</summary>
    /// <param name="seq">The seq of the snapshot: it tells nothing of the edits up to there.</param>
    public static EntityTexts SplitKept(JsonFields fields, long seq, out JsonFields data)
    {
        data = fields;
        var texts = EntityTexts.None;
        if (!MayStandIn(fields))
            return texts;
        foreach (var (name, value) in fields)
        {
            if (!TryRead(value, isKept: true, out var text, out var born))
                continue;
            texts = texts.With(name, new(text, born, TextWindow.After(seq)));
            data = data.Without(name);
        }
        return texts;
    }

    /// <summary>Writes an entity's data and texts as one object, as a snapshot has them.</summary>
    public static void Write(Utf8Buffer output, JsonFields data, EntityTexts texts)
    {
        if (texts.Count == 0)
        {
            data.WriteTo(output);
            return;
        }
        var separator = (byte)'{';
        for (int at = 0, text = 0; at < data.Count || text < texts.Count; separator = (byte)',')
        {
            output.Raw(separator);
            if (text == texts.Count || (at < data.Count && string.CompareOrdinal(data[at].Name, texts[text].Key) < 0))
            {
                var (name, value) = data[at++];
                output.String(name).Raw((byte)':').Raw(value.Utf8);
                continue;
            }
            var (field, shared) = texts[text++];
            output.String(field).Raw((byte)':').Raw(Head);
            shared.Text.WriteTo(output);
            output.Raw(",\"born\":"u8).Number(shared.Born).Raw((byte)'}');
        }
        output.Raw((byte)'}');
    }
}
