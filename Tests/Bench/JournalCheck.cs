using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;

namespace EventOnly.Tests.Bench;

/// <summary>Reads what a row has written and compares it with what its writers were told: a fast journal that loses events is none.</summary>
internal static class JournalCheck
{
    /// <param name="acked">For each session of the project, the seq of its commands, that of <c>n</c> 1 first.</param>
    /// <exception cref="BrokenPromiseException">An event is missing, double, or not where it was told to be.</exception>
    public static async Task CompareAsync(IJournal journal, string project, IReadOnlyDictionary<string, IReadOnlyList<long>> acked)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var seen = acked.Keys.ToDictionary(session => session, _ => 0, StringComparer.Ordinal);
        var seq = 0L;
        await foreach (var entry in journal.ReadAsync(project, 1, CancellationToken.None))
        {
            var happened = codec.TryDecodeEvent(entry.Json.Span) ?? throw new BrokenPromiseException($"{project}: event {entry.Seq} cannot be read.");
            if (happened.Seq != ++seq)
                throw new BrokenPromiseException($"{project}: seq {happened.Seq} stands where {seq} should.");
            if (!seen.TryGetValue(happened.Session, out var n) || happened.N != n + 1)
                throw new BrokenPromiseException($"{project}: event {seq} is {happened.Session}'s command {happened.N}, after its {n}.");
            seen[happened.Session] = n + 1;
            if (acked[happened.Session].Count <= n || acked[happened.Session][n] != seq)
                throw new BrokenPromiseException($"{project}: event {seq} was acknowledged otherwise, or not at all.");
        }
        foreach (var (session, seqs) in acked)
        {
            if (seen[session] != seqs.Count)
                throw new BrokenPromiseException($"{project}: {seqs.Count - seen[session]} events that were acknowledged to {session} are lost.");
        }
    }
}
