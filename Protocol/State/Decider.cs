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
        (changes, after) = ([], state);
        if (command is not Command.Batch batch)
        {
            var refusal = DecideOne(state, command, seq, 0, limits, out var change, out after);
            if (refusal is null)
                changes = [change!];
            return refusal;
        }

        var all = ImmutableArray.CreateBuilder<Change>(batch.Ops.Length);
        var working = state;
        for (var op = 0; op < batch.Ops.Length; op++)
        {
            if (DecideOne(working, batch.Ops[op], seq, op, limits, out var change, out working) is { } refusal)
                return refusal with { Op = op };
            all.Add(change!);
        }
        (changes, after) = (all.MoveToImmutable(), working);
        return null;
    }

    private static Refusal? DecideOne(
        ProjectState state, Command command, long seq, int op, StateLimits limits, out Change? change, out ProjectState after)
    {
        (change, after) = (null, state);
        var refusal = command switch
        {
            Command.Create create => RefuseCreate(state, create, limits),
            Command.Patch patch => RefuseChange(state, patch.Entity, patch.IfVersion),
            Command.Increment increment => RefuseChange(state, increment.Entity, increment.IfVersion) ?? RefuseIncrement(state, increment),
            Command.Delete delete => RefuseChange(state, delete.Entity, delete.IfVersion),
            Command.Edit => new(ErrorCode.Unsupported, "Shared text is not supported by this version."),
            _ => new(ErrorCode.Invalid, "A batch may not stand in a batch.", ErrorDetails.BadEvent),
        };
        if (refusal is not null)
            return refusal;

        change = command switch
        {
            Command.Create create => new Change.Created(create.Entity ?? MakeId(state, seq, op), create.Kind, seq, create.Data),
            Command.Patch patch => new Change.Patched(patch.Entity, seq, patch.Fields),
            Command.Increment increment => new Change.Incremented(increment.Entity, state.Entities[increment.Entity].Version, increment.Deltas),
            Command.Delete delete => new Change.Deleted(delete.Entity),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        after = Fold.Apply(state, change);
        refusal = RefuseSize(state, after, change.Entity, limits);
        if (refusal is not null)
            (change, after) = (null, state);
        return refusal;
    }

    private static Refusal? RefuseCreate(ProjectState state, Command.Create create, StateLimits limits)
    {
        if (create.Entity is not null && state.Entities.ContainsKey(create.Entity))
            return new(ErrorCode.Exists, "An entity of that id exists.");
        return state.Entities.Count >= limits.Entities ? new(ErrorCode.TooLarge, "The project has as many entities as it may.") : null;
    }

    private static Refusal? RefuseChange(ProjectState state, string id, long? ifVersion)
    {
        if (!state.Entities.TryGetValue(id, out var entity))
            return new(ErrorCode.NotFound, "No such entity.");
        return ifVersion is { } wanted && wanted != entity.Version
            ? new(ErrorCode.Conflict, "The entity is at another version.", Current: entity)
            : null;
    }

    private static Refusal? RefuseIncrement(ProjectState state, Command.Increment increment)
    {
        var data = state.Entities[increment.Entity].Data;
        var errors = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        foreach (var (field, delta) in increment.Deltas)
        {
            if (!Fold.TryAdd(data[field], delta, out _))
                errors = errors.SetItem(field, "Not a whole number, or beyond 2^53 - 1.");
        }
        return errors.Count == 0 ? null : new(ErrorCode.Invalid, "A counter field must hold a whole number.", ErrorDetails.BadEvent, Errors: errors);
    }

    /// <summary>Only what grows can be too large: a change for the smaller is allowed even where a limit was lowered meanwhile.</summary>
    private static Refusal? RefuseSize(ProjectState before, ProjectState after, string id, StateLimits limits)
    {
        var was = before.Entities.GetValueOrDefault(id)?.Data;
        var now = after.Entities.GetValueOrDefault(id)?.Data ?? JsonFields.Empty;
        if (now.Count > limits.EntityFields && now.Count > (was?.Count ?? 0))
            return new(ErrorCode.TooLarge, "The entity would have too many fields.");
        if (now.Bytes > limits.EntityBytes && now.Bytes > (was?.Bytes ?? 0))
            return new(ErrorCode.TooLarge, "The entity would be too large.");
        return after.DataBytes > limits.ProjectBytes && after.DataBytes > before.DataBytes
            ? new(ErrorCode.TooLarge, "The project would be too large.")
            : null;
    }

    /// <summary>An id nobody has, made of what the event is anyway: its place in the journal. So a replay makes the same.</summary>
    private static string MakeId(ProjectState state, long seq, int op)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"e-{seq}.{op}");
        for (var more = 1; state.Entities.ContainsKey(id); more++) // somebody took it, and a name may not grow without end
            id = string.Create(CultureInfo.InvariantCulture, $"e-{seq}.{op}.{more}");
        return id;
    }
}
