namespace EventOnly.Protocol.Text;

/// <summary>Pieces of one height in a row.</summary>
internal sealed class TextBranch : TextNode
{
    public const int ChildrenMax = 16;
    private const int ChildrenMin = ChildrenMax / 4;

    private readonly TextNode[] _children;

    private TextBranch(TextNode[] children, int length) : base(length) => (_children, Height) = (children, children[0].Height + 1);

    public override int Height { get; }

    public override bool IsUnderfull => _children.Length < ChildrenMin;

    public ReadOnlySpan<TextNode> Children => _children;

    public override char this[int index]
    {
        get
        {
            var child = Find(ref index);
            return _children[child][index];
        }
    }

    /// <summary>A branch that owns the array.</summary>
    public static TextBranch Own(TextNode[] children)
    {
        var length = 0;
        foreach (var child in children)
            length = checked(length + child.Length);
        return new(children, length);
    }

    public TextBranch With(int index, TextNode child)
    {
        var children = _children.AsSpan().ToArray();
        children[index] = child;
        return new(children, checked(Length - _children[index].Length + child.Length));
    }

    /// <summary>The child that has the unit at a place, which becomes the place in that child. The end of all is in the last one.</summary>
    public int Find(ref int at)
    {
        var index = 0;
        for (; index < _children.Length - 1 && at >= _children[index].Length; index++)
            at -= _children[index].Length;
        return index;
    }

    public override void CopyTo(int start, Span<char> destination)
    {
        for (var index = Find(ref start); destination.Length > 0; index++, start = 0)
        {
            var child = _children[index];
            var length = Math.Min(child.Length - start, destination.Length);
            child.CopyTo(start, destination[..length]);
            destination = destination[length..];
        }
    }

    protected override (TextHash Hash, TextHash Power) ComputeHash()
    {
        var (hash, power) = (_children[0].Hash, _children[0].Power);
        foreach (var child in _children.AsSpan(1))
            (hash, power) = (hash.Append(child.Hash, child.Power), power.Times(child.Power));
        return (hash, power);
    }
}
