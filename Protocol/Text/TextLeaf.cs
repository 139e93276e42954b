namespace EventOnly.Protocol.Text;

/// <summary>Units in a row. Small enough to be copied for a keystroke, large enough that the tree above them weighs little.</summary>
internal sealed class TextLeaf(char[] units) : TextNode(units.Length)
{
    public const int UnitsMax = 512;
    public const int UnitsMin = UnitsMax / 4;

    /// <summary>The bases of the hash, raised to <see cref="UnitsMax"/> and down to 0: that many products of 47 bits need no reduction in between.</summary>
    private static readonly uint[] s_firstPowers = Powers(static power => power.First);
    private static readonly uint[] s_secondPowers = Powers(static power => power.Second);

    public override int Height => 0;

    public override bool IsUnderfull => Length < UnitsMin;

    public ReadOnlySpan<char> Units => units;

    public override char this[int index] => units[index];

    public override void CopyTo(int start, Span<char> destination) => units.AsSpan(start, destination.Length).CopyTo(destination);

    public TextLeaf Replace(int at, int removed, ReadOnlySpan<char> inserted)
    {
        var replaced = new char[units.Length - removed + inserted.Length];
        units.AsSpan(0, at).CopyTo(replaced);
        inserted.CopyTo(replaced.AsSpan(at));
        units.AsSpan(at + removed).CopyTo(replaced.AsSpan(at + inserted.Length));
        return new(replaced);
    }

    public static TextLeaf Of(ReadOnlySpan<char> first, ReadOnlySpan<char> second = default)
    {
        var units = new char[first.Length + second.Length];
        first.CopyTo(units);
        second.CopyTo(units.AsSpan(first.Length));
        return new(units);
    }

    protected override (TextHash Hash, TextHash Power) ComputeHash()
    {
        ulong first = 0, second = 0;
        var firstPowers = s_firstPowers.AsSpan(UnitsMax + 1 - units.Length);
        var secondPowers = s_secondPowers.AsSpan(UnitsMax + 1 - units.Length);
        for (var i = 0; i < units.Length && i < firstPowers.Length && i < secondPowers.Length; i++)
        {
            var unit = (ulong)units[i] + 1;
            first += unit * firstPowers[i];
            second += unit * secondPowers[i];
        }
        return (new(TextHash.Reduce(first), TextHash.Reduce(second)), new(s_firstPowers[UnitsMax - units.Length], s_secondPowers[UnitsMax - units.Length]));
    }

    private static uint[] Powers(Func<TextHash, uint> lane) =>
        [.. Enumerable.Range(0, UnitsMax + 1).Select(i => lane(TextHash.PowerOf(UnitsMax - i)))];
}
