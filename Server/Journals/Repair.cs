using System.Text.Json;
using System.Text.Json.Serialization;

namespace EventOnly.Server.Journals;

/// <summary>
/// Makes a journal of what is whole of a damaged one (<see cref="RepairPlan"/>), under a new epoch: positions behind it will be used again, and who has seen
/// the old events there must take a snapshot. Everything that was there stays beside it.
/// <code>
///   write NAME.repaired, sync -> marker, sync -> segments and snapshots to NAME.damaged-N, sync -> NAME.repaired to NAME, sync -> no marker, sync
/// </code>
/// While the marker is there nobody opens the project, and a repair goes on from it: whenever the power goes, the project is damaged or repaired.
/// </summary>
internal sealed partial class Repair(IJournalFiles files, string folder, string project, Action<long>? onBytes = null)
{
    /// <summary>The file that stands while files change places.</summary>
    public const string Marker = "repairing";

    /// <summary>Ends the names of what is not in its place yet.</summary>
    public const string Suffix = ".repaired";

    private readonly RepairFiles _files = new(files, folder, project, onBytes);

    private sealed record Moves(int Number, string[] Aside, string[] Into);

    [JsonSerializable(typeof(Moves))]
    private sealed partial class Marks : JsonSerializerContext;

    /// <summary>What a plan costs. Changes nothing.</summary>
    public RepairLoss Weigh(VerifiedProject found, RepairPlan plan)
    {
        var reach = found.Floor == 0 ? 0 : found.Snapshots.FirstOrDefault(snapshot => snapshot.IsGood)?.Header!.Seq ?? found.Floor;
        var to = found.Snapshots.Where(snapshot => snapshot.IsWhole).Select(snapshot => snapshot.Header!.Seq)
            .Concat(files.List(folder).Select(Segment.AfterOf).OfType<long>()).Append(plan.Head).Max();
        var lines = 0;
        foreach (var (seq, _) in _files.LostLines(plan))
            (to, lines) = (Math.Max(to, seq), lines + 1);
        return new(reach + 1, to, lines);
    }

    /// <summary>Puts what a plan keeps in the place of what was there. Gives the number that what was kept aside has in its names.</summary>
    public int Run(RepairPlan plan, string epoch)
    {
        var moves = Prepare(plan, epoch);
        Move(moves);
        return moves.Number;
    }

    /// <summary>Ends a repair that was begun. Gives the number that what was kept aside has in its names.</summary>
    public int End()
    {
        var moves = ReadMarker();
        Move(moves);
        return moves.Number;
    }

    private Moves Prepare(RepairPlan plan, string epoch)
    {
        var names = files.List(folder);
        foreach (var old in names.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)))
            files.Delete(PathOf(old));
        var number = 1;
        while (names.Any(name => name.EndsWith($".damaged-{number}", StringComparison.Ordinal)))
            number++;
        if (_files.HasLost(plan))
            _files.WriteLost(LostName(number), plan);
        var into = _files.WriteKept(plan, epoch);
        var moves = new Moves(number, [.. names.Where(name => Segment.AfterOf(name) is not null || SnapshotFile.SeqOf(name) is not null)], [.. into]);
        _files.WriteText(Marker + Suffix, JsonSerializer.SerializeToUtf8Bytes(moves, Marks.Default.Moves));
        files.SyncFolder(folder);
        files.Rename(PathOf(Marker + Suffix), PathOf(Marker));
        files.SyncFolder(folder);
        return moves;
    }

    private Moves ReadMarker()
    {
        using var file = files.OpenToRead(PathOf(Marker));
        var bytes = new byte[file.Length];
        file.ReadAll(0, bytes);
        try
        {
            return JsonSerializer.Deserialize(bytes, Marks.Default.Moves) ?? throw new JsonException();
        }
        catch (JsonException notOurs)
        {
            throw new IOException($"{PathOf(Marker)} is not what a repair writes; delete it if it is yours.", notOurs);
        }
    }

    private void Move(Moves moves)
    {
        var names = files.List(folder);
        foreach (var name in moves.Aside.Where(name => !names.Contains(AsideName(name, moves.Number))))
            files.Rename(PathOf(name), PathOf(AsideName(name, moves.Number)));
        files.SyncFolder(folder); // or a new file could take an old one's name before the old one has another
        foreach (var name in moves.Into.Where(name => names.Contains(name + Suffix)))
            files.Rename(PathOf(name + Suffix), PathOf(name));
        files.SyncFolder(folder);
        files.Delete(PathOf(Marker));
        files.SyncFolder(folder);
    }

    private static string AsideName(string segment, int number) => $"{segment}.damaged-{number}";

    public static string LostName(int number) => $"damaged-{number}.lost.jsonl";

    private string PathOf(string name) => Path.Combine(folder, name);
}
