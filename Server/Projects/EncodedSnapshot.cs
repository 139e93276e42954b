using System.Collections.Immutable;
using System.IO.Compression;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>
/// A state as complete snapshot frames, shared by all who join while it is fresh. Made once, by whoever drives the project and beside it if it is large;
/// until then its members have nothing to take, and they are woken when they have.
/// </summary>
/// <param name="compressFrom">Bytes of a part from which on it is compressed, for those who agreed to that; null for all others.</param>
internal sealed class EncodedSnapshot(string project, ProjectState state, int? compressFrom = null)
{
    private const int PartBytes = 32 * 1024;
    private const int EntityBytesMore = 100;
    private const int WokenAtOnce = 16;

    private readonly Lock _gate = new();
    private readonly List<Member> _waiting = [];
    private ReadOnlyMemory<byte>[]? _frames;
    private volatile bool _hasFailed;

    public ProjectState State { get; } = state;

    /// <summary>Whether its parts are compressed where they are large enough.</summary>
    public bool IsCompressed => compressFrom is not null;

    /// <summary>How large it is, about, when nothing is compressed.</summary>
    public long Bytes => State.DataBytes + (long)State.Entities.Count * EntityBytesMore;

    /// <summary>The parts in order; null while they are not made.</summary>
    public ReadOnlyMemory<byte>[]? Frames => Volatile.Read(ref _frames);

    /// <summary>Makes it, and wakes those who wait for it. Once.</summary>
    public void Make() => MakePartsAsync(yields: false).GetAwaiter().GetResult(); // it never waits

    /// <summary>The same part by part, with others at work in between: it is the longest piece of work there is on a thread of the pool.</summary>
    public Task MakeAsync() => MakePartsAsync(yields: true);

    private async Task MakePartsAsync(bool yields)
    {
        var parts = Split(State).ToArray();
        var frames = new List<ReadOnlyMemory<byte>>(parts.Length);
        foreach (var frame in Encode(project, State, null, parts, parts.Length, compressFrom))
        {
            frames.Add(frame);
            if (yields)
                await Task.Yield();
        }
        Member[] waiting;
        lock (_gate)
        {
            Volatile.Write(ref _frames, [.. frames]);
            waiting = [.. _waiting];
            _waiting.Clear();
        }
        for (var i = 0; i < waiting.Length; i++)
        {
            waiting[i].Wake();
            if (yields && i % WokenAtOnce == WokenAtOnce - 1)
                await Task.Yield();
        }
    }

    /// <summary>Sends those away who wait for what could not be made.</summary>
    public void Fail()
    {
        Member[] waiting;
        lock (_gate)
        {
            _hasFailed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
        }
        foreach (var member in waiting)
            member.End(CloseCode.ServerFault);
    }

    /// <summary>Whether it could not be made, and never will be.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Has a member woken once it is made.</summary>
    public void AwaitBy(Member member)
    {
        lock (_gate)
        {
            if (_frames is null && !_hasFailed)
                _waiting.Add(member);
        }
        if (_hasFailed)
            member.End(CloseCode.ServerFault);
    }

    /// <summary>The frames that answer a request, each made when it is asked for: a state may be large, and is told to one only.</summary>
    /// <param name="count">How many there are.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> PartsOf(string project, ProjectState state, string requestId, out int count) =>
        Encode(project, state, requestId, Split(state), count = Split(state).Count(), null);

    private static IEnumerable<ReadOnlyMemory<byte>> Encode(
        string project, ProjectState state, string? requestId, IEnumerable<ImmutableArray<Entity>> parts, int count, int? compressFrom)
    {
        var output = new Utf8Buffer(PartBytes + 1024);
        var part = 0;
        foreach (var entities in parts)
        {
            part++;
            output.Clear();
            WireCodec.EncodeFrame(output, new ServerMessage.Snapshot(
                requestId, project, state.Seq, part, count, entities, part == count ? state.Hash : null));
            // Optimal: 20 % of the bytes instead of 33 %, for ten times the work, which is done once for all and beside the project.
            var frame = MessageDeflate.Compress(output.WrittenMemory, compressFrom, CompressionLevel.Optimal);
            yield return frame.Equals(output.WrittenMemory) ? output.Written.ToArray() : frame;
        }
    }

    /// <summary>At least one part, so that an empty project has a snapshot too.</summary>
    private static IEnumerable<ImmutableArray<Entity>> Split(ProjectState state)
    {
        var part = ImmutableArray.CreateBuilder<Entity>();
        var bytes = 0L;
        foreach (var (_, entity) in state.Entities)
        {
            if (bytes > 0 && bytes + entity.Bytes > PartBytes)
            {
                yield return part.DrainToImmutable();
                bytes = 0;
            }
            part.Add(entity);
            bytes += entity.Bytes + EntityBytesMore;
        }
        yield return part.DrainToImmutable();
    }
}
