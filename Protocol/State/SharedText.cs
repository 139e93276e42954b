using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.State;

/// <summary>The text of a field that people write together. Immutable: an edit gives another one that shares all but what changed.</summary>
public sealed class SharedText
{
    /// <param name="text">What it says.</param>
    /// <param name="born">The seq of the event that made it: edits of what stood there before mean something else.</param>
    public SharedText(TextBuffer text, long born) : this(text, born, TextWindow.After(born)) { }

    internal SharedText(TextBuffer text, long born, TextWindow window) => (Text, Born, Window) = (text, born, window);

    public TextBuffer Text { get; }

    /// <summary>The seq of the event that made it: which incarnation of the field this is.</summary>
    public long Born { get; }

    /// <summary>Its newest edits.</summary>
    internal TextWindow Window { get; }

    /// <param name="delta">Fits the text.</param>
    internal SharedText With(Delta delta, long seq, TextWindowBounds bounds) => new(Text.Apply(delta), Born, Window.Add(seq, delta, bounds));
}
