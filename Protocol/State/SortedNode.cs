namespace EventOnly.Protocol.State;

/// <summary>
/// A node of a <see cref="SortedMap{TValue}"/>. Keys never change in place, so that versions can share them; values and children do where a builder
/// made the node itself and nobody else has seen it.
/// </summary>
internal abstract class SortedNode<TValue>(object? owner)
{
    /// <summary>Entries of a leaf and children of a branch: more copies more at a change, fewer makes paths longer.</summary>
    protected const int WidthMax = 16;

    /// <summary>Below it a node looks for a neighbour to become one with.</summary>
    protected const int WidthMin = 5;

    protected object? Owner { get; } = owner;

    public abstract int Width { get; }

    public abstract string FirstKey { get; }

    /// <summary>Sets a value. Gives what stands in the node's place, and behind it where it had to be split.</summary>
    public abstract (SortedNode<TValue> Node, SortedNode<TValue>? Sibling, bool IsNew) Set(string key, TValue value, object owner);

    /// <summary>Removes a value; the node that is left may be empty.</summary>
    public abstract (SortedNode<TValue> Node, bool Found) Remove(string key, object owner);

    /// <summary>One node of this and the next.</summary>
    public abstract SortedNode<TValue> Join(SortedNode<TValue> next, object owner);

    /// <summary>Where a node that is too wide is split. Ids often come in order: then what lies behind is not touched again, and shall be full.</summary>
    protected static int Split(int width, int added) => added == width - 1 ? width - 1 : width / 2;

    /// <summary>Where a key stands, or the complement of where it would.</summary>
    protected static int Find(string[] keys, string key)
    {
        var (low, high) = (0, keys.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(keys[middle], key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }
}

/// <summary>Entries, the keys and the values apart: most changes replace a value.</summary>
internal sealed class SortedLeaf<TValue>(string[] keys, TValue[] values, object? owner) : SortedNode<TValue>(owner)
{
    public string[] Keys => keys;

    public TValue[] Values => values;

    public override int Width => keys.Length;

    public override string FirstKey => keys[0];

    public int IndexOf(string key) => Find(keys, key);

    public override (SortedNode<TValue> Node, SortedNode<TValue>? Sibling, bool IsNew) Set(string key, TValue value, object owner)
    {
        var at = Find(keys, key);
        if (at >= 0)
        {
            var leaf = Owner == owner ? this : new SortedLeaf<TValue>(keys, values.AsSpan().ToArray(), owner);
            leaf.Values[at] = value;
            return (leaf, null, false);
        }
        at = ~at;
        string[] moreKeys = [.. keys.AsSpan(0, at), key, .. keys.AsSpan(at)];
        TValue[] moreValues = [.. values.AsSpan(0, at), value, .. values.AsSpan(at)];
        if (moreKeys.Length <= WidthMax)
            return (new SortedLeaf<TValue>(moreKeys, moreValues, owner), null, true);
        var split = Split(moreKeys.Length, at);
        return (new SortedLeaf<TValue>(moreKeys[..split], moreValues[..split], owner), new SortedLeaf<TValue>(moreKeys[split..], moreValues[split..], owner), true);
    }

    public override (SortedNode<TValue> Node, bool Found) Remove(string key, object owner)
    {
        var at = Find(keys, key);
        return at < 0
            ? (this, false)
            : (new SortedLeaf<TValue>([.. keys.AsSpan(0, at), .. keys.AsSpan(at + 1)], [.. values.AsSpan(0, at), .. values.AsSpan(at + 1)], owner), true);
    }

    public override SortedNode<TValue> Join(SortedNode<TValue> next, object owner)
    {
        var other = (SortedLeaf<TValue>)next;
        return new SortedLeaf<TValue>([.. keys, .. other.Keys], [.. values, .. other.Values], owner);
    }
}

/// <summary>The way to the leaves: child i + 1 holds the keys from <paramref name="keys"/>[i] on. A key that left its leaf may still show the way.</summary>
internal sealed class SortedBranch<TValue>(string[] keys, SortedNode<TValue>[] children, object? owner) : SortedNode<TValue>(owner)
{
    public SortedNode<TValue>[] Children => children;

    private string[] Keys => keys;

    public override int Width => children.Length;

    public override string FirstKey => children[0].FirstKey;

    /// <summary>Which child a key is in, if it is anywhere.</summary>
    public int Way(string key)
    {
        var at = Find(keys, key);
        return at >= 0 ? at + 1 : ~at;
    }

    public override (SortedNode<TValue> Node, SortedNode<TValue>? Sibling, bool IsNew) Set(string key, TValue value, object owner)
    {
        var way = Way(key);
        var (child, sibling, isNew) = children[way].Set(key, value, owner);
        if (sibling is null)
            return (With(way, child, owner), null, isNew);
        string[] moreKeys = [.. keys.AsSpan(0, way), sibling.FirstKey, .. keys.AsSpan(way)];
        SortedNode<TValue>[] more = [.. children.AsSpan(0, way), child, sibling, .. children.AsSpan(way + 1)];
        if (more.Length <= WidthMax)
            return (new SortedBranch<TValue>(moreKeys, more, owner), null, isNew);
        var split = Math.Min(Split(more.Length, way + 1), more.Length - 2); // a branch has two children at least
        return (
            new SortedBranch<TValue>(moreKeys[..(split - 1)], more[..split], owner),
            new SortedBranch<TValue>(moreKeys[split..], more[split..], owner), isNew);
    }

    public override (SortedNode<TValue> Node, bool Found) Remove(string key, object owner)
    {
        var way = Way(key);
        var (child, found) = children[way].Remove(key, owner);
        if (!found)
            return (this, false);
        if (child.Width == 0)
            return (Without(way, owner), true);
        var other = way + 1 < children.Length ? way + 1 : way - 1;
        if (child.Width >= WidthMin || other < 0 || child.Width + children[other].Width > WidthMax)
            return (With(way, child, owner), true);
        var (first, joined) = way < other ? (way, child.Join(children[other], owner)) : (other, children[other].Join(child, owner));
        return (new SortedBranch<TValue>(
            [.. keys.AsSpan(0, first), .. keys.AsSpan(first + 1)],
            [.. children.AsSpan(0, first), joined, .. children.AsSpan(first + 2)], owner), true);
    }

    public override SortedNode<TValue> Join(SortedNode<TValue> next, object owner)
    {
        var other = (SortedBranch<TValue>)next;
        return new SortedBranch<TValue>([.. keys, other.FirstKey, .. other.Keys], [.. children, .. other.Children], owner);
    }

    private SortedBranch<TValue> With(int way, SortedNode<TValue> child, object owner)
    {
        if (ReferenceEquals(children[way], child))
            return this;
        var branch = Owner == owner ? this : new SortedBranch<TValue>(keys, children.AsSpan().ToArray(), owner);
        branch.Children[way] = child;
        return branch;
    }

    private SortedBranch<TValue> Without(int way, object owner)
    {
        var key = Math.Max(0, way - 1);
        return new(
            keys.Length == 0 ? [] : [.. keys.AsSpan(0, key), .. keys.AsSpan(key + 1)],
            [.. children.AsSpan(0, way), .. children.AsSpan(way + 1)], owner);
    }
}
