using System.Collections.Immutable;

namespace EventOnly.Server.Journals;

/// <summary>
/// Checks a project's folder without trusting what opens it: only the grammar of a line is shared. Reads, and nothing else: it takes no lock and
/// may run beside a server.
/// <code>
///   blocks of lines -> checksums, chain, headers (this thread) -> events (another one, a block behind)
/// </code>
/// </summary>
/// <param name="onBytes">Told how many more bytes were looked at.</param>
internal sealed class Verification(IJournalFiles files, string folder, string project, bool folds = false, Action<long>? onBytes = null)
{
    /// <summary>A folder that changes under the check (retention, a write taken back) is looked at again this often.</summary>
    private const int TriesMax = 5;

    private readonly record struct CheckedLine(int Start, int Length, long Seq);

    private readonly ImmutableArray<KeptPart>.Builder _kept = ImmutableArray.CreateBuilder<KeptPart>();
    private EventCheck _events = new(project, folds);
    private BadRecord? _bad;
    private string? _epoch;
    private uint _crc;
    private long _floor;
    private long _head;
    private long _bytes;
    private bool _isStale;

    public async Task<VerifiedProject> RunAsync()
    {
        for (var tries = 1; ; tries++)
        {
            Begin();
            try
            {
                await CheckAllAsync();
                if (!_isStale || tries == TriesMax)
                    return new(project, _epoch ?? "", _floor, _head, _bytes, _kept.ToImmutable(), _bad, Leftovers(), _bad is null or { IsTorn: true } ? _events.State : null);
            }
            catch (FileNotFoundException) when (tries < TriesMax)
            {
                // A server has just dropped its oldest segment.
            }
        }
    }

    private void Begin()
    {
        _kept.Clear();
        _events = new(project, folds);
        (_bad, _epoch, _crc, _floor, _head, _bytes, _isStale) = (null, null, 0, 0, 0, 0, false);
    }

    private async Task CheckAllAsync()
    {
        var names = files.List(folder);
        if (names.Contains(Repair.Marker))
        {
            _bad = new(Repair.Marker, 1, 0, 0, "a repair was begun and has not ended", IsTorn: false);
            return;
        }
        var afters = names.Select(Segment.AfterOf).OfType<long>().ToArray();
        for (var i = 0; i < afters.Length && _bad is null; i++)
            await CheckAsync(Segment.NameOf(afters[i]), afters[i], isFirst: i == 0, isLast: i == afters.Length - 1);
    }

    private async Task CheckAsync(string name, long after, bool isFirst, bool isLast)
    {
        if (isFirst)
            (_floor, _head) = (after, after);
        if (isFirst && after > 0)
            _events.BeginInTheMiddle();
        if (after != _head)
        {
            _bad = new(name, 1, _head, 0, $"it should continue from {_head}: a segment is missing, or one too many", IsTorn: false);
            return;
        }
        using var file = files.OpenToRead(Path.Combine(folder, name));
        var length = file.Length;
        _bytes += length;
        var blocks = new LineBlocks(file, length);
        var looking = Task.FromResult<BadRecord?>(null);
        (long Offset, long Line) place = (0, 1);
        while (_bad is null && blocks.TryNext(out var block))
        {
            var lines = CheckLines(block, name, after, isFirst, ref place);
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
            _bad = Judge(file, _bad, length, isLast);
        else if (length == 0)
            _bad = new(name, 1, after, 0, "the file is empty", isLast);
        _head = _bad is null ? _head : Math.Min(_head, Math.Max(after, _bad.Line == 1 ? _bad.Seq : _bad.Seq - 1));
        _kept.Add(new(name, after, _head));
        _isStale = _bad is { IsTorn: false } && isLast && file.Length != length;
    }

    /// <summary>Checks the chain through a block. Gives its whole lines; a line that does not fit becomes the bad record, to be judged.</summary>
    private List<CheckedLine> CheckLines(LineBlock block, string name, long after, bool isFirst, ref (long Offset, long Line) place)
    {
        var lines = new List<CheckedLine>();
        var bytes = block.Bytes.Span;
        var start = 0;
        while (start < bytes.Length)
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
        }
        return lines;
    }

    private bool IsHeader(ReadOnlySpan<byte> line, string name, long after, bool isFirst, out uint crc)
    {
        if (!JournalLine.TryReadHeader(line, out var header, out crc))
            return false;
        var wrong = header switch
        {
            _ when header.Project != project => $"it belongs to project '{header.Project}'",
            _ when header.After != after => $"it begins after seq {header.After}, which is not what its name says",
            _ when !isFirst && header.Epoch != _epoch => $"it belongs to another journal, of epoch '{header.Epoch}'",
            _ when !isFirst && header.Chain != _crc => "it does not continue from the segment before",
            _ when isFirst && after == 0 && header.Chain != 0 => "it says that something stood before the first event",
            _ => null,
        };
        if (wrong is not null)
            _bad = new(name, 1, after, 0, wrong, IsTorn: false);
        _epoch ??= header.Epoch;
        return wrong is null;
    }

    private BadRecord? Look(LineBlock block, List<CheckedLine> lines, string name, long after)
    {
        foreach (var (start, length, seq) in lines)
        {
            if (_events.Refuse(block.Bytes.Span.Slice(start, length), seq) is { } what)
                return new(name, seq - after + 1, seq, block.Offset + start, what, IsTorn: false);
        }
        return null;
    }

    /// <summary>A line that does not fit is a torn tail where nothing shows that it was once on the disk.</summary>
    private BadRecord? Judge(IJournalFile file, BadRecord bad, long length, bool isLast)
    {
        var rest = new byte[length - bad.Offset];
        file.ReadAll(bad.Offset, rest);
        var isTorn = isLast && !JournalLine.ShowsDamage(rest, _crc, bad.Seq);
        return bad with { IsTorn = isTorn, What = isTorn ? $"a write that was cut short, {rest.Length} bytes" : bad.What + ", though it was once on the disk" };
    }

    private ImmutableArray<string> Leftovers() =>
        [.. files.List(folder).Where(name => Segment.AfterOf(name) is null && name != Repair.Marker).Select(Describe)];

    private static string Describe(string name) => name switch
    {
        _ when name.Contains(".torn-", StringComparison.Ordinal) => $"{name}: what a crash had left half written, set aside at a start",
        _ when name.Contains(".damaged-", StringComparison.Ordinal) => $"{name}: as it was before a repair",
        _ when name.EndsWith(".lost.jsonl", StringComparison.Ordinal) => $"{name}: lines that a repair could not keep",
        _ when name.EndsWith(Repair.Suffix, StringComparison.Ordinal) => $"{name}: left by a repair that did not get far; it may be deleted",
        _ => $"{name}: no file of a journal",
    };
}
