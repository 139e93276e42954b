namespace EventOnly.Protocol.Text;

/// <summary>A piece of a text, of which any number of versions of that text may be made. Never changes, but for the hash, which it remembers once asked.</summary>
internal abstract class TextNode(int length)
{
    private const ulong Known = 1UL << 63; // both halves are below 2^31, so this bit is free

    // Each is written whole, so a reader on another thread sees all of it or nothing, and then computes the same.
    private ulong _hash;
    private ulong _power;

    public int Length { get; } = length;

    /// <summary>Levels of branches below this one; 0 of a leaf.</summary>
    public abstract int Height { get; }

    public abstract bool IsUnderfull { get; }

    public abstract char this[int index] { get; }

    public TextHash Hash => Volatile.Read(ref _hash) is not 0 and var known ? Unpacked(known) : Remember().Hash;

    /// <summary>The bases of the hash, raised to the length.</summary>
    public TextHash Power => Volatile.Read(ref _power) is not 0 and var known ? Unpacked(known) : Remember().Power;

    public abstract void CopyTo(int start, Span<char> destination);

    protected abstract (TextHash Hash, TextHash Power) ComputeHash();

    private (TextHash Hash, TextHash Power) Remember()
    {
        var computed = ComputeHash();
        Volatile.Write(ref _hash, Packed(computed.Hash));
        Volatile.Write(ref _power, Packed(computed.Power));
        return computed;
    }

    private static ulong Packed(TextHash hash) => Known | ((ulong)hash.First << 32) | hash.Second;

    private static TextHash Unpacked(ulong packed) => new((uint)((packed & ~Known) >> 32), (uint)packed);
}
