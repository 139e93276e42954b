using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.Text;

/// <summary>A text as a value: never changed, so that whoever holds one may read it beside those who make the next.</summary>
public sealed class TextBuffer
{
    private readonly string _text;

    private TextBuffer(string text) => _text = text;

    /// <summary>No text.</summary>
    public static TextBuffer Empty { get; } = new("");

    /// <summary>The length in UTF-16 units.</summary>
    public int Length => _text.Length;

    /// <summary>The hash of the whole text.</summary>
    public TextHash Hash => TextHash.Of(_text);

    /// <summary>A unit.</summary>
    public char this[int index] => _text[index];

    /// <summary>A text of its own.</summary>
    public static TextBuffer From(ReadOnlySpan<char> text) => text.IsEmpty ? Empty : new(new(text));

    /// <summary>The text after a change; throws <see cref="ArgumentOutOfRangeException"/> where the change reaches further than the text.</summary>
    public TextBuffer Apply(Delta delta)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delta.Need, Length, nameof(delta));
        var text = new System.Text.StringBuilder(_text);
        var at = 0;
        foreach (ref readonly var part in delta.Parts)
        {
            if (part.Kind == DeltaKind.Delete)
            {
                text.Remove(at, part.Length);
                continue;
            }
            if (part.Kind == DeltaKind.Insert)
                text.Insert(at, part.Inserted);
            at += part.Length;
        }
        return new(text.ToString());
    }

    /// <summary>Whether a change starts, ends or puts something in between the halves of a surrogate pair. It must fit the text.</summary>
    public bool IsSplitBy(Delta delta)
    {
        ArgumentNullException.ThrowIfNull(delta);
        var at = 0;
        foreach (ref readonly var part in delta.Parts)
        {
            if (part.Kind != DeltaKind.Retain && IsInsidePair(at))
                return true;
            if (part.Kind == DeltaKind.Delete && IsInsidePair(at + part.Length))
                return true;
            if (part.Kind != DeltaKind.Insert)
                at += part.Length;
        }
        return false;
    }

    /// <summary>A part of the text.</summary>
    public string Slice(int start, int length) => _text.Substring(start, length);

    /// <summary>Copies the units from <paramref name="start"/> on, as many as there is room for.</summary>
    public void CopyTo(int start, Span<char> destination) => _text.AsSpan(start, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public override string ToString() => _text;

    /// <summary>Writes the text as a JSON string.</summary>
    public void WriteTo(Utf8Buffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.String(_text);
    }

    private bool IsInsidePair(int at) => at > 0 && at < Length && char.IsLowSurrogate(this[at]) && char.IsHighSurrogate(this[at - 1]);
}
