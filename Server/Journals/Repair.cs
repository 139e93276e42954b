using System.Text.Json;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>What a repair keeps and what it cannot keep.</summary>
/// <param name="LostTo">The highest seq that is known to have been there; the seq before the first that is lost where none is known.</param>
/// <param name="LostLines">Lines behind the bad record that can still be read.</param>
internal sealed record RepairPlan(VerifiedProject Found, long LostTo, int LostLines);

/// <summary>
/// Makes a journal of the longest whole prefix of a damaged one, under a new epoch: positions behind the prefix will be used again, and who has seen
/// the old events there must take a snapshot. Everything that was there stays beside it.
/// <code>
///   write NAME.repaired, sync -> marker, sync -> segments to NAME.damaged-N, sync -> NAME.repaired to NAME, sync -> no marker, sync
/// </code>
/// While the marker is there nobody opens the project, and a repair goes on from it: whenever the power goes, the project is damaged or repaired.
/// </summary>
internal sealed class Repair(IJournalFiles files, string folder, string project, Action<long>? onBytes = null)
{
    /// <summary>The file that stands while segments change places.</summary>
    public const string Marker = "repairing";

    /// <summary>Ends the names of what is not in its place yet.</summary>
    public const string Suffix = ".repaired";

    private const int WriteBytes = 256 * 1024;

    private sealed record Moves(int Number, string[] Aside, string[] Into);

    /// <summary>What is to be done; null where the project is not damaged. Changes nothing.</summary>
    public RepairPlan? Plan(VerifiedProject found)
    {
        if (!found.IsDamaged)
            return null;
        var (lostTo, lines) = (Math.Max(found.Head, Segments().Select(Segment.AfterOf).Max() ?? 0), 0);
        if (found.Bad!.File != Marker)
        {
            foreach (var (seq, _) in LostLines(found))
                (lostTo, lines) = (Math.Max(lostTo, seq), lines + 1);
        }
        return new(found, lostTo, lines);
    }

    /// <summary>Does it. Gives the number that what was kept aside has in its names.</summary>
    public int Run(RepairPlan plan, string epoch)
    {
        var moves = files.List(folder).Contains(Marker) ? ReadMarker() : Prepare(plan, epoch);
        Move(moves);
        return moves.Number;
    }

    private string[] Segments() => [.. files.List(folder).Where(name => Segment.AfterOf(name) is not null)];

