using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>A state as complete snapshot frames, shared by all who join while it is fresh.</summary>
internal sealed record EncodedSnapshot(ProjectState State, ReadOnlyMemory<byte>[] Frames, long Bytes)
{
    private const int PartBytes = 32 * 1024;

    public static EncodedSnapshot Of(string project, ProjectState state)
    {
        var parts = Split(state).ToArray();
        ReadOnlyMemory<byte>[] frames = [.. Encode(project, state, null, parts, parts.Length)];
        return new(state, frames, frames.Sum(frame => (long)frame.Length));
    }

    /// <summary>The frames that answer a request, each made when it is asked for: a state may be large, and is told to one only.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> PartsOf(string project, ProjectState state, string requestId) =>
        Encode(project, state, requestId, Split(state), Split(state).Count());

    private static IEnumerable<ReadOnlyMemory<byte>> Encode(
        string project, ProjectState state, string? requestId, IEnumerable<ImmutableArray<Entity>> parts, int count)
    {
        var output = new Utf8Buffer(PartBytes + 1024);
        var part = 0;
        foreach (var entities in parts)
        {
            part++;
            output.Clear();
            WireCodec.EncodeFrame(output, new ServerMessage.Snapshot(
                requestId, project, state.Seq, part, count, entities, part == count ? state.Hash : null));
            yield return output.Written.ToArray();
        }
    }

    /// <summary>At least one part, so that an empty project has a snapshot too.</summary>
    private static IEnumerable<ImmutableArray<Entity>> Split(ProjectState state)
    {
        var part = ImmutableArray.CreateBuilder<Entity>();
        var bytes = 0;
        foreach (var (_, entity) in state.Entities)
        {
            if (bytes > 0 && bytes + entity.Data.Bytes > PartBytes)
            {
                yield return part.DrainToImmutable();
                bytes = 0;
            }
            part.Add(entity);
            bytes += entity.Data.Bytes + 100;
        }
        yield return part.DrainToImmutable();
    }
}

/// <summary>Keeps the newest encoded snapshot while the tail behind it is small against it: a thousand that join at once cost one encoding.</summary>
internal sealed class SnapshotCache(string project, Tape tape)
{
    private const long TailBytesMin = 64 * 1024;

    private EncodedSnapshot? _newest;

    /// <summary>Bytes of memory that it holds.</summary>
    public long Bytes => _newest?.Bytes ?? 0;

    /// <summary>Lets go of what it keeps; who joins next has it made anew.</summary>
    public void Release() => _newest = null;

    /// <summary>A snapshot whose tail is on the tape, and where that tail begins.</summary>
    public EncodedSnapshot For(ProjectState state, out long position)
    {
        if (_newest is { } kept && tape.TryFindAfter(kept.State.Seq, out position) && tape.Head - position <= Math.Max(TailBytesMin, kept.Bytes / 4))
            return kept;
        position = tape.Head;
        return _newest = EncodedSnapshot.Of(project, state);
    }
}
