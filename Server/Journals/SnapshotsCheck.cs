using System.Collections.Immutable;
using EventOnly.Protocol.State;

namespace EventOnly.Server.Journals;

/// <summary>Reads the snapshots of a project's folder to their last byte and looks where each belongs. Changes nothing.</summary>
/// <param name="afters">What the segments that are there begin after, in order.</param>
/// <param name="keeps">Whether the oldest good state is to be kept for folding.</param>
internal sealed class SnapshotsCheck(IJournalFiles files, string folder, string project, IReadOnlyList<long> afters, bool keeps, Action<long>? onBytes)
{
    private readonly Places _places = new(files, folder, project) { Afters = afters };

    public long Bytes { get; private set; }

    /// <summary>The state of the oldest snapshot that is good.</summary>
    public ProjectState? Oldest { get; private set; }

    /// <param name="names">The files of the folder. One of a snapshot before the first segment is about to go and not looked at.</param>
    public ImmutableArray<CheckedSnapshot> Run(IReadOnlyList<string> names)
    {
        var floor = afters is [var first, ..] ? first : 0;
        // First all headers: a server beside us may drop the segments that they stand in while the rest is read.
        CheckedSnapshot[] found = [.. names.Where(name => SnapshotFile.SeqOf(name) >= floor).Select(ReadHeader)];
        return [.. found.Select(snapshot => snapshot with { IsWhole = snapshot.Header is not null && IsWhole(snapshot) })];
    }

    private CheckedSnapshot ReadHeader(string name)
    {
        try
        {
            using var file = files.OpenToRead(Path.Combine(folder, name));
            var header = SnapshotFile.ReadHeader(file);
            return header is null || header.Seq != SnapshotFile.SeqOf(name) ? new(name, null, null, false) : new(name, header, _places.Judge(header), false);
        }
        catch (IOException failure) when (failure is not FileNotFoundException)
        {
            return new(name, null, null, false); // as a server passes over it
        }
    }

    private bool IsWhole(CheckedSnapshot snapshot)
    {
        try
        {
            using var file = files.OpenToRead(Path.Combine(folder, snapshot.File));
            Bytes += file.Length;
            var state = SnapshotFile.Read(file, snapshot.Header!);
            onBytes?.Invoke(file.Length);
            if (keeps && snapshot.Fits)
                Oldest ??= state;
            return state is not null;
        }
        catch (IOException failure) when (failure is not FileNotFoundException)
        {
            return false;
        }
    }
}
