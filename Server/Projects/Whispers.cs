using System.Collections.Concurrent;

namespace EventOnly.Server.Projects;

/// <summary>
/// What is not stored, on a tape that members may fall off, and what those who do are to be given in place of what they missed: of each key the newest.
/// One writer publishes; members read from any thread.
/// </summary>
/// <param name="bytesMax">Bytes kept at least for members to read from, and of the newest of all keys at most.</param>
internal sealed class Whispers(int bytesMax)
{
    /// <summary>Keys of which the newest is kept.</summary>
    private const int KeysMax = 1024;

    private readonly Tape _tape = new(bytesMax);
    private readonly ConcurrentStack<Fallen> _fallen = new(); // in any order; a queue would hold a kilobyte in each project
    private Dictionary<WhisperKey, LinkedListNode<Newest>>? _newest; // null where no broadcast had a key
    private LinkedList<Newest>? _byAge; // the oldest first
    private int _newestBytes;

    private readonly record struct Newest(WhisperKey Key, long Position, byte[] Frame);

    /// <summary>Called, on any thread, when somebody has fallen off: the driver is to look at <see cref="TryTakeFallen"/>.</summary>
    public Action? Missed { get; set; }

    public long Head => _tape.Head;

    /// <summary>The writer's: bytes of memory that it holds.</summary>
    public long Bytes => _tape.Bytes + _newestBytes;

    /// <summary>The writer's: lets go of all. Who has not read it by now skips it.</summary>
    public void Release()
    {
        _tape.Release();
        (_newest, _byAge, _newestBytes) = (null, null, 0);
    }

    /// <summary>The writer's: what it publishes next shall lie together, up to so many bytes.</summary>
    public void Reserve(int bytes) => _tape.Reserve(bytes);

    /// <summary>The writer's: puts a complete frame behind the others.</summary>
    /// <param name="key">What it is the newest of, where only the newest counts.</param>
    public void Publish(ReadOnlySpan<byte> frame, WhisperKey? key = null)
    {
        if (key is { } of)
            Keep(of, frame);
        _tape.Publish(frame);
    }

    public bool TryRead(long position, out ReadOnlyMemory<byte> bytes) => _tape.TryRead(position, out bytes);

    /// <summary>A member's: it was at a position that is no longer here, and goes on at the head.</summary>
    public void NoteFallen(Member member, long position)
    {
        _fallen.Push(new(member, position));
        Missed?.Invoke();
    }

    /// <summary>The writer's: the next who fell off and was not given yet what it missed.</summary>
    public bool TryTakeFallen(out Fallen fallen) => _fallen.TryPop(out fallen);

    /// <summary>The writer's: the newest of each key that was published since a position, oldest first.</summary>
    public IEnumerable<byte[]> NewestSince(long position)
    {
        for (var node = _byAge?.Last; node is not null; node = node.Previous)
        {
            if (node.Value.Position < position)
                return After(node.Next);
        }
        return After(_byAge?.First);

        static IEnumerable<byte[]> After(LinkedListNode<Newest>? node)
        {
            for (; node is not null; node = node.Next)
                yield return node.Value.Frame;
        }
    }

    private void Keep(WhisperKey key, ReadOnlySpan<byte> frame)
    {
        _byAge ??= [];
        if ((_newest ??= []).TryGetValue(key, out var node))
        {
            _byAge.Remove(node);
            _newestBytes -= node.Value.Frame.Length;
        }
        else
        {
            node = new(default);
            _newest.Add(key, node);
        }
        node.Value = new(key, _tape.Head, frame.ToArray());
        _byAge.AddLast(node);
        _newestBytes += frame.Length;
        while (_newest.Count > KeysMax || (_newestBytes > bytesMax && _newest.Count > 1))
        {
            var oldest = _byAge.First!.Value;
            _byAge.RemoveFirst();
            _newest.Remove(oldest.Key);
            _newestBytes -= oldest.Frame.Length;
        }
    }
}

/// <summary>What a broadcast may be the newest value of.</summary>
internal readonly record struct WhisperKey(string Session, string Topic, string Key);

/// <summary>A member that fell off the whispers, and where it was.</summary>
internal readonly record struct Fallen(Member Member, long Position);
