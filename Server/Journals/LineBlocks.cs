namespace EventOnly.Server.Journals;

/// <summary>A part of a file that begins with a line and, but for the last one of the file, ends with a line break.</summary>
/// <param name="Offset">Where it stands in the file.</param>
internal readonly record struct LineBlock(long Offset, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Cuts a file into blocks of whole lines. Each block is the caller's to keep, so that one may be looked at while the next is read. Not built on
/// <see cref="LineReader"/>: who checks what a reader would serve must not share its faults.
/// </summary>
/// <param name="from">Where a line begins.</param>
internal sealed class LineBlocks(IJournalFile file, long end, int blockBytes = 1024 * 1024, long from = 0)
{
    private byte[] _rest = [];
    private long _readTo = from;

    /// <summary>The next block; false at the end. Only the last one may lack its line break.</summary>
    public bool TryNext(out LineBlock block)
    {
        var bytes = _rest;
        var offset = _readTo - _rest.Length;
        var (length, searched) = (_rest.Length, 0);
        _rest = [];
        while (true)
        {
            if (bytes.Length < length + blockBytes)
                Array.Resize(ref bytes, length + blockBytes);
            var read = Fill(bytes.AsSpan(length));
            length += read;
            var found = bytes.AsSpan(searched, length - searched).LastIndexOf((byte)'\n');
            if (read == 0 || found >= 0)
            {
                var whole = read == 0 ? length : searched + found + 1;
                _rest = bytes[whole..length];
                block = new(offset, bytes.AsMemory(0, whole));
                return whole > 0;
            }
            searched = length;
        }
    }

    private int Fill(Span<byte> space)
    {
        var filled = 0;
        while (filled < space.Length && _readTo < end)
        {
            var read = file.Read(_readTo, space[filled..Math.Min(space.Length, (int)Math.Min(int.MaxValue, filled + end - _readTo))]);
            if (read == 0)
                break;
            filled += read;
            _readTo += read;
        }
        return filled;
    }
}
