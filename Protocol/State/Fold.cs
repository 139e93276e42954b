using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>State and event give state. Total and pure: never throws, and a change that no longer fits leaves its entity as it was.</summary>
public static class Fold
{
    public static ProjectState Apply(ProjectState state, ProjectEvent happened)
    {
        foreach (var change in happened.Changes)
            state = Apply(state, change);
        return Settle(state, happened);
    }

    /// <summary>What every event does besides its changes: the seq moves, and the command's number is taken.</summary>
    public static ProjectState Settle(ProjectState changed, ProjectEvent happened) =>
        changed.At(happened.Seq, happened.AtMs, happened.Session, happened.N);

    /// <summary>Applies one change. The seq does not move: that is the whole event's.</summary>
    public static ProjectState Apply(ProjectState state, Change change)
    {
        var old = state.Entities.GetValueOrDefault(change.Entity);
        var now = Apply(old, change);
        return ReferenceEquals(old, now) ? state : state.With(old, now);
    }

    /// <summary>What a change makes of its entity, null where there is none: the one place of these rules, however a state is kept.</summary>
    public static Entity? Apply(Entity? old, Change change) => change switch
    {
        Change.Created e when old is null => new(e.Entity, e.Kind, e.Version, e.Data),
        Change.Patched e when old is not null => old.With(e.Version, old.Data.Merge(e.Patch)),
        Change.Incremented e when old is not null => old.With(old.Version, Increment(old.Data, e)),
        Change.Deleted => null,
        _ => old,
    };

    private static JsonFields Increment(JsonFields data, Change.Incremented change)
    {
        foreach (var (field, delta) in change.Deltas)
        {
            if (TryAdd(data[field], delta, out var sum))
                data = data.With(field, CanonicalValue.Of(sum));
        }
        return data;
    }

    /// <summary>A missing field counts as 0; a field that is no whole number, or a sum beyond 2^53 - 1, cannot be counted.</summary>
    internal static bool TryAdd(CanonicalValue? field, long delta, out long sum)
    {
        sum = 0;
        long? counted = field is { } value ? value.AsInteger() : 0;
        if (counted is not { } number || !IsSafe(delta))
            return false;
        sum = number + delta;
        return IsSafe(sum);
    }

    /// <summary>Not by Math.Abs, which throws on the least number there is.</summary>
    private static bool IsSafe(long number) => number is >= -CanonicalNumber.SafeInteger and <= CanonicalNumber.SafeInteger;
}
