using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tools.Replay;

/// <summary>What a line makes happen.</summary>
internal abstract record ScriptAction
{
    /// <param name="Project">As the script calls it; null for the script's own.</param>
    public sealed record Connect(string? User, string? Project, bool Listen, JsonObject? Presence) : ScriptAction;

    /// <param name="Message">Its project, number and id are put in when it is said.</param>
    /// <param name="Waits">Whether the outcome is awaited before the next line.</param>
    public sealed record Say(ClientMessage Message, bool Waits) : ScriptAction;

    public sealed record Cut : ScriptAction;

    public sealed record Heal : ScriptAction;

    public sealed record Resend : ScriptAction;

    /// <summary>Somebody disconnects, for good.</summary>
    public sealed record Leave : ScriptAction;

    /// <summary>The server stops, and starts again from what it has kept.</summary>
    public sealed record Restart : ScriptAction;

    /// <param name="Wanted">What the server's state must be then; null: whatever it is.</param>
    public sealed record Converge(WantedState? Wanted = null) : ScriptAction;
}

/// <summary>A state as a script names it whole.</summary>
internal sealed record WantedState(long Seq, int Entities, string Hash);

/// <summary>One line: somebody acts, or is expected to see something, or both, in this order.</summary>
/// <param name="Number">Its place in the file, from 1.</param>
/// <param name="As">Whose line it is; empty for everybody's.</param>
/// <param name="At">When it happens, counted from the start of the script; null: as soon as the line before is done.</param>
/// <param name="Within">How long it may take; null: the runner's default.</param>
internal sealed record ScriptLine(
    int Number, string Text, string As, ScriptAction? Action, JsonObject? Expect, TimeSpan? At, TimeSpan? Within)
{
    private static readonly string[] s_actions = ["connect", "do", "cut", "heal", "resend", "disconnect"];

    /// <summary>Words of the script; all others in a <c>do</c> are the wire's.</summary>
    private static readonly string[] s_words = ["as", "do", "wait", "at", "within", "expect", "note"];

    /// <summary>Null for a line that is only a note.</summary>
    public static ScriptLine? Parse(int number, string text)
    {
        var line = JsonNode.Parse(text) as JsonObject ?? throw new ScriptException("A line is a JSON object.");
        if (line.Count == 1 && line.ContainsKey("note"))
            return null;

        var everybody = line.ContainsKey("all");
        var who = TextOf(line, "as");
        if (everybody == who is not null)
            throw new ScriptException("A line has either 'as' with a name, or 'all'.");
        var expect = line["expect"] is { } wanted ? wanted as JsonObject ?? throw new ScriptException("'expect' is an object.") : null;
        var action = everybody ? ReadOfAll(line) : ReadAction(line);
        if (action is null && expect is null)
            throw new ScriptException($"Nothing happens: a line has one of {string.Join(", ", s_actions)}, or 'expect'.");
        if (expect is not null)
            Expectation.Complete(expect);
        return new(number, text, who ?? "", action, expect, DurationOf(line, "at"), DurationOf(line, "within"));
    }

    private static ScriptAction ReadOfAll(JsonObject line)
    {
        if (FlagOf(line, "restart") == true)
            return new ScriptAction.Restart();
        if (line["state"] is not { } state)
        {
            return FlagOf(line, "converged") == true ? new ScriptAction.Converge()
                : throw new ScriptException("What all can do is to be 'converged', or to be in a 'state', or to see the server's 'restart'.");
        }
        return state is JsonObject wanted && wanted["seq"] is JsonValue seq && seq.TryGetValue(out long at)
            && wanted["entities"] is JsonValue entities && entities.TryGetValue(out int count) && TextOf(wanted, "hash") is { } hash
            ? new ScriptAction.Converge(new(at, count, hash))
            : throw new ScriptException("'state' has 'seq', 'entities' and 'hash'.");
    }

    private static ScriptAction? ReadAction(JsonObject line)
    {
        var found = s_actions.Where(line.ContainsKey).ToArray();
        return found switch
        {
            [] => null,
            ["connect"] => ReadConnect(line),
            ["do"] => ReadSay(line),
            ["cut"] => TextOf(line, "cut") == "abort" ? new ScriptAction.Cut() : throw new ScriptException("A line can be cut by 'abort'."),
            ["heal"] => new ScriptAction.Heal(),
            ["resend"] => new ScriptAction.Resend(),
            ["disconnect"] => new ScriptAction.Leave(),
            _ => throw new ScriptException($"A line does one thing, not {string.Join(" and ", found)}."),
        };
    }

    private static ScriptAction.Connect ReadConnect(JsonObject line)
    {
        var connect = line["connect"] as JsonObject ?? throw new ScriptException("'connect' is an object.");
        return new(TextOf(connect, "user"), TextOf(line, "project"), FlagOf(connect, "listen") ?? true, connect["presence"] as JsonObject);
    }

    /// <summary>The words of a command or request are the wire's, so the wire's codec reads them.</summary>
    private static ScriptAction.Say ReadSay(JsonObject line)
    {
        var frame = new JsonObject { ["type"] = TextOf(line, "do"), ["project"] = "p" };
        switch (TextOf(line, "do"))
        {
            case "create" or "update" or "delete" or "batch":
                frame["n"] = 1;
                break;
            case "query" or "validate":
                frame["id"] = "r1";
                break;
            case "broadcast" or "presence":
                break;
            case var other:
                throw new ScriptException($"'{other}' cannot be done; create, update, delete, batch, broadcast, presence, query and validate can.");
        }
        foreach (var (name, value) in line.Where(property => !s_words.Contains(property.Key)))
            frame[name] = value?.DeepClone();
        return new WireCodec(WireLimits.Trusted).TryDecode(Encoding.UTF8.GetBytes(frame.ToJsonString()), out ClientMessage? message, out var fault)
            ? new(message!, FlagOf(line, "wait") ?? true)
            : throw new ScriptException(fault!.Message);
    }

    private static string? TextOf(JsonObject line, string name) =>
        line[name] is { } value ? value is JsonValue text && text.TryGetValue(out string? found) ? found : throw new ScriptException($"'{name}' is a text.") : null;

    private static bool? FlagOf(JsonObject line, string name) =>
        line[name] is { } value ? value is JsonValue flag && flag.TryGetValue(out bool found) ? found : throw new ScriptException($"'{name}' is true or false.") : null;

    private static TimeSpan? DurationOf(JsonObject line, string name) =>
        line[name] is { } value
            ? value is JsonValue ms && ms.TryGetValue(out int found) && found >= 0 ? TimeSpan.FromMilliseconds(found) : throw new ScriptException($"'{name}' is in whole milliseconds.")
            : null;
}
