using System.Collections.Immutable;

namespace EventOnly.Server.Journals;

/// <summary>
/// Checks a project's folder: its snapshots (<see cref="SnapshotsCheck"/>), its events (<see cref="ChainCheck"/>), and whether a server would open it. Reads,
/// and nothing else: it takes no lock and may run beside a server.
/// <code>
///   snapshots -> events from the beginning to the first break -> behind a break: from the next whole snapshot to the next break, and so on
/// </code>
/// </summary>
/// <param name="onBytes">Told how many more bytes were looked at.</param>
internal sealed class Verification(IJournalFiles files, string folder, string project, bool folds = false, Action<long>? onBytes = null)
{
    /// <summary>A folder that changes under the check (retention, a write taken back) is looked at again this often.</summary>
    private const int TriesMax = 20;

    public async Task<VerifiedProject> RunAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var names = files.List(folder);
                var (found, isStale) = await CheckAsync(names);
                if (tries == TriesMax || !(isStale || (found.IsDamaged && !files.List(folder).SequenceEqual(names))))
                    return found;
            }
            catch (IOException moved) when (tries < TriesMax && moved is FileNotFoundException or EndOfStreamException)
            {
                // A server has just dropped its oldest segment or snapshot, or taken a write back.
            }
        }
    }

    private async Task<(VerifiedProject Found, bool IsStale)> CheckAsync(IReadOnlyList<string> names)
    {
        if (names.Contains(Repair.Marker))
        {
            var begun = new BadRecord(Repair.Marker, 1, 0, 0, "a repair was begun and has not ended", IsTorn: false);
            return (new(project, "", 0, [], [], begun, null, FolderNotes.Of(names), null), false);
        }
        long[] afters = [.. names.Select(Segment.AfterOf).OfType<long>()];
        var reading = new SnapshotsCheck(files, folder, project, afters, keeps: folds && afters is [> 0, ..], onBytes);
        var snapshots = reading.Run(names);
        SnapshotHeader[] fitting = [.. snapshots.Where(snapshot => snapshot.Fits).Select(snapshot => snapshot.Header!)];
        var events = new EventCheck(project, folds, snapshots.Where(snapshot => snapshot.IsGood).Select(snapshot => snapshot.Header!));
        if (afters is [> 0, ..])
            events.BeginFrom(reading.Oldest);

        var chain = new ChainCheck(files, folder, project, afters, fitting, events, onBytes);
        var stretches = ImmutableArray.CreateBuilder<Stretch>();
        if (afters.Length > 0)
            stretches.Add(await chain.WalkAsync());
        snapshots = [.. snapshots.Select(snapshot => At(snapshot, chain) with { Contradiction = events.Contradictions.GetValueOrDefault(snapshot.Header?.Seq ?? -1) })];
        var bad = stretches is [{ End: var end }] ? end : null;
        bad = bad is { IsTorn: false } ? bad : Lacks(afters, snapshots, names) ?? bad;
        var epoch = chain.Epoch ?? snapshots.LastOrDefault(snapshot => snapshot.IsWhole)?.Header!.Epoch ?? "";
        var (bytes, isStale) = (chain.Bytes, chain.IsStale);
        if (bad is { IsTorn: false })
            bytes += await FollowAsync(afters, snapshots, epoch, stretches);
        var state = bad is null or { IsTorn: true } ? events.State : null;
        var opensFrom = bad is { IsTorn: false } ? OpensFrom(afters, snapshots, stretches.ToImmutable()) : null;
        return (new(project, epoch, bytes + reading.Bytes, stretches.ToImmutable(), snapshots, bad, opensFrom, FolderNotes.Of(names), state), isStale);
    }

    /// <summary>A snapshot with another seq than the line before its place has does not fit, though its checksums do.</summary>
    private static CheckedSnapshot At(CheckedSnapshot snapshot, ChainCheck chain) =>
        snapshot.Fits && chain.SeqAt(snapshot.Header!) is { } seq && seq != snapshot.Header!.Seq ? snapshot with { Misfit = $"its place is that of seq {seq}" } : snapshot;

    /// <summary>What an opening lacks though all lines that there are may be good.</summary>
    private static BadRecord? Lacks(long[] afters, ImmutableArray<CheckedSnapshot> snapshots, IReadOnlyList<string> names)
    {
        if (afters.Length == 0 && names.Any(name => SnapshotFile.SeqOf(name) is not null))
            return new(Segment.NameOf(0), 1, 0, 0, "it is gone, though there are snapshots of its events", IsTorn: false);
        return afters is [> 0 and var after, ..] && !snapshots.Any(snapshot => snapshot.IsGood)
            ? new(Segment.NameOf(after), 1, after, 0, "the events before it are gone, and no snapshot holds what they came to", IsTorn: false)
            : null;
    }

    /// <summary>Looks what hangs together behind the first break, for each event at most once.</summary>
    private async Task<long> FollowAsync(long[] afters, ImmutableArray<CheckedSnapshot> snapshots, string epoch, ImmutableArray<Stretch>.Builder stretches)
    {
        var bytes = 0L;
        SnapshotHeader[] whole = [.. snapshots.Where(snapshot => snapshot.IsWhole).Select(snapshot => snapshot.Header!).Where(header => header.Epoch == epoch && header.Project == project)];
        SnapshotHeader[] fitting = [.. snapshots.Where(snapshot => snapshot.Fits).Select(snapshot => snapshot.Header!)];
        while (whole.FirstOrDefault(header => stretches.Count == 0 || header.Seq > stretches[^1].Head) is { } next)
        {
            var chain = new ChainCheck(files, folder, project, afters, fitting, new(project, folds: false, []), onBytes);
            stretches.Add(await chain.WalkAsync(next));
            bytes += chain.Bytes;
        }
        return bytes;
    }

    /// <summary>The seq of the snapshot from which a server opens what is damaged before it; null where it does not open.</summary>
    private long? OpensFrom(long[] afters, ImmutableArray<CheckedSnapshot> snapshots, ImmutableArray<Stretch> stretches)
    {
        var loaded = snapshots.LastOrDefault(snapshot => snapshot.IsGood)?.Header;
        var begun = snapshots.LastOrDefault(snapshot => snapshot.Fits && afters.Contains(snapshot.Header!.After))?.Header;
        if (loaded is null || begun is null || begun.Seq < loaded.Seq)
            return null;
        var stretch = stretches.LastOrDefault(stretch => stretch.After <= loaded.Seq && loaded.Seq <= stretch.Head);
        return stretch is { From: not null, End: null or { IsTorn: true } } && HangTogether([.. afters.TakeWhile(after => after <= begun.After)]) ? loaded.Seq : null;
    }

    /// <summary>Whether segments continue one another by their first and last lines, which is all that an opening looks at before its snapshot.</summary>
    private bool HangTogether(long[] afters)
    {
        (string Epoch, uint Crc)? before = null;
        foreach (var after in afters)
        {
            using var file = files.OpenToRead(Path.Combine(folder, Segment.NameOf(after)));
            var lines = new LineReader(file, 0, Math.Min(file.Length, Segment.HeaderBytesMax));
            if (!lines.TryNext(out var line) || !JournalLine.TryReadHeader(line.Span, out var header, out _) || header.Project != project || header.After != after)
                return false;
            if (before is { } end && (header.Epoch, header.Chain) != end)
                return false;
            if (!JournalLine.TryReadCrcBefore(file, file.Length, out var crc) && after != afters[^1])
                return false;
            before = (header.Epoch, crc);
        }
        return true;
    }
}
