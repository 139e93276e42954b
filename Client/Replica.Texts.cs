using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// Shared texts. Edits of one are pending commands like others; only one of a text is with the server at a time, those behind it become one. Each is
/// kept true to the confirmed text, so that it can be sent, and sent again, from wherever we stand.
/// </summary>
internal sealed partial class Replica
{
    /// <summary>How often in a row an edit is sent again at once, because the server had let go of what it was based on.</summary>
    private const int RebasesMax = 3;

    /// <summary>A text as a user should see it; null where the field is none.</summary>
    public SharedText? TextOf(string id, string field) => ViewOf(id)?.Texts[field];

    /// <summary>Edits of a text whose outcome is not known.</summary>
    public IEnumerable<PendingCommand> EditsOf(string id, string field) => _pending.On(id).Where(each => each.IsEditOf(id, field));

    /// <summary>Why an edit cannot be of the text as it is seen, in the server's words; null where it can, and for all other commands.</summary>
    public Refusal? Judge(Command command)
    {
        if (command is Command.Batch batch && batch.Ops.Any(op => op is Command.Edit))
            return new(ErrorCode.Invalid, "An edit of a text is a command of its own.", ErrorDetails.BadEvent);
        if (command is not Command.Edit edit)
            return null;
        if (!listen)
            return null; // who does not listen sees no text, and says by itself what an edit is based on
        if (TextOf(edit.Entity, edit.Field)?.Text is not { } text)
            return new(ErrorCode.Gone, "There is no such text.");
        if (edit.Delta.Need > text.Length)
            return new(ErrorCode.Invalid, $"The edit reaches to {edit.Delta.Need}, the text has {text.Length} units.", ErrorDetails.OutOfRange);
        if (text.IsSplitBy(edit.Delta))
            return new(ErrorCode.Invalid, "The edit would split a surrogate pair.", ErrorDetails.SplitsPair);
        return Texts.IsWellFormed(edit.Delta) ? null : new(ErrorCode.Invalid, "What is inserted is not well-formed Unicode, or contains U+0000.", ErrorDetails.BadUnicode);
    }

    /// <summary>
    /// Takes an edit of a text as it is seen. One that is too much for a message goes as several pieces, all with the ticket of who waits for it: it is
    /// done when none is left, fails with the first that does, and what of it was not sent can be taken back.
    /// </summary>
    private ImmutableArray<ReplicaEffect> Submit(Command.Edit edit, long ticket)
    {
        var text = TextOf(edit.Entity, edit.Field)?.Text;
        var deltas = Dividing.Divide(edit.Delta);
        if (deltas.Count > 1)
            _pending.ThrowIfFull(deltas.Count, deltas.Sum(delta => _pending.Measure(edit with { Delta = delta })));
        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        var settled = new List<PendingCommand>();
        foreach (var delta in deltas)
        {
            _pending.Add(edit with { Delta = delta }, ticket, out var nothing);
            settled.AddRange(nothing);
        }
        effects.AddRange(settled.Select(each => Settle(each))); // not before all pieces are there: the ticket may go on with another
        effects.AddRange(Changed([edit.Entity], ChangeOrigin.Local));
        if (text is not null)
            effects.Add(new ReplicaEffect.Edited(edit.Entity, edit.Field, edit.Delta, text, ChangeOrigin.Local));
        return effects.DrainToImmutable();
    }

    /// <summary>Whether an edit may be sent: from where the server stands, of a text that it has, and no other of the same text before it.</summary>
    private bool MayGo(PendingCommand pending)
    {
        if (pending.Edit is not { } edit || !listen)
            return true;
        return IsCaughtUp && !edit.Delta.IsEmpty && Confirmed.Entities.GetValueOrDefault(edit.Entity)?.Texts[edit.Field] is not null
            && !_pending.On(edit.Entity).TakeWhile(earlier => earlier != pending)
                .Any(earlier => earlier.IsEditOf(edit.Entity, edit.Field) || earlier.Begins(edit.Entity, edit.Field));
    }

