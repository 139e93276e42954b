using EventOnly.Protocol.State;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Gathers the fields of an object while it is read, in whatever order they come. What it gives owns its bytes: several small values lie in one
/// array, so that a command costs one and not one for each of its fields.
/// </summary>
internal sealed class FieldsBuilder
{
    /// <summary>Bytes of an array that values share: a value that is kept alone keeps no more than that alive.</summary>
    private const int SharedBytesMax = 128;

    private const int KeptFields = 256;

    /// <summary>Sets of names that are remembered, for objects that have the same.</summary>
    private const int ShapesMax = 256;

    [ThreadStatic]
    private static FieldsBuilder? t_ofThisThread;

    private readonly string[]?[] _shapes = new string[]?[ShapesMax];
    private (string Name, int Start, int Length)[] _fields = new (string, int, int)[16];
    private bool _isSorted = true;

    /// <summary>One for all that this thread reads: reading waits for nothing, so one object is whole before the next begins.</summary>
    public static FieldsBuilder OfThisThread => t_ofThisThread ??= new();

    /// <summary>Where the value of the field begun last is written to.</summary>
    public Utf8Buffer Values { get; } = new();

    public int Count { get; private set; }

    public FieldsBuilder Clear()
    {
        (Count, _isSorted) = (0, true);
        Values.Clear();
        if (_fields.Length > KeptFields)
            _fields = new (string, int, int)[KeptFields];
        return this;
    }

    /// <summary>Begins a field. Its value is what is written until <see cref="End"/>.</summary>
    public void Begin(string name)
    {
        if (Count == _fields.Length)
            Array.Resize(ref _fields, Count * 2);
        _isSorted &= Count == 0 || string.CompareOrdinal(_fields[Count - 1].Name, name) < 0;
        _fields[Count] = (name, Values.Length, 0);
    }

    public void End()
    {
        ref var field = ref _fields[Count++];
        field.Length = Values.Length - field.Start;
    }

    /// <summary>The object. Throws <see cref="BadFrameException"/> where a name came twice.</summary>
    public JsonFields ToFields()
    {
        if (!_isSorted)
            Sort();
        var values = Count == 0 ? [] : new CanonicalValue[Count];
        for (var first = 0; first < Count;)
        {
            var (end, bytes) = (first + 1, _fields[first].Length);
            for (; end < Count && bytes + _fields[end].Length <= SharedBytesMax; end++)
                bytes += _fields[end].Length;
            var shared = new byte[bytes];
            for (var at = 0; first < end; first++)
            {
                var (_, start, length) = _fields[first];
                Values.Written.Slice(start, length).CopyTo(shared.AsSpan(at));
                values[first] = new(shared, at, length);
                at += length;
            }
        }
        return JsonFields.Own(Names(), values);
    }

    /// <summary>The names, in an array that others may share.</summary>
    private string[] Names()
    {
        if (Count == 0)
            return [];
        if (Count > KeptFields)
            return NewNames();
        var mark = (uint)Count;
        for (var i = 0; i < Count; i++)
        {
            var name = _fields[i].Name;
            mark = (mark * 31) + (uint)name.Length + (name.Length > 0 ? (uint)name[0] << 3 : 0);
        }
        ref var shape = ref _shapes[mark % ShapesMax];
        return shape is not null && IsOf(shape) ? shape : shape = NewNames();
    }

    private string[] NewNames()
    {
        var names = new string[Count];
        for (var i = 0; i < Count; i++)
            names[i] = _fields[i].Name;
        return names;
    }

    private bool IsOf(string[] shape)
    {
        if (shape.Length != Count)
            return false;
        for (var i = 0; i < Count; i++)
        {
            if (shape[i] != _fields[i].Name)
                return false;
        }
        return true;
    }

    private void Sort()
    {
        _fields.AsSpan(0, Count).Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (var i = 1; i < Count; i++)
        {
            if (_fields[i].Name == _fields[i - 1].Name)
                throw BadFrameException.Json("A key stands twice in an object.");
        }
    }
}
