using EventOnly.Server.Journals;

namespace EventOnly.Tests.Server.Journals;

/// <summary>What a call to the disk may be made to do.</summary>
internal enum DiskFault
{
    /// <summary>The call fails and has done nothing; a sync has written some of the sectors, and the system counts all as written.</summary>
    Error,

    /// <summary>A write is done in part, then the disk is full.</summary>
    Full,

    /// <summary>A write is done in part, and says so.</summary>
    Short,

    /// <summary>The power goes: this call and every one after it fails, until <see cref="SimulatedDisk.PowerOn"/>.</summary>
    PowerLoss,
}

/// <summary>
/// A disk that keeps what was synced, and of what was not synced any sectors, as chance will have it. What was done to names is kept from the sync of
/// their folder on, else each of it perhaps. Its calls are counted, and any one of them can fail.
/// </summary>
internal sealed class SimulatedDisk(Random chance) : IJournalFiles
{
    private const int SectorBytes = 512;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Node> _durableNames = new(StringComparer.Ordinal);
    private readonly List<Naming> _namings = [];
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private bool _isOff;
    private bool _isFull;

    private sealed class Node
    {
        public byte[] Bytes = [];
        public byte[] Durable = [];
        public HashSet<int> Dirty = [];
    }

    /// <summary>Something done to names that no sync has made durable yet: a rename takes one away and gives another, never half.</summary>
    private sealed record Naming(string Path, Node? Node, string? Gone = null);

    /// <summary>Calls so far, of those that change something.</summary>
    public int Calls { get; private set; }

    public int Syncs { get; private set; }

    /// <summary>Called with each sync of a file, which may take its time.</summary>
    public Action OnSync { get; set; } = () => { };

    /// <summary>Files that are open.</summary>
    public int OpenNow { get; private set; }

    /// <summary>The most files that were open at a time.</summary>
    public int OpenMost { get; set; }

    /// <summary>What the call of a number does, where it is not what was asked.</summary>
    public Dictionary<int, DiskFault> Faults { get; } = [];

    /// <summary>Calls so far, of those that only look.</summary>
    public int Looks { get; private set; }

    /// <summary>The looks that fail, by <see cref="Looks"/> as it will be then.</summary>
    public HashSet<int> FailingLooks { get; } = [];

