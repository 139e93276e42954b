namespace EventOnly.Protocol.Text;

/// <summary>A place in a delta, which may be in the middle of a part. Past its end a delta retains for ever.</summary>
internal ref struct DeltaCursor(ReadOnlySpan<DeltaPart> parts)
{
    private readonly ReadOnlySpan<DeltaPart> _parts = parts;
    private int _index;
    private int _used;

    public readonly bool IsAtEnd => _index == _parts.Length;

    public readonly DeltaKind Kind => IsAtEnd ? DeltaKind.Retain : _parts[_index].Kind;

    /// <summary>Units left of the part it stands in.</summary>
    public readonly int Rest => IsAtEnd ? int.MaxValue : _parts[_index].Length - _used;

    /// <summary>Goes on by units of the part it stands in, and gives their number.</summary>
    public int Skip(int length)
    {
        if (IsAtEnd)
            return length;
        _used += length;
        if (_used == _parts[_index].Length)
            (_index, _used) = (_index + 1, 0);
        return length;
    }

    /// <summary>Goes on over units of an insert, and puts them into <paramref name="output"/>.</summary>
    public void InsertInto(DeltaBuilder output, int length)
    {
        output.Insert(_parts[_index], _used, length);
        Skip(length);
    }
}
