using System.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.Text;

/// <summary>
/// A change of a text: steps over the old text from its left, counted in UTF-16 units; what they do not reach is kept. Immutable, and always in
/// normal form, so that what does the same is equal, in every language.
/// </summary>
public sealed class Delta : IEquatable<Delta>
{
    private readonly DeltaPart[] _parts;

    internal Delta(DeltaPart[] parts, int need, int inserted, int deleted) =>
        (_parts, Need, Inserted, Growth) = (parts, need, inserted, inserted - deleted);

    /// <summary>Changes nothing.</summary>
    public static Delta Empty { get; } = new([], 0, 0, 0);

    /// <summary>How many steps it has.</summary>
    public int Count => _parts.Length;

    /// <summary>A step.</summary>
    public DeltaPart this[int index] => _parts[index];

    /// <summary>Whether it changes nothing.</summary>
    public bool IsEmpty => _parts.Length == 0;

    /// <summary>Units a text must have at least, for this to be applied to it.</summary>
    public int Need { get; }

    /// <summary>Units by which the text becomes longer; below zero where it becomes shorter.</summary>
    public int Growth { get; }

    /// <summary>Units put in.</summary>
    public int Inserted { get; }

    internal ReadOnlySpan<DeltaPart> Parts => _parts;

    /// <summary>Takes away <paramref name="removed"/> units at a place and puts in others.</summary>
    public static Delta Replace(int at, int removed, string inserted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(at);
        ArgumentOutOfRangeException.ThrowIfNegative(removed);
        return DeltaBuilder.OfThisThread.Clear().Retain(at).Insert(inserted).Delete(removed).Build();
    }

    /// <summary>The change from one text to another as one replacement, which never starts or ends inside of a surrogate pair.</summary>
    public static Delta Between(string before, string after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var start = before.AsSpan().CommonPrefixLength(after);
        if (start > 0 && char.IsHighSurrogate(before[start - 1]) && (start < before.Length || start < after.Length))
            start--;
        var end = 0;
        for (var most = Math.Min(before.Length, after.Length) - start; end < most && before[^(end + 1)] == after[^(end + 1)];)
            end++;
        if (end > 0 && char.IsLowSurrogate(before[^end]))
            end--;
        return DeltaBuilder.OfThisThread.Clear().Retain(start)
            .Insert(after, start, after.Length - end - start).Delete(before.Length - end - start).Build();
    }

    /// <summary>One delta that does what this and then <paramref name="next"/> do.</summary>
    public Delta Compose(Delta next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return IsEmpty ? next : next.IsEmpty ? this : Algebra.Compose(this, next);
    }

    /// <summary>
    /// This delta as it must read after <paramref name="other"/>, where both were made for the same text. The one that is later in the journal is
    /// transformed with <see cref="Side.Left"/>, the earlier one with <see cref="Side.Right"/>.
    /// </summary>
    /// <remarks>Transforming over a composition is not the same as transforming over its parts: all parties go through the same single events.</remarks>
    public Delta Transform(Delta other, Side side)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsEmpty || other.IsEmpty ? this : Algebra.Transform(this, other, side);
    }

    /// <summary>The delta that takes this one back, once it was applied to <paramref name="before"/>.</summary>
    public Delta Invert(TextBuffer before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return Algebra.Invert(this, before);
    }

    /// <summary>
    /// Where a place of the old text is in the new one. What is put in exactly there goes to its right, unless <paramref name="assoc"/> is above zero;
    /// a place in what is taken away moves to its start.
    /// </summary>
    public int TransformPosition(int position, int assoc)
    {
        var (at, moved) = (0, position);
        foreach (ref readonly var part in Parts)
        {
            if (at > position)
                break;
            switch (part.Kind)
            {
                case DeltaKind.Retain:
                    at += part.Length;
                    break;
                case DeltaKind.Insert:
                    if (at < position || assoc > 0)
                        moved += part.Length;
                    break;
                default:
                    moved -= Math.Min(part.Length, position - at);
                    at += part.Length;
                    break;
            }
        }
        return moved;
    }

    /// <summary>Writes the canonical JSON form.</summary>
    public void WriteTo(Utf8Buffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        DeltaJson.Write(output, this);
    }

    /// <summary>Reads the JSON form; throws <see cref="System.Text.Json.JsonException"/> where it is none in normal form.</summary>
    public static Delta Parse(string json) => DeltaJson.Parse(json);

    /// <summary>
    /// Reads the delta the reader stands on, and leaves the reader on its last token. Throws <see cref="BadFrameException"/> with the detail of the
    /// first of the rules that is broken: its shape, its normal form, its Unicode.
    /// </summary>
    /// <param name="reader">Stands on the value.</param>
    /// <param name="componentsMax">Steps it may have.</param>
    /// <param name="mayBeEmpty">In events a delta may have come to nothing; nobody asks for such a one.</param>
    internal static Delta Read(ref System.Text.Json.Utf8JsonReader reader, int componentsMax, bool mayBeEmpty = false) =>
        DeltaJson.Read(ref reader, componentsMax, mayBeEmpty);

    /// <inheritdoc/>
    public bool Equals(Delta? other) => other is not null && (ReferenceEquals(this, other) || Parts.SequenceEqual(other.Parts));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Delta);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Need, Inserted, Growth);

    /// <summary>The JSON form.</summary>
    public override string ToString()
    {
        var output = new Utf8Buffer();
        WriteTo(output);
        return Encoding.UTF8.GetString(output.Written);
    }
}
