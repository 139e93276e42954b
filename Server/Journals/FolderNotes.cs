using System.Collections.Immutable;

namespace EventOnly.Server.Journals;

/// <summary>What lies in a project's folder beside its segments and snapshots, for a person who wonders.</summary>
internal static class FolderNotes
{
    /// <param name="names">All files of the folder.</param>
    public static ImmutableArray<string> Of(IReadOnlyList<string> names)
    {
        var floor = names.Select(Segment.AfterOf).OfType<long>().FirstOrDefault();
        return [.. names.Where(name => Segment.AfterOf(name) is null && name != Repair.Marker && SnapshotFile.SeqOf(name) is null).Select(Describe),
            .. names.Where(name => SnapshotFile.SeqOf(name) < floor).Select(name => $"{name}: of events that were dropped; the next start deletes it")];
    }

    private static string Describe(string name) => name switch
    {
        _ when name.Contains(".torn-", StringComparison.Ordinal) => $"{name}: what a crash had left half written, set aside at a start",
        _ when name.Contains(".damaged-", StringComparison.Ordinal) => $"{name}: as it was before a repair",
        _ when name.EndsWith(".lost.jsonl", StringComparison.Ordinal) => $"{name}: lines that a repair could not keep",
        _ when name.EndsWith(Repair.Suffix, StringComparison.Ordinal) => $"{name}: left by a repair that did not get far; it may be deleted",
        _ when name.EndsWith(Snapshots.Unfit, StringComparison.Ordinal) => $"{name}: a snapshot that did not fit, set aside by a server; it may be deleted",
        _ when SnapshotFile.IsUnfinished(name) => $"{name}: a snapshot that a server is writing, or that a crash cut short; the next start deletes it",
        _ => $"{name}: no file of a journal",
    };
}
