using EventOnly.Protocol.Text;

namespace EventOnly.Client;

/// <summary>A text is seen otherwise.</summary>
/// <param name="Delta">What was seen before becomes what is seen now by it.</param>
/// <param name="Origin">Why: an edit of ours, one of somebody else, a refusal or what was taken back, or a snapshot.</param>
/// <param name="By">Their name; null where it was no event.</param>
public sealed record TextChange(Delta Delta, ChangeOrigin Origin, string? By);

/// <summary>What was written to a text and is not in it: so that nobody has to write it again.</summary>
/// <param name="Id">The entity.</param>
/// <param name="Code">The word of the refusal, as in docs/wire.md section 7; the close code's where the client ended first.</param>
/// <param name="Delta">What was refused.</param>
/// <param name="Text">The whole text as it was seen with it.</param>
public sealed record RefusedText(string Id, string Field, string Code, Delta Delta, string Text);

/// <summary>A place in a text, or what is selected of it, in UTF-16 units from its begin.</summary>
/// <param name="Anchor">Where the selection began.</param>
/// <param name="Head">Where the caret blinks; the same where nothing is selected.</param>
public readonly record struct TextCaret(int Anchor, int Head)
{
    /// <summary>A caret without a selection.</summary>
    /// <param name="at">In UTF-16 units from the text's begin.</param>
    public TextCaret(int at) : this(at, at) { }

    /// <summary>Where it is after somebody else's edit: what is put in exactly at a caret goes to its right, and a selection does not swallow its neighbours.</summary>
    internal TextCaret After(Delta delta)
    {
        if (Anchor == Head)
            return new(delta.TransformPosition(Head, -1));
        var (start, end) = (delta.TransformPosition(Math.Min(Anchor, Head), 1), delta.TransformPosition(Math.Max(Anchor, Head), -1));
        end = Math.Max(start, end); // all of it was taken away, and something put in its place
        return Anchor < Head ? new(start, end) : new(end, start);
    }

    /// <summary>The same within a text of so many units.</summary>
    internal TextCaret Within(int length) => new(Math.Clamp(Anchor, 0, length), Math.Clamp(Head, 0, length));
}
