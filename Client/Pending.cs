using System.Collections;
using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>How much may be pending.</summary>
/// <param name="Window">Commands that may be unanswered at once, 1 to 64.</param>
/// <param name="CommandsMax">Commands.</param>
/// <param name="BytesMax">Bytes of all of them, as JSON.</param>
/// <param name="Coalesces">False: every command stays one of its own.</param>
internal sealed record PendingBounds(
    int Window = WireLimits.InFlight, int CommandsMax = int.MaxValue, long BytesMax = long.MaxValue, bool Coalesces = true);

/// <summary>
/// The commands whose outcome is not known, in the order they were asked for, which is the order of n. Numbers them, keeps the window and the
/// bounds, makes one of several while they wait, and knows which entities they touch.
/// <code>
/// queued ──sent──▶ sent ──event, ack, reject──▶ gone
///   ▲ ▲             │ │
///   │ └──unknown────┘ └──reject, retryable──▶ held ──pause over──▶ queued
/// </code>
/// </summary>
internal sealed class Pending(PendingBounds bounds) : IReadOnlyCollection<PendingCommand>
{
    /// <summary>A server judges numbers down to 63 below a session's highest, so what is unanswered must lie that close together.</summary>
    private const int Spread = WireLimits.InFlight;

    /// <summary>What several have become together must not grow to a message that the server does not take: each alone may have been small enough.</summary>
    private const int CoalescedBytesMax = 16_384;

    private readonly LinkedList<PendingCommand> _all = [];
    private readonly Dictionary<long, PendingCommand> _byN = []; // those that have a number
    private readonly Dictionary<string, List<PendingCommand>> _byId = new(StringComparer.Ordinal);
    private readonly int _window = Math.Clamp(bounds.Window, 1, Spread);
    private readonly Utf8Buffer _measure = new();
    private long _bytes;
    private long _lastN;
    private long _lastTurn;

    public int Count => _all.Count;

    public PendingCommand? this[long n] => _byN.GetValueOrDefault(n);

    /// <summary>Numbers whose fate only the server knows.</summary>
    public ImmutableArray<long> Unanswered => [.. _all.Where(pending => pending.Stage == Stage.Sent).Select(pending => pending.N)];

    /// <summary>Ids that pending commands touch.</summary>
    public IReadOnlyCollection<string> Ids => _byId.Keys;

    /// <summary>Pending commands about an entity, oldest first.</summary>
    public IReadOnlyList<PendingCommand> On(string id) => _byId.TryGetValue(id, out var all) ? all : [];

    /// <summary>Pending operations on an entity, oldest first.</summary>
    public IEnumerable<Command> OpsOn(string id) =>
        _byId.TryGetValue(id, out var all) ? all.SelectMany(pending => pending.Ops).Where(op => PendingCommand.EntityOf(op) == id) : [];

    /// <summary>
    /// Takes a command. What was not sent yet and is about the same entity may become one with it, or, a create and its delete, nothing at all.
    /// </summary>
    /// <param name="settled">What has come to nothing, the command included.</param>
    /// <exception cref="QueueFullException">It was not taken.</exception>
    public PendingCommand Add(Command command, long ticket, out ImmutableArray<PendingCommand> settled)
    {
        var added = new PendingCommand(command, Measure(command)) { Tickets = { ticket } };
        if (bounds.Coalesces && command is Command.Edit { Base: 0 } edit && TryCompose(edit, ticket, out settled) is { } composed)
            return composed;
        var waiting = bounds.Coalesces && PendingCommand.EntityOf(command) is { } id ? UnsentOn(id) : [];
        settled = [];
        ImmutableArray<PendingCommand> made = [.. waiting.Reverse().TakeWhile(each => each.Command is not Command.Delete).Reverse()];
        if (command is Command.Delete { IfVersion: null } && made is [{ Command: Command.Create }, ..])
        {
            foreach (var each in made)
                Remove(each);
            settled = [.. made, added];
            return added;
        }
        if (waiting is [.., var last] && Coalescing.TryMerge(last.Command, command) is { } both && TryBecome(last, both))
        {
            last.WaitFor(ticket);
            return last;
        }
        ThrowIfFull(1, added.Bytes);
        Put(added);
        return added;
    }

