using System.Collections.Immutable;

namespace EventOnly.Server.Journals;

/// <summary>
/// Goes through the lines of a project's segments to the first that is not as it should be. Trusts nothing of what opens a journal: only the grammar
/// of a line is shared.
/// <code>
///   blocks of lines -> checksums, chain, headers (this thread) -> events (another one, a block behind)
/// </code>
/// </summary>
/// <param name="afters">What the segments begin after, in order.</param>
/// <param name="snapshots">Those whose place was found in the segments.</param>
internal sealed class ChainCheck(
    IJournalFiles files, string folder, string project, IReadOnlyList<long> afters, IReadOnlyList<SnapshotHeader> snapshots, EventCheck events, Action<long>? onBytes)
{
    private readonly record struct CheckedLine(int Start, int Length, long Seq);

    private readonly ImmutableArray<KeptPart>.Builder _kept = ImmutableArray.CreateBuilder<KeptPart>();
    private readonly Dictionary<(long After, long Offset), long> _seqs = [];
    private BadRecord? _bad;
    private uint _crc;
    private long _head;

    public string? Epoch { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Whether a file grew or shrank in a way that may be what is told as damage.</summary>
    public bool IsStale { get; private set; }

    /// <summary>All events from the beginning of the first segment on.</summary>
    public async Task<Stretch> WalkAsync()
    {
        (_head, _crc) = (afters[0], 0);
        for (var i = 0; i < afters.Count && _bad is null; i++)
            await CheckAsync(i, start: null, isFirst: i == 0);
        return new(null, afters[0], _head, _kept.ToImmutable(), _bad);
    }

    /// <summary>The events behind a snapshot, whatever stands before it.</summary>
    public async Task<Stretch> WalkAsync(SnapshotHeader from)
    {
        (_head, _crc, Epoch) = (from.Seq, from.Place.Crc, from.Epoch);
        var first = afters.ToList().IndexOf(from.After);
        var isDropped = first < 0; // its own segment is; the next one hangs from it as from that
        if (isDropped)
            first = afters.ToList().IndexOf(from.Seq);
        for (var i = first; i >= 0 && i < afters.Count && _bad is null; i++)
            await CheckAsync(i, start: i == first && !isDropped ? from.Place : null, isFirst: false);
        return new(from, from.Seq, _head, _kept.ToImmutable(), first < 0 ? new(Segment.NameOf(from.After), 1, from.After, 0, "it is gone", IsTorn: false) : _bad);
    }

    /// <summary>The seq of the line before a place, where the walk came by a line that ends there.</summary>
    public long? SeqAt(SnapshotHeader snapshot) => _seqs.TryGetValue((snapshot.After, snapshot.Place.Offset), out var seq) ? seq : null;

    private async Task CheckAsync(int index, Place? start, bool isFirst)
    {
        var (after, isLast) = (afters[index], index == afters.Count - 1);
        var name = Segment.NameOf(after);
        if (start is null && after != _head)
        {
            _bad = new(name, 1, _head, 0, $"it should continue from {_head}: a segment is missing, or one too many", IsTorn: false);
            return;
        }
        using var file = files.OpenToRead(Path.Combine(folder, name));
        var length = file.Length;
        if (start?.Offset > length)
        {
            _bad = new(name, _head - after + 1, _head, length, "it ends before the snapshot that stands behind it", IsTorn: false);
            return;
        }
        var blocks = new LineBlocks(file, length, from: start?.Offset ?? 0);
        var looking = Task.FromResult<BadRecord?>(null);
        (long Offset, long Line) place = (start?.Offset ?? 0, start is null ? 1 : _head - after + 2);
        Bytes += length - place.Offset;
        var wanted = new Queue<long>(snapshots.Where(snapshot => snapshot.After == after).Select(snapshot => snapshot.Place.Offset).Order());
        while (_bad is null && blocks.TryNext(out var block))
        {
            var lines = CheckLines(block, name, after, isFirst, wanted, ref place);
            if (await looking is { } earlier) // in the block before, so it comes first
            {
                _bad = earlier;
                looking = Task.FromResult<BadRecord?>(null);
                break;
            }
            looking = Task.Run(() => Look(block, lines, name, after));
            onBytes?.Invoke(block.Bytes.Length);
        }
        _bad = await looking ?? _bad; // an event stands before the line whose checksum is wrong
        if (_bad is { IsTorn: true } && _bad.Offset == place.Offset && _bad.Line == place.Line)
            _bad = Judge(file, _bad, after, length, isLast);
        else if (length == 0)
            _bad = new(name, 1, after, 0, "the file is empty", isLast);
        _head = _bad is null ? _head : Math.Min(_head, Math.Max(start?.Seq ?? after, _bad.Line == 1 ? _bad.Seq : _bad.Seq - 1));
        _kept.Add(new(name, after, start, _head, _bad?.Offset ?? place.Offset));
        IsStale |= _bad is { IsTorn: false } && isLast && file.Length != length;
    }

    /// <summary>Checks the chain through a block. Gives its whole lines; a line that does not fit becomes the bad record, to be judged.</summary>
    private List<CheckedLine> CheckLines(LineBlock block, string name, long after, bool isFirst, Queue<long> wanted, ref (long Offset, long Line) place)
    {
        var lines = new List<CheckedLine>();
        var bytes = block.Bytes.Span;
        var next = wanted.Count > 0 ? wanted.Peek() : long.MaxValue;
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes[start..].IndexOf((byte)'\n');
            var line = length < 0 ? default : bytes.Slice(start, length);
            var isHeader = place.Line == 1;
            var crc = 0u;
            var isGood = length >= 0
                && (isHeader ? IsHeader(line, name, after, isFirst, out crc) : JournalLine.TryRead(line, _crc, out crc, out _, out _));
            if (!isGood)
            {
                _bad ??= new(name, place.Line, isHeader ? after : _head + 1, place.Offset, "it does not fit its checksum", IsTorn: true);
                return lines;
            }
            _crc = crc;
            if (!isHeader)
                lines.Add(new(start, length, ++_head));
            start += length + 1;
            place = (block.Offset + start, place.Line + 1);
            if (place.Offset >= next)
                next = Note(after, place.Offset, wanted);
        }
        return lines;
    }

    /// <summary>Notes which seq stands before a place that a snapshot names.</summary>
    private long Note(long after, long offset, Queue<long> wanted)
    {
        while (wanted.TryPeek(out var next) && next <= offset)
        {
            if (wanted.Dequeue() == offset)
                _seqs[(after, offset)] = _head;
        }
        return wanted.Count > 0 ? wanted.Peek() : long.MaxValue;
    }

    private bool IsHeader(ReadOnlySpan<byte> line, string name, long after, bool isFirst, out uint crc)
    {
        if (!JournalLine.TryReadHeader(line, out var header, out crc))
            return false;
        var wrong = header switch
        {
            _ when header.Project != project => $"it belongs to project '{header.Project}'",
            _ when header.After != after => $"it begins after seq {header.After}, which is not what its name says",
            _ when !isFirst && header.Epoch != Epoch => $"it belongs to another journal, of epoch '{header.Epoch}'",
            _ when !isFirst && header.Chain != _crc => "it does not continue from the segment before",
            _ when isFirst && after == 0 && header.Chain != 0 => "it says that something stood before the first event",
            _ => null,
        };
        if (wrong is not null)
            _bad = new(name, 1, after, 0, wrong, IsTorn: false);
        Epoch ??= header.Epoch;
        return wrong is null;
    }

    private BadRecord? Look(LineBlock block, List<CheckedLine> lines, string name, long after)
    {
        foreach (var (start, length, seq) in lines)
        {
            if (events.Refuse(block.Bytes.Span.Slice(start, length), seq) is { } what)
                return new(name, seq - after + 1, seq, block.Offset + start, what, IsTorn: false);
        }
        return null;
    }

    /// <summary>A line that does not fit is a torn tail where nothing shows that it was once on the disk.</summary>
    private BadRecord Judge(IJournalFile file, BadRecord bad, long after, long length, bool isLast)
    {
        var rest = new byte[length - bad.Offset];
        file.ReadAll(bad.Offset, rest);
        var isTorn = isLast && !JournalLine.ShowsDamage(rest, _crc, bad.Seq)
            && !snapshots.Any(snapshot => snapshot.After == after && snapshot.Seq >= bad.Seq); // of events that were on the disk before it
        return bad with { IsTorn = isTorn, What = isTorn ? $"a write that was cut short, {rest.Length} bytes" : bad.What + ", though it was once on the disk" };
    }
}
