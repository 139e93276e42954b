namespace EventOnly.Protocol.Text;

/// <summary>Units in a row. Small enough to be copied for a keystroke, large enough that the tree above them weighs little.</summary>
internal sealed class TextLeaf(char[] units) : TextNode(units.Length)
{
    public const int UnitsMax = 512;
    public const int UnitsMin = UnitsMax / 4;

    /// <summary>The bases of the hash, raised to 0 and up: the sum of at most <see cref="UnitsMax"/> products of 47 bits needs no reduction.</summary>
    private static readonly (uint First, uint Second)[] s_powers = Powers();

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
        var powers = s_powers.AsSpan(0, units.Length);
        for (var i = 0; i < units.Length; i++)
        {
            ref readonly var power = ref powers[^(i + 1)];
            var unit = (ulong)units[i] + 1;
            first += unit * power.First;
            second += unit * power.Second;
        }
        var (firstPower, secondPower) = s_powers[units.Length];
        return (new(TextHash.Reduce(first), TextHash.Reduce(second)), new(firstPower, secondPower));
    }

    private static (uint First, uint Second)[] Powers()
    {
        var powers = new (uint, uint)[UnitsMax + 1];
        for (var i = 0; i <= UnitsMax; i++)
            (powers[i].Item1, powers[i].Item2) = TextHash.PowerOf(i);
        return powers;
    }
}
