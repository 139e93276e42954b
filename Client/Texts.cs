using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// Keeps pending edits of a text true to what is beneath them: each is about the confirmed text with those before it on top.
/// <code>
///   confirmed ──edit 1──▶ ──edit 2──▶ view          edits are later in the journal than what happens now: they go left,
///       │ happened            │ the same, as          what happens goes right
///       ▼                     ▼ the view sees it
///   confirmed'──edit 1'─▶ ──edit 2'─▶ view'
/// </code>
/// </summary>
internal static class Texts
{
    /// <summary>The edits of a confirmed text among what is pending on its entity, oldest first: what is behind a command that begins the field anew is about another text.</summary>
    public static List<PendingCommand> EditsOf(IEnumerable<PendingCommand> pending, string id, string field) =>
        [.. pending.TakeWhile(each => !each.Begins(id, field)).Where(each => each.IsEditOf(id, field))];

    /// <summary>Takes edits over a change of what is beneath them.</summary>
    /// <returns>The change as it reads on top of them.</returns>
    public static Delta Carry(IEnumerable<PendingCommand> edits, Delta happened)
    {
        foreach (var each in edits)
        {
            var edit = each.Edit!.Delta;
            each.Become(edit.Transform(happened, Side.Left));
            happened = happened.Transform(edit, Side.Right);
        }
        return happened;
    }

    /// <summary>Edits of one text, each after those before it, as one.</summary>
    public static Delta Compose(IReadOnlyList<PendingCommand> edits) =>
        edits.Aggregate(Delta.Empty, (composed, each) => composed.Compose(each.Edit!.Delta));

    /// <summary>An entity's fields, each text as the value that would begin it.</summary>
    public static JsonFields Whole(Entity entity) => entity.Texts.Aggregate(entity.Data, (data, text) => data.With(
        text.Key, JsonFields.Empty.With("$text", CanonicalValue.Of(text.Value.Text.ToString())).ToValue()));

    /// <summary>Whether a field's value begins a text.</summary>
    public static bool IsMarker(CanonicalValue value) => value.IsObject && value.Utf8.StartsWith("{\"$text\":\""u8) && JsonFields.Parse(value.Utf8).Count == 1;

    /// <summary>The change from one text to another as one replacement.</summary>
    public static Delta Between(TextBuffer before, TextBuffer after) =>
        ReferenceEquals(before, after) || AreSame(before, after) ? Delta.Empty : Delta.Between(before.ToString(), after.ToString());

    /// <summary>Whether all that a delta puts in is Unicode that a server takes.</summary>
    public static bool IsWellFormed(Delta delta)
    {
        for (var i = 0; i < delta.Count; i++)
        {
            var units = delta[i].Inserted;
            for (var at = 0; at < units.Length; at++)
            {
                if (units[at] == '\0' || (char.IsSurrogate(units[at]) && !(at + 1 < units.Length && char.IsSurrogatePair(units[at], units[++at]))))
                    return false;
            }
        }
        return true;
    }

    /// <summary>By their hashes, which are kept up to date.</summary>
    public static bool AreSame(TextBuffer before, TextBuffer after) => before.Length == after.Length && before.Hash == after.Hash;

    /// <summary>Whether two entities' texts read the same.</summary>
    public static bool AreSame(EntityTexts before, EntityTexts after)
    {
        if (before.Count != after.Count)
            return false;
        for (var i = 0; i < before.Count; i++)
        {
            if (before[i].Key != after[i].Key || !AreSame(before[i].Value.Text, after[i].Value.Text))
                return false;
        }
        return true;
    }
}

/// <summary>Which text a field holds: the one that a command of ours has begun and that is not confirmed, or else the one that was born at a seq.</summary>
internal readonly record struct Incarnation(PendingCommand? By, long Born)
{
    /// <summary>Whether it is still the same; what a command of ours has begun is confirmed at some time.</summary>
    public bool IsStill(Incarnation now) => this == now || (By is { DueSeq: not null } && now.By is null);
}

/// <summary>A text as it was seen.</summary>
internal sealed record SeenText(string Id, string Field, Incarnation Of, TextBuffer Text);
