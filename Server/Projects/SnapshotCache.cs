using EventOnly.Protocol.State;

namespace EventOnly.Server.Projects;

/// <summary>
/// Keeps the newest encoded snapshot while the tail behind it is small against it: a thousand that join at once, or in many turns, cost one encoding. One
/// for those who agreed to compression, and one for the others, each made when it is first needed. Neither is made from the other: encoding is a
/// twentieth of the work of compressing, and mostly one of them is all that is kept.
/// </summary>
internal sealed class SnapshotCache(string project, Tape tape)
{
    private const long TailBytesMin = 64 * 1024;

    /// <summary>A snapshot of so many bytes is made in less than a millisecond, so it is made at once.</summary>
    private const long AtOnceBytesMax = 16 * 1024;

    private EncodedSnapshot? _plain;
    private EncodedSnapshot? _compressed;

    /// <summary>Those that the driver is to make since it last cleared this.</summary>
    public List<EncodedSnapshot> Unmade { get; } = [];

    /// <summary>How many it made at once since the driver last set this to zero.</summary>
    public (int Plain, int Compressed) MadeAtOnce { get; set; }

    /// <summary>Bytes of memory that it holds.</summary>
    public long Bytes => (_plain?.Bytes ?? 0) + (_compressed?.Bytes ?? 0);

    /// <summary>Lets go of what it keeps; who joins next has it made anew.</summary>
    public void Release() => _plain = _compressed = null;

    /// <summary>A snapshot whose tail is on the tape, and where that tail begins.</summary>
    /// <param name="compressFrom">Bytes of a part from which on it is compressed; null for who did not agree to that.</param>
    public EncodedSnapshot For(ProjectState state, int? compressFrom, out long position)
    {
        ref var newest = ref _plain;
        if (compressFrom is not null)
            newest = ref _compressed;
        // One that is being made is good for all who come meanwhile: else who joins a busy project waits behind snapshots that nobody needs.
        if (newest is { HasFailed: false } kept && tape.TryFindAfter(kept.State.Seq, out position)
            && (kept.Frames is null || tape.Head - position <= Math.Max(TailBytesMin, kept.Bytes / 4)))
        {
            return kept;
        }
        position = tape.Head;
        newest = new(project, state, compressFrom);
        if (newest.Bytes > AtOnceBytesMax)
        {
            Unmade.Add(newest);
            return newest;
        }
        newest.Make();
        MadeAtOnce = newest.IsCompressed ? MadeAtOnce with { Compressed = MadeAtOnce.Compressed + 1 } : MadeAtOnce with { Plain = MadeAtOnce.Plain + 1 };
        return newest;
    }
}
