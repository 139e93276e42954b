using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Journals;

/// <summary>Writes the files that a repair puts in the place of others, and reads what it cannot keep. Each is on the disk when its call returns.</summary>
internal sealed class RepairFiles(IJournalFiles files, string folder, string project, Action<long>? onBytes)
{
    private const int WriteBytes = 256 * 1024;

    /// <summary>Writes what a plan keeps, under another epoch. Gives the names it will have; the files have them with a suffix.</summary>
    public List<string> WriteKept(RepairPlan plan, string epoch)
    {
        var into = new List<string>();
        var places = new Dictionary<long, (long After, Place Place)>();
        var wanted = plan.Snapshots.Select(snapshot => snapshot.Seq).ToHashSet();
        var crc = plan.From?.Place.Crc ?? 0;
        foreach (var part in plan.Parts is [] ? [new("", plan.Floor, null, plan.Floor, 0)] : plan.Parts) // a state alone needs a journal to hang from
        {
            var name = Segment.NameOf(AfterOf(part));
            Write(name + Repair.Suffix, output => crc = WriteSegment(output, part, epoch, crc, isFirst: into.Count == 0, wanted, places));
            into.Add(name);
        }
        foreach (var snapshot in plan.Snapshots)
        {
            var (after, place) = places[snapshot.Seq];
            WriteSnapshot(snapshot, snapshot with { Epoch = epoch, After = after, Place = place });
            into.Add(SnapshotFile.NameOf(snapshot.Seq));
        }
        return into;
    }

    private static long AfterOf(KeptPart part) => part.Start?.Seq ?? part.After;

    /// <summary>The events of a part, in a segment of another epoch. Notes the places of states.</summary>
    private uint WriteSegment(
        Output output, KeptPart part, string epoch, uint chain, bool isFirst, HashSet<long> wanted, Dictionary<long, (long After, Place Place)> places)
    {
        var after = AfterOf(part);
        var crc = JournalLine.Write(output.Line, new(project, epoch, after, chain));
        if (isFirst && wanted.Contains(after))
            places[after] = (after, new(after, output.Offset, crc));
        output.Flush();
        var (seq, old, isHeader) = (after, part.Start?.Crc ?? 0u, part.Start is null);
        foreach (var line in part.Head > after ? LinesOf(part.File, part.Start?.Offset ?? 0, part.EndOffset) : [])
        {
            if (isHeader && JournalLine.TryReadHeader(line.Span, out _, out old))
            {
                isHeader = false;
                continue;
            }
            if (isHeader || !JournalLine.TryRead(line.Span, old, out old, out _, out var members))
                throw Changes(part.File);
            // The file is not used before all of it is on the disk, so each line may say that it was written after a sync of the one before it.
            crc = JournalLine.Write(output.Line, [.. line.Span[..members], (byte)'}'], seq, crc);
            seq++;
            if (wanted.Contains(seq))
                places[seq] = (after, new(seq, output.Offset, crc));
            output.Flush();
        }
        return seq == part.Head ? crc : throw Changes(part.File);
    }

    private void WriteSnapshot(SnapshotHeader old, SnapshotHeader header)
    {
        var name = SnapshotFile.NameOf(old.Seq);
        using var from = files.OpenToRead(PathOf(name));
        var state = SnapshotFile.Read(from, old) ?? throw Changes(name);
        onBytes?.Invoke(from.Length);
        using var file = files.Open(PathOf(name + Repair.Suffix));
        file.Truncate(0);
        SnapshotFile.Write(file, header, state);
        file.Sync();
    }

    /// <summary>Whether any lost line can be read.</summary>
    public bool HasLost(RepairPlan plan) => new RepairFiles(files, folder, project, onBytes: null).LostLines(plan).Any();

    public void WriteLost(string name, RepairPlan plan) => Write(name, output =>
    {
        foreach (var (_, line) in LostLines(plan))
        {
            output.Line.Raw(line.Span).Raw((byte)'\n');
            output.Flush();
        }
    });

    public void WriteText(string name, ReadOnlyMemory<byte> text) => Write(name, output => output.Line.Raw(text.Span));

    /// <summary>The lines that are events of this project and that a plan does not keep.</summary>
    public IEnumerable<(long Seq, ReadOnlyMemory<byte> Line)> LostLines(RepairPlan plan)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        foreach (var name in files.List(folder).Where(name => Segment.AfterOf(name) is not null))
        {
            var kept = plan.Parts.FirstOrDefault(part => part.File == name);
            var lines = kept.File is null ? LinesOf(name) : LinesOf(name, 0, kept.Start?.Offset ?? 0).Concat(LinesOf(name, kept.EndOffset));
            foreach (var line in lines)
            {
                if (codec.TryDecode(line.Span, out ServerMessage? message, out _) && message is ServerMessage.Happened happened && happened.Project == project)
                    yield return (happened.Event.Seq, line);
            }
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> LinesOf(string name, long from = 0, long to = long.MaxValue)
    {
        using var file = files.OpenToRead(PathOf(name));
        var blocks = new LineBlocks(file, Math.Min(file.Length, to), from: from);
        while (blocks.TryNext(out var block))
        {
            onBytes?.Invoke(block.Bytes.Length);
            for (var start = 0; start < block.Bytes.Length;)
            {
                var length = block.Bytes.Span[start..].IndexOf((byte)'\n') is >= 0 and var found ? found : block.Bytes.Length - start;
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

    private IOException Changes(string name) => new($"{PathOf(name)} changes while it is repaired.");

    private string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Gathers lines and writes them in large steps.</summary>
    private sealed class Output(IJournalFile file)
    {
        private long _written;

        public Utf8Buffer Line { get; } = new(WriteBytes);

        /// <summary>Where the next line will stand.</summary>
        public long Offset => _written + Line.Length;

        public void Flush(bool isLast = false)
        {
            if (Line.Length < WriteBytes && !isLast)
                return;
            file.WriteAll(_written, Line.Written);
            _written += Line.Length;
            Line.Clear();
        }
    }
}
