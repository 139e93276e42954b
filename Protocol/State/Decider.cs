using System.Collections.Immutable;
using System.Globalization;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>Why a command may not happen: the answer its sender gets.</summary>
/// <param name="Op">The index of the refused operation of a batch.</param>
/// <param name="Errors">What is wrong, by field.</param>
/// <param name="Current">The entity as it is, on a conflict.</param>
public sealed record Refusal(
    ErrorCode Code, string Message, string? Detail = null, int? Op = null,
    ImmutableSortedDictionary<string, string>? Errors = null, Entity? Current = null);

/// <summary>May this happen now? Turns commands into changes, or says why not. Pure: the same state and command give the same answer everywhere.</summary>
public static class Decider
{
    /// <summary>Decides one command against <paramref name="state"/>, as the event that would stand at <paramref name="seq"/>.</summary>
    /// <param name="after">The state with the changes made, its seq not yet moved; on refusal the state as it was.</param>
    public static Refusal? Decide(
        ProjectState state, Command command, long seq, StateLimits limits, out ImmutableArray<Change> changes, out ProjectState after)
    {
        var builder = new StateBuilder(state);
        var refusal = Decide(builder, command, seq, limits, out changes);
        after = refusal is null ? builder.ToState() : state;
        return refusal;
    }

    /// <summary>The same on a state that is being built: the changes are made in it, or on refusal none.</summary>
    public static Refusal? Decide(StateBuilder state, Command command, long seq, StateLimits limits, out ImmutableArray<Change> changes)
    {
        var all = new List<Change>(1);
        var refusal = Decide(state, command, seq, limits, all);
        changes = [.. all];
        return refusal;
    }

    /// <summary>The same, into a list that its owner uses again and again.</summary>
    /// <param name="changes">Gets the changes; is empty after a refusal.</param>
    internal static Refusal? Decide(StateBuilder state, Command command, long seq, StateLimits limits, List<Change> changes)
    {
        changes.Clear();
        if (command is not Command.Batch batch)
        {
            var refusal = DecideOne(state, command, seq, 0, inBatch: false, limits, out var change, out _);
            if (refusal is null)
                changes.Add(change!);
            return refusal;
        }

        var before = new Stack<(string Id, Entity? Entity)>(batch.Ops.Length);
        for (var op = 0; op < batch.Ops.Length; op++)
        {
            if (DecideOne(state, batch.Ops[op], seq, op, inBatch: true, limits, out var change, out var old) is { } refusal)
            {
                while (before.TryPop(out var was))
                    state.PutBack(was.Id, was.Entity);
                changes.Clear();
                return refusal with { Op = op };
            }
            changes.Add(change!);
            before.Push((change!.Entity, old));
        }
        return null;
    }

