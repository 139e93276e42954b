using System.Buffers;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.Text;

/// <summary>
/// A text as a value: never changed, so that whoever holds one may read it beside those who make the next. Versions share the pieces that did not
/// change; a change costs the time and memory of one piece and the path to it, however long the text is.
/// </summary>
public sealed class TextBuffer
{
    /// <summary>From this many parts on, a change may be cheaper by writing the whole text anew.</summary>
    private const int ManyParts = 16;

    /// <summary>Units copied in the time that one splice takes.</summary>
    private const int UnitsPerSplice = 1024;

    private readonly TextNode _root;

    private TextBuffer(TextNode root) => _root = root;

    /// <summary>No text.</summary>
    public static TextBuffer Empty { get; } = new(TextTree.Empty);

    /// <summary>The length in UTF-16 units.</summary>
    public int Length => _root.Length;

    /// <summary>The hash of the whole text. Computed when asked for, and then only for the pieces that no version was asked about before.</summary>
    public TextHash Hash => _root.Hash;

    /// <summary>A unit.</summary>
    public char this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Length, nameof(index));
            return _root[index];
        }
    }

    internal TextNode Root => _root;

    /// <summary>A text of its own.</summary>
    public static TextBuffer From(ReadOnlySpan<char> text) => text.IsEmpty ? Empty : new(TextTree.Of(text));

    /// <summary>The text after a change; throws <see cref="ArgumentOutOfRangeException"/> where the change reaches further than the text.</summary>
    public TextBuffer Apply(Delta delta)
    {
        ArgumentNullException.ThrowIfNull(delta);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delta.Need, Length, nameof(delta));
        if (delta.IsEmpty)
            return this;
        return delta.Count >= ManyParts && (long)delta.Count * UnitsPerSplice > (long)Length + delta.Growth ? ApplyToAll(delta) : ApplyByParts(delta.Parts);
    }

    private TextBuffer ApplyByParts(ReadOnlySpan<DeltaPart> parts)
    {
        var (root, at) = (_root, 0);
        for (var i = 0; i < parts.Length; i++)
        {
            ref readonly var part = ref parts[i];
            switch (part.Kind)
            {
                case DeltaKind.Retain:
                    at += part.Length;
                    break;
                case DeltaKind.Delete:
                    root = TextTree.Splice(root, at, part.Length, default);
                    break;
                default: // with the delete beside it, which stands after it
                    var removed = i + 1 < parts.Length && parts[i + 1].Kind == DeltaKind.Delete ? parts[++i].Length : 0;
                    root = TextTree.Splice(root, at, removed, part.Inserted);
                    at += part.Length;
                    break;
            }
        }
        return new(root);
    }

    private TextBuffer ApplyToAll(Delta delta)
    {
        var length = checked(Length + delta.Growth);
        var units = ArrayPool<char>.Shared.Rent(length);
        try
        {
            var at = 0;
            var rest = units.AsSpan(0, length);
            foreach (ref readonly var part in delta.Parts)
            {
                if (part.Kind == DeltaKind.Retain)
                    _root.CopyTo(at, rest[..part.Length]);
                part.Inserted.CopyTo(rest);
                if (part.Kind != DeltaKind.Insert)
                    at += part.Length;
                if (part.Kind != DeltaKind.Delete)
                    rest = rest[part.Length..];
            }
            _root.CopyTo(at, rest);
            return From(units.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(units);
        }
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
    public string Slice(int start, int length)
    {
        CheckRange(start, length);
        return string.Create(length, (_root, start), static (units, from) => from._root.CopyTo(from.start, units));
    }

    /// <summary>Copies the units from <paramref name="start"/> on, as many as there is room for.</summary>
    public void CopyTo(int start, Span<char> destination)
    {
        CheckRange(start, destination.Length);
        _root.CopyTo(start, destination);
    }

    /// <inheritdoc/>
    public override string ToString() => Slice(0, Length);

    /// <summary>Writes the text as a JSON string.</summary>
    public void WriteTo(Utf8Buffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var units = ArrayPool<char>.Shared.Rent(TextLeaf.UnitsMax);
        try
        {
            output.Raw((byte)'"');
            for (var at = 0; at < Length;)
            {
                var length = Math.Min(TextLeaf.UnitsMax, Length - at);
                if (IsInsidePair(at + length))
                    length--; // half a pair has no UTF-8
                _root.CopyTo(at, units.AsSpan(0, length));
                CanonicalJson.WriteUnits(output, units.AsSpan(0, length));
                at += length;
            }
            output.Raw((byte)'"');
        }
        finally
        {
            ArrayPool<char>.Shared.Return(units);
        }
    }

    private void CheckRange(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - start);
    }

    private bool IsInsidePair(int at) => at > 0 && at < Length && char.IsLowSurrogate(_root[at]) && char.IsHighSurrogate(_root[at - 1]);
}