    /// <exception cref="QueueFullException">There is no room for so much more.</exception>
    public void ThrowIfFull(int commands, int bytes)
    {
        if (Count + commands > bounds.CommandsMax)
            throw new QueueFullException(bounds.CommandsMax);
        if (_bytes + bytes > bounds.BytesMax)
            throw new QueueFullException(bounds.BytesMax, "bytes");
    }

    /// <summary>
    /// An edit becomes one with the last of its text that was never sent; both come to nothing where it takes back what that one does. What was on
    /// the line once is frozen: under its number the server may have it already.
    /// </summary>
    private PendingCommand? TryCompose(Command.Edit edit, long ticket, out ImmutableArray<PendingCommand> settled)
    {
        settled = [];
        if (On(edit.Entity).LastOrDefault(each => each.IsEditOf(edit.Entity, edit.Field) || each.Begins(edit.Entity, edit.Field)) is not { N: 0, Edit: { } before } last)
            return null;
        var both = before with { Delta = before.Delta.Compose(edit.Delta) };
        if (both.Delta.IsEmpty)
        {
            last.WaitFor(ticket);
            Remove(last);
            settled = [last];
            return last;
        }
        if (both.Delta.Count > Dividing.PartsMax || !TryBecome(last, both))
            return null;
        last.WaitFor(ticket);
        return last;
    }

    /// <summary>What waits to be sent about an entity, oldest first; none where something else about it is under way.</summary>
    private ImmutableArray<PendingCommand> UnsentOn(string id)
    {
        if (!_byId.TryGetValue(id, out var all))
            return [];
        var first = all.Count;
        while (first > 0 && all[first - 1] is { N: 0, Command: not Command.Batch })
            first--;
        return [.. all.Skip(first)];
    }

    private bool TryBecome(PendingCommand pending, Command both)
    {
        var bytes = Measure(both);
        var grown = bytes - pending.Bytes;
        if (grown > 0 && (bytes > CoalescedBytesMax || _bytes + grown > bounds.BytesMax))
            return false;
        _bytes += grown;
        pending.Become(both, bytes);
        return true;
    }

    /// <summary>Bytes of a command as JSON.</summary>
    public int Measure(Command command)
    {
        _measure.Clear();
        WireCodec.Encode(_measure, new ClientMessage.Submit("", 0, command));
        return _measure.Length;
    }

    private void Put(PendingCommand pending)
    {
        _all.AddLast(pending);
        _bytes += pending.Bytes;
        foreach (var id in pending.Touches)
        {
            if (!_byId.TryGetValue(id, out var all))
                _byId.Add(id, all = []);
            all.Add(pending);
        }
    }

    public void Remove(PendingCommand pending)
    {
        if (!_all.Remove(pending))
            return;
        _bytes -= pending.Bytes;
        _byN.Remove(pending.N);
        foreach (var id in pending.Touches)
        {
            var all = _byId[id];
            all.Remove(pending);
            if (all.Count == 0)
                _byId.Remove(id);
        }
    }

    /// <summary>
    /// The next command to send, if the window allows one. A held command holds back those behind it: a later one may depend on it, and
    /// numbers must not run away from it. One that may not go yet holds back those behind it that are about the same entities, and nothing else.
    /// </summary>
    /// <param name="mayGo">Whether a command may be sent now; all may by default.</param>
    public PendingCommand? Next(Predicate<PendingCommand>? mayGo = null)
    {
        var (unanswered, oldest) = (0, _lastN + 1);
        foreach (var pending in _byN.Values)
        {
            oldest = Math.Min(oldest, pending.N);
            unanswered += pending.Stage == Stage.Sent ? 1 : 0;
        }
        HashSet<string>? waiting = null;
        foreach (var pending in _all)
        {
            if (pending.Stage == Stage.Held)
                return null;
            if (pending.Stage == Stage.Sent)
                continue;
            var n = pending.N == 0 ? _lastN + 1 : pending.N;
            if (unanswered >= _window || n - oldest >= Spread)
                return null;
            if (waiting?.Overlaps(pending.Touches) != true && mayGo?.Invoke(pending) != false)
                return pending;
            (waiting ??= new(StringComparer.Ordinal)).UnionWith(pending.Touches);
        }
        return null;
    }