    private Incarnation IncarnationOf(string id, string field, SharedText text) =>
        _pending.On(id).LastOrDefault(each => each.Begins(id, field)) is { } by ? new(by, 0) : new(null, text.Born);

    /// <summary>What is handed back of edits that fail together, each text once.</summary>
    /// <param name="seen">The entities as they were seen with them.</param>
    private static IEnumerable<ReplicaEffect> HandBack(IEnumerable<PendingCommand> failed, string code, Func<string, Entity?> seen) =>
        from each in failed
        where each.Edit is not null
        group each by (each.Edit!.Entity, each.Edit!.Field) into text
        select new ReplicaEffect.EditRefused(
            text.Key.Entity, text.Key.Field, code, Texts.Compose([.. text]), seen(text.Key.Entity)?.Texts[text.Key.Field]?.Text.ToString() ?? "");

    /// <summary>The texts of entities as they are seen now, to tell afterwards what became of them.</summary>
    private List<SeenText> See(IEnumerable<string> ids)
    {
        var seen = new List<SeenText>();
        foreach (var id in ids)
        {
            foreach (var (field, text) in ViewOf(id)?.Texts ?? EntityTexts.None)
                seen.Add(new(id, field, IncarnationOf(id, field, text), text.Text));
        }
        return seen;
    }

    /// <summary>What became of texts.</summary>
    /// <param name="known">Of one of them it is known what has changed; of the others it is found by comparing.</param>
    /// <param name="isAnew">Whether the state is one of another journal, so that no text is the same.</param>
    private IEnumerable<ReplicaEffect> Tell(List<SeenText> seen, ChangeOrigin origin, ReplicaEffect.Edited? known = null, bool isAnew = false)
    {
        foreach (var (id, field, incarnation, before) in seen)
        {
            if (isAnew || TextOf(id, field) is not { } text || !incarnation.IsStill(IncarnationOf(id, field, text)))
                yield return new ReplicaEffect.TextEnded(id, field, before);
            else if (known is not null && known.Id == id && known.Field == field)
                yield return known;
            else if (Texts.Between(before, text.Text) is { IsEmpty: false } delta)
                yield return new ReplicaEffect.Edited(id, field, delta, before, origin);
        }
    }

    /// <summary>An event has edited a text, and is folded: takes our own edits over it.</summary>
    /// <param name="own">The command of ours that it is, which is not pending any more.</param>
    /// <param name="seen">The text as it was seen before.</param>
    private ImmutableArray<ReplicaEffect> TakeEdit(ProjectEvent happened, Change.Edited change, PendingCommand? own, TextBuffer? was, TextBuffer? seen)
    {
        var (id, field) = (change.Entity, change.Field);
        var now = Confirmed.Entities.GetValueOrDefault(id)?.Texts[field]?.Text;
        var effects = ImmutableArray.CreateBuilder<ReplicaEffect>();
        effects.Add(new ReplicaEffect.EditConfirmed(id, field, change.Delta, happened, own is not null));
        if (was is null || now?.Length != change.Length)
            effects.AddRange(Stray($"A text is to have {change.Length} units and has {now?.Length}."));
        var edits = Texts.EditsOf(_pending.On(id), id, field);
        var onTop = Delta.Empty;
        var expected = own?.IsEditOf(id, field) == true ? own.Edit!.Delta : null;
        if (expected is not null && !expected.Equals(change.Delta))
        {
            if (!own!.IsGuessed)
                effects.AddRange(Stray($"An edit was to come back as {expected}, and came as {change.Delta}."));
            if (was is not null && expected.Need <= was.Length)
                onTop = Texts.Carry(edits, expected.Invert(was));
        }
        if (expected?.Equals(change.Delta) != true)
            onTop = onTop.Compose(Texts.Carry(edits, change.Delta));
        if (seen is not null && !onTop.IsEmpty && !_pending.On(id).Any(each => each.Begins(id, field)))
            effects.Add(new ReplicaEffect.Edited(id, field, onTop, seen, ChangeOrigin.Remote, happened));
        return effects.DrainToImmutable();
    }