    /// <summary>Files that stand on bad sectors: they cannot be read.</summary>
    public HashSet<string> Unreadable { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether every write fails for want of space.</summary>
    public bool IsFull
    {
        set
        {
            lock (_gate)
                _isFull = value;
        }
    }

    /// <summary>Whether every sync fails.</summary>
    public bool FailsToSync { get; set; }

    /// <summary>What syncs of files fail, by <see cref="Syncs"/> as it will be then.</summary>
    public HashSet<int> FailingSyncs { get; } = [];

    /// <summary>Whether somebody went on with a file whose sync had failed, as if the disk could still be trusted.</summary>
    public bool WasUsedAfterFailedSync { get; private set; }

    public byte[] this[string path]
    {
        get
        {
            lock (_gate)
                return _nodes[path].Bytes;
        }
        set
        {
            lock (_gate)
                _nodes[path] = _durableNames[path] = new() { Bytes = value, Durable = value };
        }
    }

    public IEnumerable<string> Paths
    {
        get
        {
            lock (_gate)
                return [.. _nodes.Keys];
        }
    }

    /// <summary>From now on every call fails, as for a process that is about to be killed.</summary>
    public void Off()
    {
        lock (_gate)
            _isOff = true;
    }

    /// <summary>The disk after the process was killed: the system has all that was written, synced or not.</summary>
    public void On()
    {
        lock (_gate)
            _isOff = false;
    }

    /// <summary>The disk after loss of power.</summary>
    public void PowerOn()
    {
        lock (_gate)
        {
            _isOff = false;
            Faults.Clear();
            foreach (var naming in _namings)
            {
                if (chance.Next(2) == 0)
                    Keep(naming);
            }
            _namings.Clear();
            _nodes.Clear();
            foreach (var (path, node) in _durableNames)
            {
                _nodes[path] = node;
                Lose(node);
            }
        }
    }

    private void Keep(Naming naming)
    {
        if (naming.Gone is not null)
            _durableNames.Remove(naming.Gone);
        if (naming.Node is not null)
            _durableNames[naming.Path] = naming.Node;
        else
            _durableNames.Remove(naming.Path);
    }

    private void Lose(Node node)
    {
        // The length is that of some moment since the last sync.
        var (least, most) = (Math.Min(node.Durable.Length, node.Bytes.Length), Math.Max(node.Durable.Length, node.Bytes.Length));
        var length = chance.Next(3) switch { 0 => node.Durable.Length, 1 => node.Bytes.Length, _ => chance.Next(least, most + 1) };
        var kept = new byte[length];
        node.Durable.AsSpan(0, Math.Min(length, node.Durable.Length)).CopyTo(kept);
        Persist(node, kept, share: chance.Next(4));
        (node.Bytes, node.Durable, node.Dirty) = (kept, [.. kept], []);
    }

    /// <param name="share">0 to 3: how many of three sectors get through.</param>
    private void Persist(Node node, byte[] to, int share)
    {
        foreach (var sector in node.Dirty)
        {
            var start = sector * SectorBytes;
            var end = Math.Min(Math.Min(start + SectorBytes, node.Bytes.Length), to.Length);
            if (start < end && chance.Next(3) < share)
                node.Bytes.AsSpan(start..end).CopyTo(to.AsSpan(start));
        }
    }

    public void MakeFolder(string folder) => Call(_ => _folders.Add(folder));

    public IReadOnlyList<string> List(string folder)
    {
        lock (_gate)
        {
            Look();
            return [.. _nodes.Keys.Where(path => Path.GetDirectoryName(path) == folder).Select(path => Path.GetFileName(path))];
        }
    }

    public IReadOnlyList<string> ListFolders(string folder)
    {
        lock (_gate)
        {
            Look();
            return [.. _folders.Where(path => Path.GetDirectoryName(path) == folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
    }

    private void Look()
    {
        if (FailingLooks.Contains(++Looks))
            throw new IOException("Input/output error.");
    }

    public IJournalFile Open(string path) => Call(_ =>
    {
        if (!_nodes.TryGetValue(path, out var node))
            Name(new(path, node = new()));
        return new OpenFile(this, node);
    });

    public void Rename(string path, string to) => Call(_ =>
    {
        if (!_nodes.TryGetValue(path, out var node))
            throw new FileNotFoundException("No such file.", path);
        Name(new(to, node, Gone: path));
        return 0;
    });

    public void Delete(string path) => Call(_ =>
    {
        if (_nodes.ContainsKey(path))
            Name(new(path, null));
        return 0;
    });

    private void Name(Naming naming)
    {
        _namings.Add(naming);
        if (naming.Gone is not null)
            _nodes.Remove(naming.Gone);
        if (naming.Node is not null)
            _nodes[naming.Path] = naming.Node;
        else
            _nodes.Remove(naming.Path);
    }

    public IJournalFile OpenToRead(string path)
    {
        lock (_gate)
        {
            Look();
            if (Unreadable.Contains(path))
                throw new IOException("Input/output error.");
            return _isOff || !_nodes.TryGetValue(path, out var node) ? throw new IOException("No such file.") : new OpenFile(this, node);
        }
    }

    public void SyncFolder(string folder) => Call(_ =>
    {
        if (FailsToSync)
            throw new IOException("Input/output error.");
        foreach (var naming in _namings.Where(naming => Path.GetDirectoryName(naming.Path) == folder).ToArray())
        {
            Keep(naming);
            _namings.Remove(naming);
        }
        return 0;
    });

    private T Call<T>(Func<DiskFault?, T> work, bool canBePart = false)
    {
        lock (_gate)
        {
            DiskFault? fault = Faults.TryGetValue(++Calls, out var meant) ? meant : null;
            _isOff |= fault == DiskFault.PowerLoss;
            if (_isOff && canBePart)
                return work(fault);
            if (_isOff)
                throw new IOException("The power is off.");
            if (fault is DiskFault.Error or DiskFault.Full && !canBePart)
                throw new IOException("Input/output error.");
            return work(fault);
        }
    }

    private sealed class OpenFile(SimulatedDisk disk, Node node) : IJournalFile
    {
        private readonly SimulatedDisk _disk = disk.Opened();
        private bool _disposed;
        private bool _isDoubtful;

        public long Length => node.Bytes.Length;

        public int Read(long offset, Span<byte> bytes)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            lock (disk._gate)
            {
                if (disk._isOff)
                    throw new IOException("The power is off.");
                disk.Look();
                var count = Math.Clamp(node.Bytes.Length - (int)offset, 0, bytes.Length);
                node.Bytes.AsSpan((int)offset, count).CopyTo(bytes);
                return count;
            }
        }

        public int Write(long offset, ReadOnlySpan<byte> bytes)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var data = bytes.ToArray();
            var wasOff = disk._isOff;
            return disk.Call(
                fault =>
                {
                    if (wasOff || fault == DiskFault.Error)
                        throw new IOException("Input/output error.");
                    var part = fault is not null || disk._isFull ? disk.Chance(data.Length) : data.Length;
                    disk.WasUsedAfterFailedSync |= _isDoubtful;
                    Put((int)offset, data.AsSpan(0, part));
                    return fault is null or DiskFault.Short && !disk._isFull ? part : throw new IOException("No space left on device.", 28);
                },
                canBePart: true);
        }

        private void Put(int offset, ReadOnlySpan<byte> part)
        {
            if (offset + part.Length > node.Bytes.Length)
                Array.Resize(ref node.Bytes, offset + part.Length);
            part.CopyTo(node.Bytes.AsSpan(offset));
            Touch(offset, offset + part.Length);
        }

        private void Touch(int start, int end)
        {
            for (var sector = start / SectorBytes; sector * SectorBytes < end; sector++)
                node.Dirty.Add(sector);
        }

        public void Truncate(long length) => disk.Call(_ =>
        {
            disk.WasUsedAfterFailedSync |= _isDoubtful;
            var before = node.Bytes.Length;
            Array.Resize(ref node.Bytes, (int)length);
            if (length > before)
                Touch(before, (int)length);
            return 0;
        });

        public void Sync()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            disk.Call(
                fault =>
                {
                    disk.Syncs++;
                    disk.OnSync();
                    var fails = disk.FailsToSync || disk.FailingSyncs.Contains(disk.Syncs) || disk._isOff || fault is DiskFault.Error or DiskFault.Full;
                    disk.WasUsedAfterFailedSync |= _isDoubtful;
                    _isDoubtful |= fails;
                    var durable = new byte[node.Bytes.Length];
                    node.Durable.AsSpan(0, Math.Min(durable.Length, node.Durable.Length)).CopyTo(durable);
                    disk.Persist(node, durable, share: fails ? disk.Chance(3) : 3);
                    if (!disk._isOff)
                        (node.Durable, node.Dirty) = (durable, []); // also after a failure: the system counts the pages as clean
                    return fails ? throw new IOException("Input/output error.", 5) : 0;
                },
                canBePart: true);
        }

        public void Dispose()
        {
            lock (_disk._gate)
                _disk.OpenNow -= _disposed ? 0 : 1;
            _disposed = true;
        }
    }

    private SimulatedDisk Opened()
    {
        OpenMost = Math.Max(OpenMost, ++OpenNow);
        return this;
    }

    /// <summary>1 to most, so that a part of something is at least a byte.</summary>
    private int Chance(int most) => chance.Next(1, Math.Max(2, most));
}
