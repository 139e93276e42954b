using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>A state as complete snapshot frames, shared by all who join while it is fresh.</summary>
internal sealed record EncodedSnapshot(ProjectState State, ReadOnlyMemory<byte>[] Frames, long Bytes)
{
    private const int PartBytes = 32 * 1024;

    public static EncodedSnapshot Of(string project, ProjectState state, string? requestId = null)
    {
        var parts = Split(state);
        var output = new Utf8Buffer(PartBytes + 1024);
        var frames = new ReadOnlyMemory<byte>[parts.Count];
        var bytes = 0L;
        for (var i = 0; i < parts.Count; i++)
        {
            output.Clear();
            WireCodec.EncodeFrame(output, new ServerMessage.Snapshot(
                requestId, project, state.Seq, i + 1, parts.Count, parts[i], i == parts.Count - 1 ? state.Hash : null));
            frames[i] = output.Written.ToArray();
            bytes += frames[i].Length;
        }
        return new(state, frames, bytes);
    }

    /// <summary>At least one part, so that an empty project has a snapshot too.</summary>
    private static List<ImmutableArray<Entity>> Split(ProjectState state)
    {
        var parts = new List<ImmutableArray<Entity>>();
        var part = ImmutableArray.CreateBuilder<Entity>();
        var bytes = 0;
        foreach (var (_, entity) in state.Entities)
        {
            if (bytes > 0 && bytes + entity.Data.Bytes > PartBytes)
            {
                parts.Add(part.DrainToImmutable());
                bytes = 0;
            }
            part.Add(entity);
            bytes += entity.Data.Bytes + 100;
        }
        parts.Add(part.DrainToImmutable());
        return parts;
    }
}

/// <summary>Keeps the newest encoded snapshot while the tail behind it is small against it: a thousand that join at once cost one encoding.</summary>
internal sealed class SnapshotCache(string project, Tape tape)
{
    private const long TailBytesMin = 64 * 1024;

    private EncodedSnapshot? _newest;

    /// <summary>A snapshot whose tail is on the tape, and where that tail begins.</summary>
    public EncodedSnapshot For(ProjectState state, out long position)
    {
        if (_newest is { } kept && tape.TryFindAfter(kept.State.Seq, out position) && tape.Head - position <= Math.Max(TailBytesMin, kept.Bytes / 4))
            return kept;
        position = tape.Head;
        return _newest = EncodedSnapshot.Of(project, state);
    }
}
