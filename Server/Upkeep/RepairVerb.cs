using EventOnly.Server.Journals;

namespace EventOnly.Server.Upkeep;

/// <summary>The verb <c>repair</c>: shows what it would do, and does it where it was told to.</summary>
internal sealed class RepairVerb(IJournalFiles files, TextWriter output, TextWriter? terminal, TimeProvider? clock = null)
{
    private readonly TimeProvider _time = clock ?? TimeProvider.System;

    public async Task<int> RunAsync(string data, string project, bool isMeant)
    {
        using var folderLock = DiskFiles.Lock(data);
        if (files.List(data).FirstOrDefault(name => Daybook.NumberOf(name) is not null) is { } daybook)
            throw new IOException($"'{data}' has {daybook}: the last server did not stop in good order. Start it once, so that it puts in place what stands there; it may be all that is missing.");
        var folder = Path.Combine(data, project);
        var total = UpkeepVerbs.BytesOf(files, folder, terminal);
        VerifiedProject found;
        using (var progress = new ProgressLine(terminal, "check", total, _time))
            found = await new Verification(files, folder, project, onBytes: progress.Add).RunAsync();
        if (!found.IsDamaged)
        {
            await output.WriteLineAsync($"{project}: not damaged, nothing to repair.");
            return UpkeepVerbs.Ok;
        }
        await output.WriteLineAsync($"{project}: {found.Bad}");
        var wasBegun = found.Bad!.File == Repair.Marker;
        var plan = RepairPlan.Of(found);
        if (!wasBegun && plan is null)
        {
            await output.WriteLineAsync($"  Nothing can be kept: its first events are gone, and no whole snapshot is left that holds what they came to. Put a good copy of '{folder}' in its place. Nothing was changed.");
            return UpkeepVerbs.Damaged;
        }
        RepairLoss? loss = null;
        if (wasBegun)
        {
            await output.WriteLineAsync("  It is ended in the way it was begun.");
        }
        else
        {
            using (var progress = new ProgressLine(terminal, "lost", total, _time))
                loss = new Repair(files, folder, project, progress.Add).Weigh(found, plan!);
            await TellAsync(plan!, loss);
        }
        if (!isMeant)
        {
            await output.WriteLineAsync($"Nothing was changed. To do it: ./run.sh repair '{data}' {project} --yes");
            return UpkeepVerbs.Damaged;
        }
        int number;
        using (var progress = new ProgressLine(terminal, "repair", total, _time))
        {
            var repair = new Repair(files, folder, project, progress.Add);
            number = wasBegun ? repair.End() : repair.Run(plan!, ServerApplication.NewEpoch());
        }
        await output.WriteLineAsync($"Repaired. What was there is kept in '{folder}' as *.damaged-{number}"
            + (loss is { Lines: > 0 } ? $", and what could still be read of the lost events in {Repair.LostName(number)}." : "."));
        return UpkeepVerbs.Ok;
    }

    private async Task TellAsync(RepairPlan plan, RepairLoss loss)
    {
        var events = plan.Head == plan.Floor ? null : $"events {plan.Floor + 1} to {plan.Head}";
        var kept = plan.From is null ? events ?? "no event" : $"the state after event {plan.Floor}, from its snapshot, and {events ?? "no event behind it"}";
        await output.WriteLineAsync($"  kept: {kept}, in a journal of a new epoch: every client takes a snapshot");
        if (plan.Floor >= loss.PastFrom)
            await output.WriteLineAsync($"  lost: events {loss.PastFrom} to {plan.Floor} as something to look back at; what they came to is kept");
        if (loss.To > plan.Head)
            await output.WriteLineAsync($"  lost: events {plan.Head + 1} to at least {loss.To}");
        else if (plan.End is { IsTorn: false })
            await output.WriteLineAsync($"  lost: whatever there was from event {plan.Head + 1} on; none of it can be read");
        if (loss.Lines > 0)
            await output.WriteLineAsync($"  {VerifyVerb.Counted(loss.Lines, "line")} of lost events can still be read and will be written to a .lost.jsonl, for a person to look at");
        await output.WriteLineAsync("  all files as they are now stay in the folder, as *.damaged-N");
    }
}
