using EventOnly.Protocol.Text;

namespace EventOnly.Protocol.State;

/// <summary>How much of a text's past is kept to transform edits that were written before their author knew of it. Nothing by default.</summary>
/// <param name="Edits">Edits kept at most.</param>
/// <param name="Bytes">Bytes of memory of these, counted as <see cref="TextWindow.BytesOf"/> does.</param>
internal readonly record struct TextWindowBounds(int Edits, int Bytes);

/// <summary>An edit as it stands in the journal.</summary>
internal readonly record struct TextEdit(long Seq, Delta Delta);

/// <summary>
/// The newest edits of a text, in the order of the journal. Immutable, and its versions share all but the last few. It is counted, never timed, so
/// that whoever folds the same events keeps the same; what it does not keep costs an author a round trip and nothing else.
/// <code>
///   dropped | sealed chunks of 32 | tail
///           ^ _start, within the first of them
/// </code>
/// </summary>
internal sealed class TextWindow
{
    private const int ChunkEdits = 32;

    private readonly TextEdit[][] _sealed;
    private readonly TextEdit[] _tail;
    private readonly int _start;
    private readonly int _deadBytes; // of edits that were dropped, and whose chunk is still there

    private TextWindow(TextEdit[][] chunks, TextEdit[] tail, int start, int count, int bytes, int deadBytes, long droppedUpTo) =>
        (_sealed, _tail, _start, Count, Bytes, _deadBytes, DroppedUpTo) = (chunks, tail, start, count, bytes, deadBytes, droppedUpTo);

    /// <summary>One that has nothing of what was up to a seq.</summary>
    public static TextWindow After(long seq) => new([], [], 0, 0, 0, 0, seq);

    /// <summary>Edits that are kept.</summary>
    public int Count { get; }

    /// <summary>Bytes of memory of the edits that are kept, about.</summary>
    public int Bytes { get; }

    /// <summary>The seq of the newest edit that is not kept, or a later one: what was written at it or after it can be transformed.</summary>
    public long DroppedUpTo { get; }

    /// <summary>The seq of the text's newest edit, or a later one where it is not known.</summary>
    public long Newest => Count == 0 ? DroppedUpTo : this[Count - 1].Seq;

    public ref readonly TextEdit this[int index]
    {
        get
        {
            var (chunk, at) = int.DivRem(_start + index, ChunkEdits);
            return ref chunk < _sealed.Length ? ref _sealed[chunk][at] : ref _tail[_start + index - _sealed.Length * ChunkEdits];
        }
    }

    /// <summary>What an edit costs in memory, about. Part of what all nodes must count alike.</summary>
    public static int BytesOf(Delta delta) => 96 + 24 * delta.Count + 2 * delta.Inserted;

    /// <summary>Where the edits after a seq begin.</summary>
    public int IndexAfter(long seq)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (this[middle].Seq <= seq)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public TextWindow Add(long seq, Delta delta, TextWindowBounds bounds)
    {
        var (chunks, tail, start, count, bytes, dead, droppedUpTo) = (_sealed, _tail, _start, Count + 1, Bytes + BytesOf(delta), _deadBytes, DroppedUpTo);
        var dropped = 0;
        for (; count > bounds.Edits || bytes > bounds.Bytes; count--, dropped++)
        {
            var oldest = dropped < Count ? this[dropped] : new(seq, delta);
            var freed = BytesOf(oldest.Delta);
            (bytes, dead, droppedUpTo) = (bytes - freed, dead + freed, oldest.Seq);
        }
        if (count == 0)
            return After(seq);
        tail = [.. tail, new(seq, delta)];
        start += dropped;
        if (dead > bounds.Bytes / 4 || start >= ChunkEdits)
            (chunks, tail, start, dead) = Cut(chunks, tail, start);
        if (tail.Length == ChunkEdits)
            (chunks, tail) = ([.. chunks, tail], []);
        return new(chunks, tail, start, count, bytes, dead, droppedUpTo);
    }

    /// <summary>Lets go of the memory of what was dropped.</summary>
    private static (TextEdit[][] Chunks, TextEdit[] Tail, int Start, int Dead) Cut(TextEdit[][] chunks, TextEdit[] tail, int start)
    {
        var gone = Math.Min(start / ChunkEdits, chunks.Length);
        chunks = gone == 0 ? chunks : chunks[gone..];
        start -= gone * ChunkEdits;
        if (chunks.Length == 0)
            return (chunks, tail[start..], 0, 0);
        if (start > 0)
        {
            chunks = [.. chunks];
            chunks[0] = [.. new TextEdit[start], .. chunks[0].AsSpan(start)];
        }
        return (chunks, tail, start, 0);
    }
}
