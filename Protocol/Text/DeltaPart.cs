namespace EventOnly.Protocol.Text;

/// <summary>What a part of a delta does with the old text.</summary>
public enum DeltaKind : byte
{
    /// <summary>Keeps units.</summary>
    Retain,

    /// <summary>Puts in units.</summary>
    Insert,

    /// <summary>Takes away units.</summary>
    Delete,
}

/// <summary>One step of a delta. An insert is a slice of a string that others may share: slicing it copies nothing.</summary>
public readonly struct DeltaPart : IEquatable<DeltaPart>
{
    private const int Kept = 0;
    private const int Deleted = 1;

    private readonly string? _source;
    private readonly int _start; // of an insert where it starts in its source, else what is done

    private DeltaPart(string? source, int start, int length) => (_source, _start, Length) = (source, start, length);

    /// <summary>UTF-16 units kept, put in or taken away.</summary>
    public int Length { get; }

    /// <summary>What is done.</summary>
    public DeltaKind Kind => _source is not null ? DeltaKind.Insert : _start == Kept ? DeltaKind.Retain : DeltaKind.Delete;

    /// <summary>The units of an insert; nothing for the other kinds.</summary>
    public ReadOnlySpan<char> Inserted => _source is null ? default : _source.AsSpan(_start, Length);

    /// <summary>The string an insert is a slice of.</summary>
    internal string Source => _source!;

    /// <summary>Where the insert starts in its <see cref="Source"/>.</summary>
    internal int Start => _start;

    internal static DeltaPart Retain(int length) => new(null, Kept, length);

    internal static DeltaPart Delete(int length) => new(null, Deleted, length);

    internal static DeltaPart Insert(string source, int start, int length) => new(source, start, length);

    /// <inheritdoc/>
    public bool Equals(DeltaPart other) => Kind == other.Kind && Length == other.Length && Inserted.SequenceEqual(other.Inserted);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DeltaPart other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Length, string.GetHashCode(Inserted, StringComparison.Ordinal));

    /// <summary>Whether both do the same.</summary>
    public static bool operator ==(DeltaPart left, DeltaPart right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(DeltaPart left, DeltaPart right) => !left.Equals(right);
}
