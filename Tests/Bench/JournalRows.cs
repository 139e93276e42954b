using EventOnly.Server.Journals;

namespace EventOnly.Tests.Bench;

/// <summary>The journal: how fast it takes events at each durability, beside what the disk itself can do, and how fast projects open.</summary>
internal static class JournalRows
{
    public static async Task RunAsync(BenchRun run)
    {
        var raw = new RawSync(run);
        var appended = new List<(Appended Appended, bool HasGoal)>();
        var most = run.Sizes.Writers.Max();
        foreach (var durability in Enum.GetValues<Durability>())
        {
            foreach (var writers in run.Sizes.Writers)
            {
                foreach (var projects in run.Sizes.Projects.Where(projects => projects <= writers))
                {
                    if (durability == Durability.Disk)
                        await raw.MeasureAsync();
                    appended.Add((await AppendRows.MeasureAsync(run, durability, writers, projects), durability == Durability.Disk && writers == most));
                }
            }
        }
        await raw.MeasureAsync();
        appended.Add((await SocketRow.MeasureAsync(run, most), false));
        await raw.MeasureAsync();

        run.Add(raw.ToRow());
        foreach (var (row, hasGoal) in appended)
            run.Add(row.ToRow(raw.P99Ms, hasGoal));
        await OpenRows.ReplayAsync(run);
        await OpenRows.RestartAsync(run);
        await SnapshotRows.OpenAsync(run);
        await SnapshotRows.LookBackAsync(run);
        await RestRows.VerifyAsync(run);
        await RestRows.IdleAsync(run);
    }
}