    /// <summary>What we have of a text cannot be what the server has: a snapshot takes its place.</summary>
    private ImmutableArray<ReplicaEffect> Stray(string message)
    {
        _distrust = true;
        return _check.Differ() is { } ms ? [new ReplicaEffect.Trouble("text_mismatch", message), new ReplicaEffect.Heal(ms, _check.Count)] : [];
    }

    /// <summary>Pending edits of confirmed texts of these entities, to see afterwards whose text is still there.</summary>
    private List<(string Id, string Field, long Born, List<PendingCommand> Edits)> EditsOfConfirmed(IEnumerable<string> ids) =>
    [
        .. from id in ids
           from field in _pending.On(id).Select(each => each.Edit?.Field).OfType<string>().Distinct(StringComparer.Ordinal)
           select (id, field, Confirmed.Entities.GetValueOrDefault(id)?.Texts[field]?.Born ?? 0, Texts.EditsOf(_pending.On(id), id, field)),
    ];

    /// <summary>Edits mean nothing any more, because their text is no more, or is another one: they fail, and what they made is handed back.</summary>
    /// <param name="draft">The text as it was seen with them.</param>
    private ImmutableArray<ReplicaEffect> Orphan(string id, string field, List<PendingCommand> edits, string draft)
    {
        if (edits.Count == 0)
            return [];
        foreach (var each in edits)
            _pending.Remove(each);
        return
        [
            new ReplicaEffect.EditRefused(id, field, ErrorCode.Gone.Word(), Texts.Compose(edits), draft),
            .. edits.Select(each => new ReplicaEffect.Failed(each, new(ErrorCode.Gone, "The text is no more."), null, [id])),
        ];
    }

    /// <summary>Commands are to be no more: one, with what makes no sense without it, or pieces of an edit.</summary>
    /// <param name="commands">Oldest first.</param>
    /// <returns>All that are taken out, and what that does to a text as it is seen; null where it does nothing, or more than an edit could.</returns>
    private (IReadOnlyList<PendingCommand> Out, ReplicaEffect.Edited? Undone) TakeOut(IReadOnlyList<PendingCommand> commands, ChangeOrigin origin)
    {
        if (commands[0].Edit is null)
            return (_pending.TakeWithDependents(commands[0]), null);
        ReplicaEffect.Edited? undone = null;
        for (var i = commands.Count - 1; i >= 0; i--) // the last first: each piece is about the text with those before it
        {
            if (TakeBack(commands[i], origin) is { } next)
                undone = undone is null ? next : undone with { Delta = undone.Delta.Compose(next.Delta) };
            _pending.Remove(commands[i]);
        }
        return (commands, undone is { Delta.IsEmpty: true } ? null : undone);
    }

    /// <summary>An edit is to be no more: takes those behind it over its inverse.</summary>
    /// <returns>What that does to the text as it is seen; null where it does nothing.</returns>
    private ReplicaEffect.Edited? TakeBack(PendingCommand pending, ChangeOrigin origin)
    {
        if (pending.Edit is not { } edit || TextOf(edit.Entity, edit.Field)?.Text is not { } seen)
            return null;
        var on = _pending.On(edit.Entity);
        var before = on.TakeWhile(each => each != pending).SelectMany(each => each.Ops).Where(op => PendingCommand.EntityOf(op) == edit.Entity)
            .Aggregate(Confirmed.Entities.GetValueOrDefault(edit.Entity), Optimistic.Apply)?.Texts[edit.Field]?.Text;
        if (before is null || edit.Delta.Need > before.Length)
            return null;
        var behind = on.SkipWhile(each => each != pending).Skip(1).ToList();
        var onTop = Texts.Carry(Texts.EditsOf(behind, edit.Entity, edit.Field), edit.Delta.Invert(before));
        return onTop.IsEmpty || behind.Any(each => each.Begins(edit.Entity, edit.Field)) ? null : new(edit.Entity, edit.Field, onTop, seen, origin);
    }

