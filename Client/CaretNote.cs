using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// Where somebody's caret is, as presence tells it in the field <c>caret</c>: <c>{"entity","field","anchor","head","seq","n"}</c>. The place is in the text as
/// its author sees it, with the journal up to a seq and one edit of his own on top.
/// </summary>
/// <param name="N">The number of that edit; 0 where there is none.</param>
internal sealed record CaretNote(string Id, string Field, TextCaret Caret, long Seq, long N)
{
    public const string Key = "caret";

    public CanonicalValue ToValue() => JsonFields.Empty
        .With("entity", CanonicalValue.Of(Id)).With("field", CanonicalValue.Of(Field))
        .With("anchor", CanonicalValue.Of(Caret.Anchor)).With("head", CanonicalValue.Of(Caret.Head))
        .With("seq", CanonicalValue.Of(Seq)).With("n", CanonicalValue.Of(N)).ToValue();

    /// <summary>What a member tells; null where it tells none that can be understood.</summary>
    public static CaretNote? Of(JsonFields presence)
    {
        if (presence[Key] is not { IsObject: true } value)
            return null;
        var told = JsonFields.Parse(value.Utf8);
        return told["entity"]?.AsString() is { } id && told["field"]?.AsString() is { } field && Place("anchor") is { } anchor && Place("head") is { } head
            && told["seq"]?.AsInteger() is { } seq && told["n"]?.AsInteger() is { } n
            ? new(id, field, new(anchor, head), seq, n)
            : null;

        int? Place(string name) => told[name]?.AsInteger() is >= 0 and <= int.MaxValue and var place ? (int)place : null;
    }
}