    /// <param name="epoch">Of the journal it goes to.</param>
    public void Sent(PendingCommand pending, string? epoch)
    {
        if (pending.N == 0)
            _byN.Add(pending.N = ++_lastN, pending);
        pending.Epoch ??= epoch;
        (pending.Stage, pending.Turn, pending.IsGuessed) = (Stage.Sent, ++_lastTurn, false);
        pending.Sends++;
    }

    /// <summary>The one that was to be sent just now is not: its number goes to the next one, if it has not been on the line before.</summary>
    public void NotSent(PendingCommand pending)
    {
        if (pending.Sends != 1 || pending.N != _lastN)
            return;
        _byN.Remove(_lastN--);
        pending.N = 0;
    }

    /// <summary>
    /// Takes the server's word after a rejoin. What it does not mention is treated as unknown: sending twice is harmless, forgetting is not.
    /// </summary>
    /// <param name="headSeq">By which all that is <see cref="Fate.Coming"/> has come.</param>
    public void Answer(ImmutableArray<Outcome> outcomes, long headSeq)
    {
        var fates = outcomes.ToDictionary(outcome => outcome.N, outcome => outcome.Fate);
        foreach (var pending in _all.Where(pending => pending.Stage == Stage.Sent))
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

    /// <summary>The commands that are known to have taken effect at or before a position.</summary>
    public ImmutableArray<PendingCommand> Due(long seq) => [.. _all.Where(pending => pending.DueSeq <= seq)];

    /// <summary>
    /// Takes out a command with the later ones that make no sense without it, because it creates what they touch, or makes the text that they edit.
    /// </summary>
    public ImmutableArray<PendingCommand> TakeWithDependents(PendingCommand failed)
    {
        var missing = failed.Creates.ToHashSet(StringComparer.Ordinal);
        var unmade = TextsOf(failed).ToHashSet();
        var taken = ImmutableArray.CreateBuilder<PendingCommand>();
        taken.Add(failed);
        foreach (var later in _all.SkipWhile(pending => pending != failed).Skip(1))
        {
            if (!later.Touches.Any(missing.Contains) && !(later.Edit is { } edit && unmade.Contains((edit.Entity, edit.Field))))
            {
                unmade.ExceptWith(TextsOf(later)); // what follows is about that one's text
                continue;
            }
            taken.Add(later);
            missing.UnionWith(later.Creates);
        }
        foreach (var pending in taken)
            Remove(pending);
        return taken.DrainToImmutable();
    }

    /// <summary>
    /// A command with those that cannot be without it to who waits for them: an edit that was divided is one edit to who made it. What became one with a piece
    /// goes along, and so do the other pieces of that. None of them was ever sent, because only the first edit of a text is. Oldest first.
    /// </summary>
    public IReadOnlyList<PendingCommand> WithPieces(PendingCommand failed)
    {
        List<PendingCommand> pieces = [failed];
        if (failed.Edit is not { } edit)
            return pieces;
        var tickets = failed.Tickets.Where(ticket => ticket != 0).ToHashSet();
        foreach (var later in On(edit.Entity).SkipWhile(each => each != failed).Skip(1).Where(each => each.IsEditOf(edit.Entity, edit.Field)))
        {
            if (!later.Tickets.Exists(tickets.Contains))
                break;
            pieces.Add(later);
            tickets.UnionWith(later.Tickets.Where(ticket => ticket != 0));
        }
        return pieces;
    }

    /// <summary>Fields that a command writes as a whole: those that are texts become other ones by it.</summary>
    private static IEnumerable<(string Id, string Field)> TextsOf(PendingCommand command) =>
        command.Ops.OfType<Command.Patch>().SelectMany(patch => patch.Fields.Select(field => (patch.Entity, field.Name)));

    /// <summary>
    /// Did this command overtake the create of an entity that it needs? The create was refused for now, and has not been sent again, or only
    /// after this one.
    /// </summary>
    public bool OvertookCreate(PendingCommand later) => _all.TakeWhile(older => older != later)
        .Any(older => (older.Stage != Stage.Sent || older.Turn > later.Turn) && older.Creates.Any(later.Touches.Contains));

    public IEnumerator<PendingCommand> GetEnumerator() => _all.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
