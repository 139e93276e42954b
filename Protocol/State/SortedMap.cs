using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace EventOnly.Protocol.State;

/// <summary>
/// An immutable map sorted by key, ordinally: a B+ tree whose versions share all but the paths that changed. Wide nodes make a path three to five
/// steps short; a value that is replaced copies no keys; and a <see cref="Builder"/> copies a node once for all its changes, not once for each.
/// </summary>
#pragma warning disable CA1710 // a map is what it is
public sealed class SortedMap<TValue> : IReadOnlyDictionary<string, TValue>
#pragma warning restore CA1710
{
    private readonly SortedNode<TValue> _root;

    private SortedMap(SortedNode<TValue> root, int count) => (_root, Count) = (root, count);

    internal static readonly SortedMap<TValue> None = new(new SortedLeaf<TValue>([], [], null), 0);

    public int Count { get; }

    public IEnumerable<string> Keys
    {
        get
        {
            foreach (var (key, _) in this)
                yield return key;
        }
    }

    public IEnumerable<TValue> Values
    {
        get
        {
            foreach (var (_, value) in this)
                yield return value;
        }
    }

    public TValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no '{key}'.");

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value)
    {
        var node = _root;
        while (node is SortedBranch<TValue> branch)
            node = branch.Children[branch.Way(key)];
        var leaf = (SortedLeaf<TValue>)node;
        var at = leaf.IndexOf(key);
        value = at >= 0 ? leaf.Values[at] : default;
        return at >= 0;
    }

    public TValue? GetValueOrDefault(string key) => TryGetValue(key, out var value) ? value : default;

    public SortedMap<TValue> SetItem(string key, TValue value)
    {
        var builder = ToBuilder();
        builder.Set(key, value);
        return builder.ToMap();
    }

    public SortedMap<TValue> Remove(string key)
    {
        var builder = ToBuilder();
        builder.Remove(key);
        return builder.ToMap();
    }

    public Builder ToBuilder() => new(this);

    public Enumerator GetEnumerator() => new(_root);

    IEnumerator<KeyValuePair<string, TValue>> IEnumerable<KeyValuePair<string, TValue>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Changes a map in many places at once. The map it began with stays as it was; one at a time may use a builder.</summary>
    public sealed class Builder
    {
        private SortedMap<TValue> _map;
        private SortedNode<TValue> _root;
        private object? _owner;
        private int _count;

        internal Builder(SortedMap<TValue> map) => (_map, _root, _count) = (map, map._root, map.Count);

        /// <summary>Sets a value; true where the key is new.</summary>
        public bool Set(string key, TValue value)
        {
            _owner ??= new(); // nodes that bear it are this builder's own, until the map they are in has been given away
            (_root, var sibling, var isNew) = _root.Set(key, value, _owner);
            if (sibling is not null)
                _root = new SortedBranch<TValue>([sibling.FirstKey], [_root, sibling], _owner);
            _count += isNew ? 1 : 0;
            return isNew;
        }

        /// <summary>False where it was not there.</summary>
        public bool Remove(string key)
        {
            _owner ??= new();
            (_root, var found) = _root.Remove(key, _owner);
            while (_root is SortedBranch<TValue> { Children: [var only] })
                _root = only;
            _count -= found ? 1 : 0;
            return found;
        }

        /// <summary>The map as it is now. The builder may go on; the map given does not change any more.</summary>
        public SortedMap<TValue> ToMap()
        {
            if (_owner is not null)
                (_map, _owner) = (_count == 0 ? None : new(_root, _count), null);
            return _map;
        }
    }

    /// <summary>Goes through a map in the order of its keys.</summary>
    public sealed class Enumerator : IEnumerator<KeyValuePair<string, TValue>>
    {
        private readonly Stack<(SortedBranch<TValue> Branch, int Child)> _path = new();
        private SortedLeaf<TValue> _leaf;
        private int _at = -1;

        internal Enumerator(SortedNode<TValue> root) => _leaf = Descend(root);

        public KeyValuePair<string, TValue> Current => new(_leaf.Keys[_at], _leaf.Values[_at]);

        object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            if (++_at < _leaf.Keys.Length)
                return true;
            while (_path.TryPop(out var place))
            {
                if (place.Child + 1 == place.Branch.Children.Length)
                    continue;
                _path.Push((place.Branch, place.Child + 1));
                (_leaf, _at) = (Descend(place.Branch.Children[place.Child + 1]), 0); // no leaf is empty but a root
                return true;
            }
            _at = _leaf.Keys.Length;
            return false;
        }

        private SortedLeaf<TValue> Descend(SortedNode<TValue> node)
        {
            while (node is SortedBranch<TValue> branch)
            {
                _path.Push((branch, 0));
                node = branch.Children[0];
            }
            return (SortedLeaf<TValue>)node;
        }

        public void Reset() => throw new NotSupportedException();

        public void Dispose() { }
    }
}

/// <summary>Makes maps.</summary>
public static class SortedMap
{
    public static SortedMap<TValue> Empty<TValue>() => SortedMap<TValue>.None;

    /// <summary>A map of entries in any order, each key once; cheapest where they come sorted.</summary>
    public static SortedMap<TValue> Of<TValue>(IEnumerable<KeyValuePair<string, TValue>> entries)
    {
        var builder = Empty<TValue>().ToBuilder();
        foreach (var (key, value) in entries)
        {
            if (!builder.Set(key, value))
                throw new ArgumentException($"'{key}' comes twice.", nameof(entries));
        }
        return builder.ToMap();
    }
}
