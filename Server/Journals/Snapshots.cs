using EventOnly.Protocol.State;
using EventOnly.Server.Diagnostics;

namespace EventOnly.Server.Journals;

/// <summary>
/// The snapshots of one project that fit its journal. They are a shortcut and never the truth: one that does not fit is told once, set aside, and
/// an older one or the events from the first on take its place. Many read; one at a time keeps or drops.
/// </summary>
internal sealed class Snapshots(string project, string folder, IJournalFiles files, ILogger logger)
{
    /// <summary>What a snapshot is called that does not fit, for whoever wants to know why.</summary>
    public const string Unfit = ".unfit";

    private readonly Lock _gate = new();
    private volatile SnapshotHeader[] _kept = []; // the oldest first; replaced, never changed
    private volatile bool _lacksState;
    private long _floor;

    public IReadOnlyList<SnapshotHeader> Kept => _kept;

    /// <summary>Why one could not be read, which says nothing about what is in it.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>Whether one turned out not to be whole, and nothing newer was kept since.</summary>
    public bool LacksState { get => _lacksState; set => _lacksState = value; }

    /// <summary>Looks what is there, without reading it whole, and removes what a crash has left half done.</summary>
    /// <param name="floor">What stands before it has been dropped with its events.</param>
    /// <param name="judge">Says what keeps a snapshot from fitting the segments; null where it fits.</param>
    public void Open(IReadOnlyList<string> names, long floor, Func<SnapshotHeader, string?> judge)
    {
        var kept = new List<SnapshotHeader>();
        foreach (var name in names)
        {
            if (SnapshotFile.IsUnfinished(name) || SnapshotFile.SeqOf(name) < floor)
                files.Delete(Path.Combine(folder, name));
            else if (SnapshotFile.SeqOf(name) is { } seq && ReadHeader(name, seq, judge) is { } header)
                kept.Add(header);
        }
        (_kept, _floor) = ([.. kept], floor);
    }

    private SnapshotHeader? ReadHeader(string name, long seq, Func<SnapshotHeader, string?> judge)
    {
        var path = Path.Combine(folder, name);
        try
        {
            SnapshotHeader? header;
            using (var file = files.OpenToRead(path))
                header = SnapshotFile.ReadHeader(file);
            var fault = header is null ? "its first line does not fit its checksum" : header.Seq != seq ? "its name is another's" : judge(header);
            if (fault is null)
                return header;
            SetAside(path, fault);
        }
        catch (IOException failure)
        {
            Fail(path, failure);
        }
        return null;
    }

    /// <summary>The newest state of a snapshot that fits the wish and is whole; null where there is none.</summary>
    public ProjectState? Load(Func<SnapshotHeader, bool> wish)
    {
        var kept = _kept;
        for (var i = kept.Length - 1; i >= 0; i--)
        {
            if (wish(kept[i]) && Read(kept[i]) is { } state)
                return state;
        }
        return null;
    }

    private ProjectState? Read(SnapshotHeader header)
    {
        var path = PathOf(header.Seq);
        try
        {
            using (var file = files.OpenToRead(path))
            {
                if (SnapshotFile.Read(file, header) is { } state)
                    return state;
            }
            Forget(header);
            _lacksState = true;
            // The only one where the first events are gone stays in its place: should the reading have been at fault, the next opening has it.
            SetAside(path, "it does not fit its checksums, its counts or its hash", staysThere: Volatile.Read(ref _floor) > 0 && _kept.Length == 0);
        }
        catch (IOException failure)
        {
            Fail(path, failure);
            _lacksState |= _kept is [.., var newest] && newest == header; // the next opening may find it as unreadable
        }
        return null;
    }

    /// <summary>Keeps a state: under a temporary name until every byte of it is on the disk, so that no crash leaves half of one.</summary>
    /// <exception cref="IOException">It could not be kept.</exception>
    public void Keep(SnapshotHeader header, ProjectState state)
    {
        var unfinished = PathOf(header.Seq) + SnapshotFile.Unfinished;
        try
        {
            using (var file = files.Open(unfinished))
            {
                file.Truncate(0); // what an attempt that failed has left
                SnapshotFile.Write(file, header, state);
                file.Sync();
            }
            files.Rename(unfinished, PathOf(header.Seq));
            files.SyncFolder(folder);
        }
        catch (IOException)
        {
            TryDelete(unfinished);
            throw;
        }
        lock (_gate)
            _kept = [.. _kept.Where(kept => kept.Seq != header.Seq).Append(header).OrderBy(kept => kept.Seq)];
        _lacksState = false;
    }

    /// <summary>Drops those before a seq, whose events are gone.</summary>
    public void DropBefore(long seq)
    {
        Volatile.Write(ref _floor, seq);
        var dropped = _kept.Where(header => header.Seq < seq).ToArray();
        foreach (var header in dropped)
        {
            Forget(header);
            files.Delete(PathOf(header.Seq));
        }
        if (dropped.Length > 0)
            files.SyncFolder(folder);
    }

    private void Forget(SnapshotHeader header)
    {
        lock (_gate)
            _kept = [.. _kept.Where(kept => kept != header)];
    }

    private void SetAside(string path, string fault, bool staysThere = false)
    {
        logger.SnapshotUnfit(project, path, fault);
        if (staysThere)
            return;
        try
        {
            files.Rename(path, path + Unfit);
        }
        catch (IOException)
        {
            // It is passed over all the same, and told again at the next opening.
        }
    }

    private void Fail(string path, IOException failure)
    {
        Failure = failure;
        logger.SnapshotNotRead(project, path, failure);
    }

    private void TryDelete(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (IOException)
        {
            // The next opening removes it.
        }
    }

    private string PathOf(long seq) => Path.Combine(folder, SnapshotFile.NameOf(seq));
}
