using System.Collections;

namespace EventOnly.Protocol.State;

/// <summary>The texts of an entity, by the names of their fields, which are none of its data's. Immutable, and sorted by name; mostly there is none, or one.</summary>
public sealed class EntityTexts : IReadOnlyList<KeyValuePair<string, SharedText>>
{
    private readonly string[] _names;
    private readonly SharedText[] _texts;

    private EntityTexts(string[] names, SharedText[] texts)
    {
        (_names, _texts) = (names, texts);
        foreach (var text in texts)
        {
            Units += text.Text.Length;
            WindowBytes += text.Window.Bytes;
        }
    }

    public static EntityTexts None { get; } = new([], []);

    public int Count => _names.Length;

    /// <summary>UTF-16 units of all of them.</summary>
    public long Units { get; }

    /// <summary>Bytes of memory of the edits that they keep, about.</summary>
    internal long WindowBytes { get; }

    public KeyValuePair<string, SharedText> this[int index] => new(_names[index], _texts[index]);

    /// <summary>The text of a field; null where it is none.</summary>
    public SharedText? this[string name] => IndexOf(name) is >= 0 and var at ? _texts[at] : null;

    /// <summary>The name of a text's field, which is one and the same for all its edits.</summary>
    internal string NameOf(string name) => _names[IndexOf(name)];

    internal EntityTexts With(string name, SharedText text)
    {
        var at = IndexOf(name);
        if (at < 0)
            return new([.. _names.AsSpan(0, ~at), name, .. _names.AsSpan(~at)], [.. _texts.AsSpan(0, ~at), text, .. _texts.AsSpan(~at)]);
        var copy = _texts.AsSpan().ToArray();
        copy[at] = text;
        return new(_names, copy);
    }

    internal EntityTexts Without(string name)
    {
        var at = IndexOf(name);
        if (at < 0)
            return this;
        return Count == 1 ? None : new([.. _names.AsSpan(0, at), .. _names.AsSpan(at + 1)], [.. _texts.AsSpan(0, at), .. _texts.AsSpan(at + 1)]);
    }

    private int IndexOf(string name) => _names.AsSpan().BinarySearch(name, StringComparer.Ordinal);

    public IEnumerator<KeyValuePair<string, SharedText>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