    /// <summary>
    /// The confirmed state is another one, and no single events led there: takes the edits that are still pending over the difference between the text
    /// that they were made for and the one that there is.
    /// </summary>
    /// <param name="was">The entity as it was confirmed.</param>
    /// <param name="before">All that was pending on it.</param>
    /// <param name="isAnew">Whether it is the state of another journal.</param>
    private ImmutableArray<ReplicaEffect> Rebase(string id, string field, Entity? was, IReadOnlyList<PendingCommand> before, bool isAnew)
    {
        var (text, born) = (was?.Texts[field]?.Text, was?.Texts[field]?.Born ?? 0);
        var draft = before.SelectMany(each => each.Ops).Where(op => PendingCommand.EntityOf(op) == id).Aggregate(was, Optimistic.Apply)?.Texts[field]?.Text;
        var pending = _pending.On(id).ToHashSet();
        var (local, orphans) = (new List<PendingCommand>(), new List<PendingCommand>());
        foreach (var each in before)
        {
            var isPending = pending.Contains(each);
            if (isPending && each.Begins(id, field))
                break; // what follows is about a text of ours that nobody has yet
            if (isPending && each.IsEditOf(id, field))
            {
                local.Add(each);
            }
            else if (!isPending && each.Begins(id, field))
            {
                orphans.AddRange(local);
                local.Clear();
                (text, born) = (each.Ops.Where(op => PendingCommand.EntityOf(op) == id).Aggregate(was, BeginAnew)?.Texts[field]?.Text, 0);
            }
            else if (!isPending && each.IsEditOf(id, field) && text is not null && each.Edit!.Delta.Need <= text.Length)
            {
                text = text.Apply(each.Edit.Delta);
            }
        }
        var now = Confirmed.Entities.GetValueOrDefault(id)?.Texts[field];
        if (text is null || now is null || isAnew || (born > 0 && born != now.Born))
        {
            orphans.AddRange(local);
            local.Clear();
        }
        if (local.Count > 0)
            Texts.Carry(local, Texts.Between(text!, now!.Text));
        foreach (var each in local.Where(each => each.N > 0))
            each.IsGuessed = true;
        return Orphan(id, field, orphans, draft?.ToString() ?? "");

        // What a create of ours has made is there already.
        static Entity? BeginAnew(Entity? entity, Command op) => Optimistic.Apply(op is Command.Create ? null : entity, op);
    }

    /// <summary>Edits that have come to nothing, because others did the same, and that the server does not have: nothing is left to send.</summary>
    private ImmutableArray<ReplicaEffect> SettleEmpty()
    {
        ImmutableArray<PendingCommand> empty = [.. _pending.Where(each => each is { Stage: not Stage.Sent, Edit.Delta.IsEmpty: true })];
        foreach (var each in empty)
            _pending.Remove(each);
        return [.. empty.Select(each => Settle(each))];
    }

    /// <summary>
    /// The server has let go of what an edit would have had to be taken over. We have all that, so it is sent again from where we stand now. The refusal may
    /// have overtaken the events that we still lack; so if that does not help it pauses, until they are here.
    /// </summary>
    private ImmutableArray<ReplicaEffect> TakeRebase(PendingCommand pending)
    {
        pending.Stage = Stage.Queued;
        if (pending.Edit!.Delta.IsEmpty)
            return SettleEmpty();
        if (++pending.Rebases < RebasesMax)
            return [];
        (pending.Stage, pending.Rebases) = (Stage.Held, 0);
        return [new ReplicaEffect.Wait(pending.N, RetryMs)];
    }
}
