namespace EventOnly.Protocol.Text;

/// <summary>
/// Builds a delta in normal form whatever it is told: neighbours of one kind become one, an insert beside a delete stands before it, nothing empty is
/// kept, and no retain stands last. May be used again after <see cref="Build"/>.
/// </summary>
public sealed class DeltaBuilder
{
    private const int PartsKept = 1024;
    private const int UnitsKept = 4096;

    [ThreadStatic]
    private static DeltaBuilder? t_ofThisThread;

    private DeltaPart[] _parts = new DeltaPart[8];
    private int _count;
    private int _need;
    private int _inserted;
    private int _deleted;

    // What is still open, in the order of the normal form: any number of retains, then inserts, then deletes, mixed as they came.
    private int _retain;
    private string? _source;
    private int _start;
    private int _insert;
    private int _delete;
    private char[] _units = new char[64]; // the open insert, where it is of more than one piece

    /// <summary>One for all that this thread computes: algebra waits for nothing, so one delta is whole before the next begins.</summary>
    internal static DeltaBuilder OfThisThread => t_ofThisThread ??= new();

    /// <summary>Keeps the next <paramref name="length"/> units.</summary>
    public DeltaBuilder Retain(int length)
    {
        if (length <= 0)
            return this;
        if (_insert > 0 || _delete > 0)
            Flush();
        _retain = checked(_retain + length);
        return this;
    }

    /// <summary>Puts in a text.</summary>
    public DeltaBuilder Insert(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Insert(text, 0, text.Length);
    }

    /// <summary>Puts in a slice of a text, which is not copied.</summary>
    public DeltaBuilder Insert(string source, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (length <= 0)
            return this;
        if (_insert == 0)
            (_source, _start) = (source, start);
        else if (!ReferenceEquals(_source, source) || _start + _insert != start)
            Append(source.AsSpan(start, length));
        _insert = checked(_insert + length);
        return this;
    }

    /// <summary>Takes away the next <paramref name="length"/> units.</summary>
    public DeltaBuilder Delete(int length)
    {
        if (length > 0)
            _delete = checked(_delete + length);
        return this;
    }

    /// <summary>The delta; the builder is empty afterwards.</summary>
    public Delta Build()
    {
        if (_insert > 0 || _delete > 0)
            Flush();
        var delta = _count == 0 ? Delta.Empty : new Delta(_parts.AsSpan(0, _count).ToArray(), _need, _inserted, _deleted);
        Clear();
        return delta;
    }

    /// <summary>Forgets what it was told, also where that ended in the middle.</summary>
    internal DeltaBuilder Clear()
    {
        if (_parts.Length > PartsKept)
            _parts = new DeltaPart[8];
        else
            _parts.AsSpan(0, _count).Clear(); // or their strings would live as long as the thread
        if (_units.Length > UnitsKept)
            _units = new char[64];
        (_count, _need, _inserted, _deleted, _retain, _insert, _delete, _source) = (0, 0, 0, 0, 0, 0, 0, null);
        return this;
    }

    internal DeltaBuilder Insert(in DeltaPart part, int from, int length) => Insert(part.Source, part.Start + from, length);

    /// <summary>Adds a piece to an open insert. Pieces are gathered, so that many of them cost no more than their units.</summary>
    private void Append(ReadOnlySpan<char> piece)
    {
        var gathered = _source is null ? _units.AsSpan(0, _insert) : _source.AsSpan(_start, _insert);
        if (checked(_insert + piece.Length) > _units.Length)
            _units = new char[Math.Max(_units.Length * 2, _insert + piece.Length)];
        gathered.CopyTo(_units);
        piece.CopyTo(_units.AsSpan(_insert));
        _source = null;
    }

    private void Flush()
    {
        if (_parts.Length < _count + 3)
            Array.Resize(ref _parts, _parts.Length * 2);
        if (_retain > 0)
            _parts[_count++] = DeltaPart.Retain(_retain);
        if (_insert > 0)
            _parts[_count++] = _source is null ? DeltaPart.Insert(new(_units, 0, _insert), 0, _insert) : DeltaPart.Insert(_source, _start, _insert);
        if (_delete > 0)
            _parts[_count++] = DeltaPart.Delete(_delete);
        _need = checked(_need + _retain + _delete);
        _inserted = checked(_inserted + _insert);
        _deleted += _delete;
        (_retain, _insert, _delete, _source) = (0, 0, 0, null);
    }
}
