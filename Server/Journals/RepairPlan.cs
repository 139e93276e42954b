using System.Collections.Immutable;

namespace EventOnly.Server.Journals;

/// <summary>What a repair keeps of a damaged project: as much of the present as possible, and of what is left as much of the past.</summary>
/// <param name="From">The snapshot whose state the kept events go on from; null where they go back to the first.</param>
/// <param name="Head">The seq of the last event, or of the state, that is kept.</param>
/// <param name="Parts">The events that are kept.</param>
/// <param name="Snapshots">The states that are kept, the oldest first.</param>
/// <param name="End">What ends the kept events, where it is not the journal's end.</param>
internal sealed record RepairPlan(SnapshotHeader? From, long Head, ImmutableArray<KeptPart> Parts, ImmutableArray<SnapshotHeader> Snapshots, BadRecord? End)
{
    /// <summary>The seq before the first event that is kept.</summary>
    public long Floor => From?.Seq ?? 0;

    /// <summary>What could be kept that goes furthest, and then what goes back furthest; null where nothing is left that a server could open.</summary>
    public static RepairPlan? Of(VerifiedProject found) =>
        found.Stretches.Select(stretch => Of(found, stretch)).OfType<RepairPlan>().OrderByDescending(plan => plan.Head).ThenBy(plan => plan.Floor).FirstOrDefault();

    private static RepairPlan? Of(VerifiedProject found, Stretch stretch)
    {
        SnapshotHeader[] within = [.. found.Snapshots.Where(snapshot => snapshot.IsGood || (snapshot.IsWhole && snapshot.Header == stretch.From))
            .Select(snapshot => snapshot.Header!).Where(header => header.Seq >= stretch.After && header.Seq <= stretch.Head)];
        if (stretch is { From: null, After: 0 })
            return new(null, stretch.Head, [.. stretch.Kept.Where((part, i) => part.Head > part.After || i == 0)], [.. within], stretch.End);
        // Where the first events were dropped, those before the oldest state are of no use to anybody.
        return within is [var from, ..] ? new(from, stretch.Head, [.. stretch.Kept.Where(part => part.Head > from.Seq).Select(part => BeginAt(part, from))], [.. within], stretch.End) : null;
    }

    private static KeptPart BeginAt(KeptPart part, SnapshotHeader from) => part.After == from.After && part.After < from.Seq ? part with { Start = from.Place } : part;
}

/// <summary>What a repair cannot keep.</summary>
/// <param name="PastFrom">The seq of the first event whose effect is kept and it itself is not.</param>
/// <param name="To">The highest seq that is known to have been there; the last that is kept where none is known.</param>
/// <param name="Lines">Lines of lost events that can still be read.</param>
internal sealed record RepairLoss(long PastFrom, long To, int Lines);
