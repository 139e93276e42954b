namespace EventOnly.Tools.Load;

/// <summary>What is known of one event since a member first heard it.</summary>
/// <param name="Author">The client that asked for it; -1 if it was none of ours.</param>
/// <param name="N">The author's number.</param>
/// <param name="IntendedAt">The moment it was meant for, as a timestamp; 0 where that is not measured.</param>
internal readonly record struct Heard(int Author, long N, long IntendedAt);

/// <summary>
/// The events of one project as its members heard them: the first who hears one writes it down, all others must hear the same bytes. It also
/// remembers which command numbers took effect, each of which may do so once.
/// </summary>
/// <param name="authorOf">Whose event it is, by member, seq and frame; called for the first who hears it only.</param>
internal sealed class ProjectRecord(string id, Func<int, long, ReadOnlyMemory<byte>, Heard> authorOf, Breaches breaches)
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Author, long N), long> _effects = [];
    private Entry[]?[] _chunks = new Entry[]?[16];
    private long _count;

    public string Id { get; } = id;

    /// <summary>Different events heard by anybody.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Events nobody heard, up to a seq that somebody stands at: snapshots took their place for all.</summary>
    public long HoleCountUpTo(long seq) => Math.Max(0, seq - Count);

    /// <summary>A member heard this event.</summary>
    /// <param name="seq">Positive, and not far beyond what there can be: memory is taken for all below it.</param>
    public Heard Hear(int member, long seq, ReadOnlyMemory<byte> frame)
    {
        var print = PrintOf(frame.Span);
        if (Find(seq) is { } chunk)
        {
            ref var known = ref chunk[seq & (ChunkSize - 1)];
            if (Volatile.Read(ref known.Print) is not 0 and var before)
                return Compare(member, seq, print, before, known.What);
        }
        lock (_gate)
        {
            ref var entry = ref Make(seq)[seq & (ChunkSize - 1)];
            if (entry.Print != 0)
                return Compare(member, seq, print, entry.Print, entry.What);
            entry.What = authorOf(member, seq, frame);
            Volatile.Write(ref entry.Print, print); // last: who sees it may read the rest
            _count++;
            if (entry.What.Author >= 0 && !_effects.TryAdd((entry.What.Author, entry.What.N), seq))
                breaches.Add(new("twice", entry.What.Author, Id, seq, $"command {entry.What.N} took effect here, and at {_effects[(entry.What.Author, entry.What.N)]} too."));
            return entry.What;
        }
    }

    /// <summary>Whether anybody heard of the effect of a command.</summary>
    public bool HasEffect(int author, long n)
    {
        lock (_gate)
            return _effects.ContainsKey((author, n));
    }

    private Heard Compare(int member, long seq, int print, int before, Heard what)
    {
        if (print != before)
            breaches.Add(new("content", member, Id, seq, "told other bytes than the first who was told."));
        return what;
    }

    private Entry[]? Find(long seq)
    {
        var chunks = Volatile.Read(ref _chunks);
        var at = seq >> ChunkBits;
        return at < chunks.Length ? Volatile.Read(ref chunks[at]) : null;
    }

    private Entry[] Make(long seq)
    {
        var at = (int)(seq >> ChunkBits);
        if (at >= _chunks.Length)
        {
            var larger = new Entry[]?[Math.Max(at + 1, _chunks.Length * 2)];
            _chunks.CopyTo(larger, 0);
            Volatile.Write(ref _chunks, larger);
        }
        if (_chunks[at] is { } chunk)
            return chunk;
        chunk = new Entry[ChunkSize];
        Volatile.Write(ref _chunks[at], chunk);
        return chunk;
    }

    /// <summary>Tells two texts apart, within this process; never 0.</summary>
    private static int PrintOf(ReadOnlySpan<byte> frame)
    {
        var hash = new HashCode();
        hash.AddBytes(frame);
        return hash.ToHashCode() is not 0 and var print ? print : 1;
    }

    private struct Entry
    {
        public Heard What;
        public int Print;
    }
}
