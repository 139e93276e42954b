namespace EventOnly.Protocol.Text;

/// <summary>
/// A text as a balanced tree of pieces. Changing it makes the leaf and the branches above it anew and shares all the rest; what is larger than a leaf
/// can take is cut and joined.
/// </summary>
internal static class TextTree
{
    private const int LeafUnits = TextLeaf.UnitsMax * 3 / 4; // a loaded text has room for edits
    private const int BranchChildren = TextBranch.ChildrenMax * 3 / 4;

    public static TextNode Empty { get; } = new TextLeaf([]);

    public static TextNode Of(ReadOnlySpan<char> text)
    {
        if (text.Length <= TextLeaf.UnitsMax)
            return text.IsEmpty ? Empty : TextLeaf.Of(text);
        var nodes = new TextNode[(text.Length + LeafUnits - 1) / LeafUnits];
        for (var i = 0; i < nodes.Length; i++)
        {
            var (start, end) = (Share(text.Length, i, nodes.Length), Share(text.Length, i + 1, nodes.Length));
            nodes[i] = TextLeaf.Of(text[start..end]);
        }
        while (nodes.Length > 1)
        {
            var branches = new TextNode[(nodes.Length + BranchChildren - 1) / BranchChildren];
            for (var i = 0; i < branches.Length; i++)
                branches[i] = TextBranch.Own(nodes[Share(nodes.Length, i, branches.Length)..Share(nodes.Length, i + 1, branches.Length)]);
            nodes = branches;
        }
        return nodes[0];
    }

    public static TextNode Splice(TextNode root, int at, int removed, ReadOnlySpan<char> inserted)
    {
        if (ReplaceInLeaf(root, at, removed, inserted, 0) is { } replaced)
            return replaced;
        var (before, rest) = Cut(root, at);
        var after = removed == 0 ? rest : Cut(rest, removed).After;
        return Join(Join(before, Of(inserted)), after);
    }

    /// <summary>The common case: all of it happens in one leaf, which stays of a good size. Null where it does not.</summary>
    private static TextNode? ReplaceInLeaf(TextNode node, int at, int removed, ReadOnlySpan<char> inserted, int unitsMin)
    {
        if (node is TextLeaf leaf)
        {
            var length = leaf.Length - removed + inserted.Length;
            return at + removed > leaf.Length || length > TextLeaf.UnitsMax || length < unitsMin ? null : leaf.Replace(at, removed, inserted);
        }
        var branch = (TextBranch)node;
        var index = branch.Find(ref at);
        return ReplaceInLeaf(branch.Children[index], at, removed, inserted, TextLeaf.UnitsMin) is { } child ? branch.With(index, child) : null;
    }

    private static (TextNode Before, TextNode After) Cut(TextNode node, int at)
    {
        if (at == 0)
            return (Empty, node);
        if (at == node.Length)
            return (node, Empty);
        if (node is TextLeaf leaf)
            return (TextLeaf.Of(leaf.Units[..at]), TextLeaf.Of(leaf.Units[at..]));
        var branch = (TextBranch)node;
        var index = branch.Find(ref at);
        var (before, after) = Cut(branch.Children[index], at);
        return (Join(Some(branch.Children[..index]), before), Join(after, Some(branch.Children[(index + 1)..])));
    }

    private static TextNode Some(ReadOnlySpan<TextNode> children) => children switch
    {
        [] => Empty,
        [var single] => single,
        _ => TextBranch.Own(children.ToArray()),
    };

    private static TextNode Join(TextNode first, TextNode second)
    {
        if (first.Length == 0 || second.Length == 0)
            return first.Length == 0 ? second : first;
        var (left, right) = Meet(first, second);
        return right is null ? left : TextBranch.Own([left, right]);
    }

    /// <summary>Both in a row, as one or two nodes of the height of the higher one.</summary>
    private static (TextNode Left, TextNode? Right) Meet(TextNode first, TextNode second)
    {
        if (first is TextLeaf a && second is TextLeaf b)
            return Meet(a, b);
        var left = first.Height >= second.Height ? ((TextBranch)first).Children : default;
        var right = second.Height >= first.Height ? ((TextBranch)second).Children : default;
        var (inner, outer) = (left.IsEmpty ? first : left[^1], right.IsEmpty ? second : right[0]);
        if (first.Height == second.Height && !(first.IsUnderfull || second.IsUnderfull || inner.IsUnderfull || outer.IsUnderfull))
            return (first, second);
        var (one, other) = Meet(inner, outer);
        TextNode[] all = [.. left.IsEmpty ? left : left[..^1], one, .. other is null ? [] : new[] { other }, .. right.IsEmpty ? right : right[1..]];
        if (all.Length <= TextBranch.ChildrenMax)
            return (TextBranch.Own(all), null);
        return (TextBranch.Own(all[..(all.Length / 2)]), TextBranch.Own(all[(all.Length / 2)..]));
    }

    private static (TextNode Left, TextNode? Right) Meet(TextLeaf first, TextLeaf second)
    {
        var length = first.Length + second.Length;
        if (length <= TextLeaf.UnitsMax)
            return (TextLeaf.Of(first.Units, second.Units), null);
        if (!first.IsUnderfull && !second.IsUnderfull)
            return (first, second);
        var half = length / 2;
        return half <= first.Length
            ? (TextLeaf.Of(first.Units[..half]), TextLeaf.Of(first.Units[half..], second.Units))
            : (TextLeaf.Of(first.Units, second.Units[..(half - first.Length)]), TextLeaf.Of(second.Units[(half - first.Length)..]));
    }

    /// <summary>Where the part with an index starts, when a length is shared out evenly.</summary>
    private static int Share(int length, int index, int parts) => (int)((long)length * index / parts);
}
