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
/// <param name="Floor">The seq before the first event that is kept.</param>
/// <param name="Head">The seq of the last event before the first bad record.</param>
/// <param name="Kept">Where the whole part of each segment ends, as far as there is one.</param>
/// <param name="Notes">What else lies in the folder.</param>
/// <param name="State">The fold of the events, where it was asked for and the events go back to the first.</param>
internal sealed record VerifiedProject(
    string Project, string Epoch, long Floor, long Head, long Bytes, ImmutableArray<KeptPart> Kept, BadRecord? Bad, ImmutableArray<string> Notes, ProjectState? State)
{
    public long Events => Head - Floor;

    public bool IsDamaged => Bad is { IsTorn: false };
}

/// <summary>The whole part of a segment.</summary>
/// <param name="Head">The seq of its last whole event; its <paramref name="After"/> where it has none.</param>
internal readonly record struct KeptPart(string File, long After, long Head);
