using EventOnly.Server.Journals;

namespace EventOnly.Server.Upkeep;

/// <summary>The verb <c>repair</c>: shows what it would do, and does it where it was told to.</summary>
internal sealed class RepairVerb(IJournalFiles files, TextWriter output, TextWriter? terminal)
{
    public async Task<int> RunAsync(string data, string project, bool isMeant)
    {
        using var folderLock = DiskFiles.Lock(data);
        if (files.List(data).FirstOrDefault(name => Daybook.NumberOf(name) is not null) is { } daybook)
            throw new IOException($"'{data}' has {daybook}: the last server did not stop in good order. Start it once, so that it puts in place what stands there; it may be all that is missing.");
        var folder = Path.Combine(data, project);
        using var progress = new ProgressLine(terminal, "repair", 0, TimeProvider.System);
        var found = await new Verification(files, folder, project, onBytes: progress.Add).RunAsync();
        var repair = new Repair(files, folder, project, progress.Add);
        if (repair.Plan(found) is not { } plan)
        {
            await output.WriteLineAsync($"{project}: not damaged, nothing to repair.");
            return UpkeepVerbs.Ok;
        }
        await output.WriteLineAsync($"{project}: {found.Bad}");
        if (found.Bad!.File == Repair.Marker)
            await output.WriteLineAsync("  It is ended in the way it was begun.");
        else
            await TellAsync(plan);
        if (!isMeant)
        {
            await output.WriteLineAsync($"Nothing was changed. To do it: ./run.sh repair '{data}' {project} --yes");
            return UpkeepVerbs.Damaged;
        }
        var number = repair.Run(plan, ServerApplication.NewEpoch());
        await output.WriteLineAsync($"Repaired. What was there is kept in '{folder}' as *.damaged-{number}"
            + (plan.LostLines > 0 ? $", and what could still be read of the lost events in {Repair.LostName(number)}." : "."));
        return UpkeepVerbs.Ok;
    }

    private async Task TellAsync(RepairPlan plan)
    {
        var found = plan.Found;
        await output.WriteLineAsync(found.Events == 0 ? "  kept: no event" : $"  kept: events {found.Floor + 1} to {found.Head}, in a journal of a new epoch: every client takes a snapshot");
        await output.WriteLineAsync(plan.LostTo > found.Head
            ? $"  lost: events {found.Head + 1} to at least {plan.LostTo}; {VerifyVerb.Counted(plan.LostLines, "line")} of them can still be read and will be written to a .lost.jsonl, for a person to look at"
            : $"  lost: from event {found.Head + 1} on; none of them can be read");
        await output.WriteLineAsync("  all files as they are now stay in the folder, as *.damaged-N");
    }
}
