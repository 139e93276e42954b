using System.Collections.Immutable;

namespace EventOnly.Tests.Proofs;

/// <summary>An event as far as its identity goes: where it stands, and whose command it is.</summary>
internal readonly record struct Noted(long Seq, string Session, long N);

/// <summary>What a client knows of a command.</summary>
internal enum Fate
{
    /// <summary>The line was lost before there was an answer.</summary>
    Unknown,

    /// <summary>Acknowledged at a seq.</summary>
    Done,

    /// <summary>Sent again, and told that it took effect, at a seq or before.</summary>
    DoneBefore,

    /// <summary>Refused, and not sent again.</summary>
    Refused,
}

/// <summary>A command as its client noted it.</summary>
internal readonly record struct Sent(long N, Fate Fate, long Seq = 0);

/// <summary>One look of a subscriber: where its snapshot or its resumption stood, and what it heard from there, in order.</summary>
/// <param name="After">The seq it stands at before the first event.</param>
/// <param name="Resumed">Whether it came back with the seq it had, and was told that it misses nothing.</param>
internal sealed record Watch(long After, bool Resumed, IReadOnlyList<Noted> Heard);

/// <summary>
/// Compares what clients were told, and what subscribers saw, with the journal in the end. Finds what must never be: an acknowledged event that
/// is lost or elsewhere, a command that took effect twice, or though it was refused, or before one its client sent earlier; a gap, a repetition
/// or a stranger in what anybody saw.
/// </summary>
internal static class HistoryChecker
{
    /// <param name="journal">All events, as they stand in the end.</param>
    /// <param name="clients">By session, its commands in the order they were sent first, each one before the next.</param>
    /// <param name="subscribers">By name, its looks in order.</param>
    /// <returns>One sentence for each anomaly; none where there is none.</returns>
    public static ImmutableArray<string> Check(
        IReadOnlyList<Noted> journal, IReadOnlyDictionary<string, IReadOnlyList<Sent>> clients, IReadOnlyDictionary<string, IReadOnlyList<Watch>> subscribers)
    {
        var anomalies = ImmutableArray.CreateBuilder<string>();
        var written = Index(journal, clients, anomalies);
        foreach (var (session, commands) in clients)
            CheckClient(session, commands, written, anomalies);
        foreach (var (name, watches) in subscribers)
            CheckSubscriber(name, watches, journal, anomalies);
        return anomalies.DrainToImmutable();
    }

    /// <summary>Where one client was the only one.</summary>
    public static ImmutableArray<string> Check(IReadOnlyList<Noted> journal, Author author) => Check(
        journal, new Dictionary<string, IReadOnlyList<Sent>> { [author.Session] = author.Sent }, new Dictionary<string, IReadOnlyList<Watch>>());

    private static Dictionary<(string Session, long N), long> Index(
        IReadOnlyList<Noted> journal, IReadOnlyDictionary<string, IReadOnlyList<Sent>> clients, ImmutableArray<string>.Builder anomalies)
    {
        var written = new Dictionary<(string Session, long N), long>();
        var sent = clients.SelectMany(client => client.Value.Select(command => (client.Key, command.N))).ToHashSet();
        for (var i = 0; i < journal.Count; i++)
        {
            var (seq, session, n) = journal[i];
            if (seq != i + 1)
                anomalies.Add($"The journal has seq {seq} where {i + 1} should stand.");
            if (!written.TryAdd((session, n), seq))
                anomalies.Add($"Command {n} of {session} took effect twice, at {written[(session, n)]} and at {seq}.");
            if (!sent.Contains((session, n)))
                anomalies.Add($"The journal has command {n} of {session} at {seq}, which nobody sent.");
        }
        return written;
    }

    private static void CheckClient(
        string session, IReadOnlyList<Sent> commands, Dictionary<(string Session, long N), long> written, ImmutableArray<string>.Builder anomalies)
    {
        var last = 0L;
        foreach (var (n, fate, seq) in commands)
        {
            var isThere = written.TryGetValue((session, n), out var at);
            if (fate is Fate.Done or Fate.DoneBefore && !isThere)
                anomalies.Add($"Command {n} of {session} was acknowledged at {seq} and is lost.");
            else if (fate == Fate.Done && at != seq)
                anomalies.Add($"Command {n} of {session} was acknowledged at {seq} and stands at {at}.");
            else if (fate == Fate.DoneBefore && at > seq)
                anomalies.Add($"Command {n} of {session} was to stand at {seq} or before and stands at {at}.");
            else if (fate == Fate.Refused && isThere)
                anomalies.Add($"Command {n} of {session} was refused and stands at {at}.");
            if (isThere && at < last)
                anomalies.Add($"Command {n} of {session} stands at {at}, before one that was sent earlier, at {last}.");
            last = Math.Max(last, at);
        }
    }

    private static void CheckSubscriber(string name, IReadOnlyList<Watch> watches, IReadOnlyList<Noted> journal, ImmutableArray<string>.Builder anomalies)
    {
        var seen = 0L;
        foreach (var watch in watches)
        {
            if (watch.Resumed && watch.After != seen)
                anomalies.Add($"{name} resumed after {watch.After}, but had seen {seen}.");
            if (watch.After < seen)
                anomalies.Add($"{name} was put back to {watch.After} after it had seen {seen}.");
            seen = watch.After;
            foreach (var heard in watch.Heard)
            {
                if (heard.Seq != seen + 1)
                    anomalies.Add($"{name} heard {heard.Seq} after {seen}.");
                if (heard.Seq < 1 || heard.Seq > journal.Count || journal[(int)heard.Seq - 1] != heard)
                    anomalies.Add($"{name} heard command {heard.N} of {heard.Session} at {heard.Seq}, which the journal does not have there.");
                seen = heard.Seq;
            }
        }
        if (seen > journal.Count)
            anomalies.Add($"{name} has seen {seen}, and the journal ends at {journal.Count}.");
    }
}
