namespace EventOnly.Server.Projects;

/// <summary>
/// The newest frames of a project, back to back, shared by all members. One writer publishes; any thread reads, without locks: published bytes
/// never change, and a reader that holds them keeps them alive. A position is a byte offset since the tape began.
/// </summary>
/// <param name="bytesMax">Bytes kept at least before the oldest are dropped. No memory is held until something is published.</param>
internal sealed class Tape(int bytesMax)
{
    private const int ChunkBytesMin = 4 * 1024;
    private const int ChunkBytesMax = 80 * 1024; // less than what the runtime calls a large object

    private sealed class Chunk(byte[] bytes, long start, long firstSeq)
    {
        public readonly byte[] Bytes = bytes;
        public readonly long Start = start;
        public readonly long FirstSeq = firstSeq;

        /// <summary>Where each of its frames begins. The writer's own.</summary>
        public readonly List<int> Frames = [];

        /// <summary>Bytes published. Written after the bytes are, so that a reader never sees what is not there yet.</summary>
        public int Length;

        public long End => Start + Volatile.Read(ref Length);
    }

    private Chunk[] _chunks = [];
    private long _nextSeq = 1;

    /// <summary>The position after the newest frame.</summary>
    public long Head => Volatile.Read(ref _chunks) is [.., var last] ? last.End : 0;

    /// <summary>The writer's: bytes of memory that it holds.</summary>
    public long Bytes { get; private set; }

    /// <summary>The writer's: lets go of all frames. Who has not read them by now is too far behind.</summary>
    public void Release()
    {
        if (Bytes == 0)
            return;
        Bytes = 0;
        Volatile.Write(ref _chunks, [new Chunk([], Head, _nextSeq)]); // without bytes, it says where the tape stands
    }

    /// <summary>The writer's: what seq the next frame gets when the tape is empty.</summary>
    public void StartAfter(long seq) => _nextSeq = seq + 1;

    /// <summary>The writer's: puts a complete frame behind the others.</summary>
    public void Publish(ReadOnlySpan<byte> frame) => Publish(frame, [0]);

    /// <summary>The writer's: puts complete frames behind the others, all at once and together, so that a reader takes them in one.</summary>
    /// <param name="frames">Back to back.</param>
    /// <param name="starts">Where each of them begins.</param>
    public void Publish(ReadOnlySpan<byte> frames, ReadOnlySpan<int> starts)
    {
        var chunk = RoomFor(frames.Length);
        foreach (var start in starts)
            chunk.Frames.Add(chunk.Length + start);
        frames.CopyTo(chunk.Bytes.AsSpan(chunk.Length));
        _nextSeq += starts.Length;
        Volatile.Write(ref chunk.Length, chunk.Length + frames.Length);
    }

    /// <summary>
    /// The writer's: puts a complete frame behind the others that is no event, so that it takes no seq. Who resumes behind the event before it does not
    /// get it any more.
    /// </summary>
    public void PublishBeside(ReadOnlySpan<byte> frame)
    {
        var chunk = RoomFor(frame.Length);
        frame.CopyTo(chunk.Bytes.AsSpan(chunk.Length));
        Volatile.Write(ref chunk.Length, chunk.Length + frame.Length);
    }

    /// <summary>The writer's: what it publishes next shall lie together, up to so many bytes, if this tape carries much at all.</summary>
    public void Reserve(int bytes)
    {
        if (_chunks is [.., var last] && last.Bytes.Length >= bytes)
            RoomFor(bytes);
    }

    /// <summary>
    /// The bytes from a position on, as far as they lie together; empty at the head. False where they have been dropped: that reader is too far
    /// behind.
    /// </summary>
    public bool TryRead(long position, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        var chunks = Volatile.Read(ref _chunks);
        for (var i = chunks.Length - 1; i >= 0; i--)
        {
            var chunk = chunks[i];
            if (position < chunk.Start)
                continue;
            var offset = (int)(position - chunk.Start);
            bytes = chunk.Bytes.AsMemory(offset, Volatile.Read(ref chunk.Length) - offset);
            return true;
        }
        return chunks.Length == 0;
    }

    /// <summary>The writer's: where the frame after a seq begins (or will begin); false where it is no longer, or not yet, here.</summary>
    public bool TryFindAfter(long seq, out long position)
    {
        position = Head;
        if (seq == _nextSeq - 1)
            return true;
        foreach (var chunk in _chunks)
        {
            if (seq + 1 < chunk.FirstSeq || seq + 1 >= chunk.FirstSeq + chunk.Frames.Count)
                continue;
            position = chunk.Start + chunk.Frames[(int)(seq + 1 - chunk.FirstSeq)];
            return true;
        }
        return false;
    }

    private Chunk RoomFor(int length)
    {
        var chunks = _chunks;
        if (chunks is [.., var last] && last.Bytes.Length - last.Length >= length)
            return last;

        var size = chunks is [.., var before] ? Math.Clamp(before.Bytes.Length * 2, ChunkBytesMin, ChunkBytesMax) : ChunkBytesMin;
        var chunk = new Chunk(new byte[Math.Max(size, length)], Head, _nextSeq);
        var kept = 0;
        // A chunk goes when what stays is enough without it.
        while (kept < chunks.Length && Head - chunks[kept].End >= bytesMax)
            Bytes -= chunks[kept++].Bytes.Length;
        Bytes += chunk.Bytes.Length;
        Volatile.Write(ref _chunks, [.. chunks.AsSpan(kept), chunk]);
        return chunk;
    }
}
