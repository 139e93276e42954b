namespace EventOnly.Server.Journals;

/// <summary>Reads the lines of a part of a file, in large steps.</summary>
internal sealed class LineReader(IJournalFile file, long offset, long end)
{
    private const int StepBytes = 256 * 1024;

    private byte[] _bytes = [];
    private int _start;
    private int _length;
    private long _readTo = offset;

    /// <summary>Where the next line begins.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The next line without its line break; false at the end, and where what is left has no line break.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> line)
    {
        line = default;
        var searched = 0;
        while (true)
        {
            var found = _bytes.AsSpan(_start + searched, _length - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = _bytes.AsMemory(_start, searched + found);
                var taken = searched + found + 1;
                (_start, _length, Offset) = (_start + taken, _length - taken, Offset + taken);
                return true;
            }
            searched = _length;
            if (!Fill())
                return false;
        }
    }

    private bool Fill()
    {
        if (_readTo >= end)
            return false;
        if (_bytes.Length - _length < StepBytes / 2)
            Array.Resize(ref _bytes, Math.Max((int)Math.Min(StepBytes, end - _readTo), _bytes.Length * 2)); // one line may be longer than a step
        _bytes.AsSpan(_start, _length).CopyTo(_bytes);
        _start = 0;
        var room = (int)Math.Min(_bytes.Length - _length, end - _readTo);
        var read = file.Read(_readTo, _bytes.AsSpan(_length, room));
        (_readTo, _length) = (_readTo + read, _length + read);
        return read > 0;
    }
}
