using System.Collections;
using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// The commands whose outcome is not known, in the order they were asked for. Numbers them and keeps the window.
/// <code>
/// queued ──sent──▶ sent ──event, ack, reject──▶ gone
///   ▲ ▲             │ │
///   │ └──unknown────┘ └──reject, retryable──▶ held ──pause over──▶ queued
/// </code>
/// </summary>
/// <param name="window">Commands that may be unanswered at once, 1 to 64.</param>
internal sealed class Pending(int window) : IReadOnlyCollection<PendingCommand>
{
    /// <summary>A server judges numbers down to 63 below a session's highest, so what is unanswered must lie that close together.</summary>
    private const int Spread = WireLimits.InFlight;

    private readonly SortedDictionary<long, PendingCommand> _byN = [];
    private readonly int _window = Math.Clamp(window, 1, Spread);
    private long _lastN;

    public int Count => _byN.Count;

    public PendingCommand? this[long n] => _byN.GetValueOrDefault(n);

    /// <summary>Numbers whose fate only the server knows.</summary>
    public ImmutableArray<long> Unanswered => [.. _byN.Values.Where(pending => pending.Stage == Stage.Sent).Select(pending => pending.N)];

    public PendingCommand Add(Command command)
    {
        var pending = new PendingCommand(++_lastN, command);
        _byN.Add(pending.N, pending);
        return pending;
    }

    public void Remove(PendingCommand pending) => _byN.Remove(pending.N);

    /// <summary>
    /// The next command to send, if the window allows one. A held command holds back those behind it: a later one may depend on it, and
    /// numbers must not run away from it.
    /// </summary>
    public PendingCommand? Next()
    {
        var (unanswered, oldest) = (0, 0L);
        foreach (var pending in _byN.Values)
        {
            if (pending.Stage == Stage.Held)
                return null;
            if (pending.Stage == Stage.Queued)
                return unanswered == 0 || (unanswered < _window && pending.N - oldest < Spread) ? pending : null;
            if (unanswered++ == 0)
                oldest = pending.N;
        }
        return null;
    }

    /// <summary>
    /// Takes the server's word after a rejoin. What it does not mention is treated as unknown: sending twice is harmless, forgetting is not.
    /// </summary>
    /// <param name="headSeq">By which all that is <see cref="Fate.Coming"/> has come.</param>
    public void Answer(ImmutableArray<Outcome> outcomes, long headSeq)
    {
        var fates = outcomes.ToDictionary(outcome => outcome.N, outcome => outcome.Fate);
        foreach (var pending in _byN.Values.Where(pending => pending.Stage == Stage.Sent))
        {
            pending.DueSeq = fates.GetValueOrDefault(pending.N) switch
            {
                Fate.Done => 0,
                Fate.Coming => headSeq,
                _ => null,
            };
            if (pending.DueSeq is null)
                pending.Stage = Stage.Queued;
        }
    }

    /// <summary>Takes out the commands that are known to have taken effect at or before a position.</summary>
    public ImmutableArray<PendingCommand> TakeDue(long seq)
    {
        ImmutableArray<PendingCommand> due = [.. _byN.Values.Where(pending => pending.DueSeq <= seq)];
        foreach (var pending in due)
            Remove(pending);
        return due;
    }

    /// <summary>Takes out a command with the later ones that make no sense without it, because it creates what they touch.</summary>
    public ImmutableArray<PendingCommand> TakeWithDependents(PendingCommand failed)
    {
        var missing = failed.Creates.ToHashSet(StringComparer.Ordinal);
        var taken = ImmutableArray.CreateBuilder<PendingCommand>();
        taken.Add(failed);
        foreach (var later in _byN.Values.Where(later => later.N > failed.N && later.Touches.Any(missing.Contains)))
        {
            taken.Add(later);
            missing.UnionWith(later.Creates);
        }
        foreach (var pending in taken)
            Remove(pending);
        return taken.DrainToImmutable();
    }

    /// <summary>Is there an older command, not with the server, that creates an entity which this one needs?</summary>
    public bool WaitsForCreate(PendingCommand later) =>
        _byN.Values.TakeWhile(older => older.N < later.N).Any(older => older.Stage != Stage.Sent && older.Creates.Any(later.Touches.Contains));

    public IEnumerator<PendingCommand> GetEnumerator() => _byN.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
