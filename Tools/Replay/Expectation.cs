using System.Text.Json.Nodes;

namespace EventOnly.Tools.Replay;

/// <summary>What a line expects of a client: of a frame it gets, of its state, or of an entity in its view.</summary>
internal static class Expectation
{
    private static readonly string[] s_events = ["create", "update", "delete", "batch"];

    /// <summary>Expectations of frames: the word in the script, which frames belong to that word's sequence.</summary>
    private static readonly Dictionary<string, string[]> s_sequences = new(StringComparer.Ordinal)
    {
        ["event"] = s_events, ["broadcast"] = ["broadcast"], ["presence"] = ["presence"], ["result"] = ["result"], ["verdict"] = ["verdict"],
        ["reject"] = ["reject"], ["ack"] = ["ack"], ["snapshot"] = ["snapshot"],
    };

    /// <summary>Refuses what is no expectation, and writes out what goes without saying: an entity that is expected is there.</summary>
    public static void Complete(JsonObject expect)
    {
        var kinds = expect.Select(property => property.Key).Where(name => s_sequences.ContainsKey(name) || name == "state").ToArray();
        if (kinds is [] && expect["entity"] is JsonValue)
        {
            expect["gone"] ??= false;
            return;
        }
        if (kinds is not [var kind])
            throw new ScriptException($"An expectation is of one of: {string.Join(", ", s_sequences.Keys)}, state, entity.");
        if (kind == "event" && !s_events.Contains(expect["event"]?.ToString()))
            throw new ScriptException($"An event is one of: {string.Join(", ", s_events)}.");
        if (kind is not ("event" or "state") && (expect.Count > 1 || expect[kind] is not JsonObject))
            throw new ScriptException($"'{kind}' is an object that says what to expect.");
    }

    /// <summary>The frame types to look through, and what the frame must hold; null where no frame is expected.</summary>
    public static (string[] Types, JsonObject Wanted)? OfFrame(JsonObject expect)
    {
        if (s_sequences.Keys.FirstOrDefault(expect.ContainsKey) is not { } kind)
            return null;
        if (kind != "event")
            return (s_sequences[kind], (JsonObject)expect[kind]!);
        var wanted = (JsonObject)expect.DeepClone();
        wanted["type"] = wanted["event"]!.DeepClone();
        wanted.Remove("event");
        return (s_events, wanted);
    }

    /// <summary>
    /// Does a value hold what is wanted? An object may hold more, and need not hold what is wanted to be null; an array must hold the wanted items
    /// in this order, among others; anything else must be equal, numbers by value.
    /// </summary>
    public static bool Holds(JsonNode? actual, JsonNode? wanted)
    {
        switch (wanted)
        {
            case JsonObject fields:
                return actual is JsonObject whole && fields.All(field => Holds(whole[field.Key], field.Value));
            case JsonArray items:
                if (actual is not JsonArray all)
                    return false;
                var next = 0;
                foreach (var item in all)
                {
                    if (next < items.Count && Holds(item, items[next]))
                        next++;
                }
                return next == items.Count;
            default:
                return JsonNode.DeepEquals(actual, wanted);
        }
    }
}
