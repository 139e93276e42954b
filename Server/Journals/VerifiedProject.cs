using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Server.Journals;

/// <summary>The first record of a project that is not as it should be.</summary>
/// <param name="Line">The line's number in the file, from 1.</param>
/// <param name="Seq">The seq of the event that should stand there; of the one before the first for a segment's header.</param>
/// <param name="Offset">Bytes of the file before it.</param>
/// <param name="IsTorn">A write that a crash cut short, or one that is just under way: the next start cuts it, and nothing is lost that was acknowledged.</param>
internal sealed record BadRecord(string File, long Line, long Seq, long Offset, string What, bool IsTorn)
{
    public override string ToString() => $"{File}, line {Line}, seq {Seq}, offset {Offset}: {What}";
}

/// <summary>What a check of a project's folder has found.</summary>
/// <param name="Stretches">What hangs together of the segments: from their beginning on, then from the snapshots behind each break. None where there are no segments and no snapshots.</param>
/// <param name="OpensFrom">Where it is damaged and a server opens it all the same: the seq of the snapshot that it opens from.</param>
/// <param name="Notes">What else lies in the folder.</param>
/// <param name="State">The fold of the events, where it was asked for and there is something to begin from.</param>
internal sealed record VerifiedProject(
    string Project, string Epoch, long Bytes, ImmutableArray<Stretch> Stretches, ImmutableArray<CheckedSnapshot> Snapshots,
    BadRecord? Bad, long? OpensFrom, ImmutableArray<string> Notes, ProjectState? State)
{
    /// <summary>The seq before the first event that is kept.</summary>
    public long Floor => Stretches is [{ From: null } first, ..] ? first.After : 0;

    /// <summary>The seq of the last event before the first bad record.</summary>
    public long Head => Stretches is [{ From: null } first, ..] ? first.Head : 0;

    /// <summary>Where the whole part of each segment before the first bad record ends, as far as there is one.</summary>
    public ImmutableArray<KeptPart> Kept => Stretches is [{ From: null } first, ..] ? first.Kept : [];

    public long Events => Head - Floor;

    public bool IsDamaged => Bad is { IsTorn: false };

    /// <summary>Whether a snapshot holds another state than its events come to, which a server that opens from it would serve.</summary>
    public bool IsContradicted => Snapshots.Any(snapshot => snapshot.Contradiction is not null);
}

/// <summary>Events that hang together, each from the one before.</summary>
/// <param name="From">The snapshot behind which they begin; null for those at the beginning of the first segment.</param>
/// <param name="After">The seq before the first of them.</param>
/// <param name="Head">The seq of the last of them; <paramref name="After"/> where there is none.</param>
/// <param name="End">What ends them, where it is not the journal's end.</param>
internal sealed record Stretch(SnapshotHeader? From, long After, long Head, ImmutableArray<KeptPart> Kept, BadRecord? End);

/// <summary>The whole part of a segment.</summary>
/// <param name="After">What the segment begins after.</param>
/// <param name="Start">Where the part begins, where that is not the segment's beginning.</param>
/// <param name="Head">The seq of its last whole event; that before its first where it has none.</param>
/// <param name="EndOffset">Where it ends.</param>
internal readonly record struct KeptPart(string File, long After, Place? Start, long Head, long EndOffset);

/// <summary>What a check has found of a snapshot.</summary>
/// <param name="Header">Null where its first line is not as it was written.</param>
/// <param name="Misfit">What keeps it from its place in the segments.</param>
/// <param name="IsWhole">Whether all of it is as it was written.</param>
/// <param name="Contradiction">What the events come to at its seq, where they were folded and it is not this.</param>
internal sealed record CheckedSnapshot(string File, SnapshotHeader? Header, string? Misfit, bool IsWhole, string? Contradiction = null)
{
    /// <summary>Whether an opening begins from it, for all that is seen without reading it whole.</summary>
    public bool Fits => Header is not null && Misfit is null;

    public bool IsGood => Fits && IsWhole;

    public string? Fault => Header is null ? "its first line does not fit its checksum or its name" : Misfit ?? (IsWhole ? Contradiction : "it does not fit its checksums, its counts or its hash");
}