    private Moves Prepare(RepairPlan plan, string epoch)
    {
        var names = files.List(folder);
        foreach (var old in names.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)))
            files.Delete(PathOf(old));
        var number = 1;
        while (names.Any(name => name.EndsWith($".damaged-{number}", StringComparison.Ordinal)))
            number++;
        if (plan.LostLines > 0)
            Write(LostName(number), output => WriteLost(output, plan.Found));
        var into = new List<string>();
        var crc = 0u;
        foreach (var part in plan.Found.Kept.Where(part => part.Head > part.After || part.After == plan.Found.Floor))
        {
            Write(part.File + Suffix, output => crc = WriteSegment(output, part, epoch, crc));
            into.Add(part.File);
        }
        var moves = new Moves(number, Segments(), [.. into]);
        Write(Marker + Suffix, output => output.Line.Raw(JsonSerializer.SerializeToUtf8Bytes(moves)));
        files.SyncFolder(folder);
        files.Rename(PathOf(Marker + Suffix), PathOf(Marker));
        files.SyncFolder(folder);
        return moves;
    }

    private Moves ReadMarker()
    {
        using var file = files.OpenToRead(PathOf(Marker));
        var bytes = new byte[file.Length];
        file.ReadAll(0, bytes);
        try
        {
            return JsonSerializer.Deserialize<Moves>(bytes) ?? throw new JsonException();
        }
        catch (JsonException notOurs)
        {
            throw new IOException($"{PathOf(Marker)} is not what a repair writes; delete it if it is yours.", notOurs);
        }
    }

    private void Move(Moves moves)
    {
        var names = files.List(folder);
        foreach (var name in moves.Aside.Where(name => !names.Contains(AsideName(name, moves.Number))))
            files.Rename(PathOf(name), PathOf(AsideName(name, moves.Number)));
        files.SyncFolder(folder); // or a new file could take an old one's name before the old one has another
        foreach (var name in moves.Into.Where(name => names.Contains(name + Suffix)))
            files.Rename(PathOf(name + Suffix), PathOf(name));
        files.SyncFolder(folder);
        files.Delete(PathOf(Marker));
        files.SyncFolder(folder);
    }

    private static string AsideName(string segment, int number) => $"{segment}.damaged-{number}";

    public static string LostName(int number) => $"damaged-{number}.lost.jsonl";

    private string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>The events of a segment's whole part, in a segment of another epoch.</summary>
    private uint WriteSegment(Output output, KeptPart part, string epoch, uint chain)
    {
        var crc = JournalLine.Write(output.Line, new(project, epoch, part.After, chain));
        output.Flush();
        var (seq, old, isHeader) = (part.After, 0u, true);
        foreach (var line in LinesOf(part.File, 0))
        {
            if (seq == part.Head)
                break;
            if (isHeader && JournalLine.TryReadHeader(line.Span, out _, out old))
            {
                isHeader = false;
                continue;
            }
            if (isHeader || !JournalLine.TryRead(line.Span, old, out old, out _, out var members))
                throw new IOException($"{PathOf(part.File)} changes while it is repaired.");
            // The file is not used before all of it is on the disk, so each line may say that it was written after a sync of the one before it.
            crc = JournalLine.Write(output.Line, [.. line.Span[..members], (byte)'}'], seq, crc);
            output.Flush();
            seq++;
        }
        return seq == part.Head ? crc : throw new IOException($"{PathOf(part.File)} changes while it is repaired.");
    }

    private void WriteLost(Output output, VerifiedProject found)
    {
        foreach (var (_, line) in LostLines(found))
        {
            output.Line.Raw(line.Span).Raw((byte)'\n');
            output.Flush();
        }
    }

    /// <summary>The lines behind the bad record, itself included, that are events of this project.</summary>
    private IEnumerable<(long Seq, ReadOnlyMemory<byte> Line)> LostLines(VerifiedProject found)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        foreach (var name in Segments().Where(name => string.CompareOrdinal(name, found.Bad!.File) >= 0))
        {
            foreach (var line in LinesOf(name, name == found.Bad!.File ? found.Bad.Offset : 0))
            {
                if (codec.TryDecode(line.Span, out ServerMessage? message, out _) && message is ServerMessage.Happened happened && happened.Project == project)
                    yield return (happened.Event.Seq, line);
            }
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> LinesOf(string name, long from)
    {
        using var file = files.OpenToRead(PathOf(name));
        var blocks = new LineBlocks(file, file.Length);
        while (blocks.TryNext(out var block))
        {
            onBytes?.Invoke(block.Bytes.Length);
            for (var start = 0; start < block.Bytes.Length;)
            {
                var length = block.Bytes.Span[start..].IndexOf((byte)'\n') is >= 0 and var found ? found : block.Bytes.Length - start;
                if (block.Offset + start >= from)
                    yield return block.Bytes.Slice(start, length);
                start += length + 1;
            }
        }
    }

    private void Write(string name, Action<Output> write)
    {
        using var file = files.Open(PathOf(name));
        file.Truncate(0);
        var output = new Output(file);
        write(output);
        output.Flush(isLast: true);
        file.Sync();
    }

    /// <summary>Gathers lines and writes them in large steps.</summary>
    private sealed class Output(IJournalFile file)
    {
        private long _offset;

        public Utf8Buffer Line { get; } = new(WriteBytes);

        public void Flush(bool isLast = false)
        {
            if (Line.Length < WriteBytes && !isLast)
                return;
            file.WriteAll(_offset, Line.Written);
            _offset += Line.Length;
            Line.Clear();
        }
    }
}