    /// <param name="old">The entity before the change, null where there was none.</param>
    private static Refusal? DecideOne(
        StateBuilder state, Command command, long seq, int op, bool inBatch, StateLimits limits, out Change? change, out Entity? old)
    {
        change = null;
        old = command switch
        {
            Command.Create create => create.Entity is null ? null : state.Find(create.Entity),
            Command.Patch patch => state.Find(patch.Entity),
            Command.Increment increment => state.Find(increment.Entity),
            Command.Edit edit => state.Find(edit.Entity),
            Command.Delete delete => state.Find(delete.Entity),
            _ => null,
        };
        Change.Edited? edited = null;
        var refusal = command switch
        {
            Command.Create create => RefuseCreate(state, old, limits) ?? RefuseMarkers(create.Data),
            Command.Patch patch => RefuseChange(old, patch.IfVersion) ?? RefuseMarkers(patch.Fields),
            Command.Increment increment => RefuseChange(old, increment.IfVersion) ?? RefuseIncrement(old!, increment),
            Command.Delete delete => RefuseChange(old, delete.IfVersion),
            Command.Edit when inBatch => new(ErrorCode.Invalid, "An edit may not stand in a batch.", ErrorDetails.BadEvent),
            Command.Edit edit => EditRules.Decide(old, edit, seq, limits, out edited),
            _ => new(ErrorCode.Invalid, "A batch may not stand in a batch.", ErrorDetails.BadEvent),
        };
        if (refusal is not null)
            return refusal;

        // The entity's own id, not the command's: so the one that was read with the command is not kept besides.
        change = command switch
        {
            Command.Create create => new Change.Created(create.Entity ?? MakeId(state, seq, op), create.Kind, seq, create.Data),
            Command.Patch patch => new Change.Patched(old!.Id, seq, patch.Fields),
            Command.Increment increment => new Change.Incremented(old!.Id, old.Version, increment.Deltas),
            Command.Delete => new Change.Deleted(old!.Id),
            Command.Edit => edited!,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var now = Fold.Apply(old, change, seq, state.WindowUnder(limits));
        refusal = RefuseSize(state, old, now, limits);
        if (refusal is null)
            state.Put(change.Entity, old, now);
        return refusal;
    }

    private static Refusal? RefuseCreate(StateBuilder state, Entity? old, StateLimits limits)
    {
        if (old is not null)
            return new(ErrorCode.Exists, "An entity of that id exists.");
        return state.EntityCount >= limits.Entities ? new(ErrorCode.TooLarge, "The project has as many entities as it may.") : null;
    }

    private static Refusal? RefuseChange(Entity? entity, long? ifVersion)
    {
        if (entity is null)
            return new(ErrorCode.NotFound, "No such entity.");
        return ifVersion is { } wanted && wanted != entity.Version
            ? new(ErrorCode.Conflict, "The entity is at another version.", Current: entity)
            : null;
    }

    private static Refusal? RefuseMarkers(JsonFields fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (TextMarker.IsMisused(fields[i].Value))
                return new(ErrorCode.Invalid, "An object with the key $text makes a text: it has that key alone, and a string.", ErrorDetails.BadEvent,
                    Errors: ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).SetItem(fields[i].Name, "Not a text."));
        }
        return null;
    }

    private static Refusal? RefuseIncrement(Entity entity, Command.Increment increment)
    {
        var data = entity.Data;
        var errors = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        foreach (var (field, delta) in increment.Deltas)
        {
            if (entity.Texts[field] is not null || !Fold.TryAdd(data[field], delta, out _))
                errors = errors.SetItem(field, "Not a whole number, or beyond 2^53 - 1.");
        }
        return errors.Count == 0 ? null : new(ErrorCode.Invalid, "A counter field must hold a whole number.", ErrorDetails.BadEvent, Errors: errors);
    }

    /// <summary>Only what grows can be too large: a change for the smaller is allowed even where a limit was lowered meanwhile.</summary>
    private static Refusal? RefuseSize(StateBuilder before, Entity? old, Entity? changed, StateLimits limits)
    {
        var (was, now) = (old?.Data, changed?.Data ?? JsonFields.Empty);
        var fields = now.Count + (changed?.Texts.Count ?? 0);
        if (fields > limits.EntityFields && fields > (was?.Count ?? 0) + (old?.Texts.Count ?? 0))
            return new(ErrorCode.TooLarge, "The entity would have too many fields.");
        if (now.Bytes > limits.EntityBytes && now.Bytes > (was?.Bytes ?? 0))
            return new(ErrorCode.TooLarge, "The entity would be too large.");
        if (changed is not null && IsAnyTooLong(old?.Texts ?? EntityTexts.None, changed.Texts, limits.TextUnits))
            return new(ErrorCode.TooLarge, "The text would be too long.");
        var grown = (changed?.Bytes ?? 0) - (old?.Bytes ?? 0);
        return before.DataBytes + grown > limits.ProjectBytes && grown > 0
            ? new(ErrorCode.TooLarge, "The project would be too large.")
            : null;
    }

    private static bool IsAnyTooLong(EntityTexts was, EntityTexts now, int unitsMax)
    {
        if (ReferenceEquals(was, now))
            return false;
        for (var i = 0; i < now.Count; i++)
        {
            var (name, text) = now[i];
            if (text.Text.Length > unitsMax && text.Text.Length > (was[name]?.Text.Length ?? 0))
                return true;
        }
        return false;
    }

    /// <summary>An id nobody has, made of what the event is anyway: its place in the journal. So a replay makes the same.</summary>
    private static string MakeId(StateBuilder state, long seq, int op)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"e-{seq}.{op}");
        for (var more = 1; state.Find(id) is not null; more++) // somebody took it, and a name may not grow without end
            id = string.Create(CultureInfo.InvariantCulture, $"e-{seq}.{op}.{more}");
        return id;
    }
}
