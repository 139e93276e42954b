using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>State and event give state. Total and pure: never throws, and a change that no longer fits leaves its entity as it was.</summary>
public static class Fold
{
    /// <summary>For who folds a change without its event: whatever an edit was based on, it may be older.</summary>
    private const long UnknownSeq = long.MaxValue;

    public static ProjectState Apply(ProjectState state, ProjectEvent happened)
    {
        foreach (var change in happened.Changes)
            state = Apply(state, change, happened.Seq);
        return Settle(state, happened);
    }

    /// <summary>What every event does besides its changes: the seq moves, and the command's number is taken.</summary>
    public static ProjectState Settle(ProjectState changed, ProjectEvent happened) =>
        changed.At(happened.Seq, happened.AtMs, happened.Session, happened.N);

    /// <summary>Applies one change. The seq does not move: that is the whole event's.</summary>
    public static ProjectState Apply(ProjectState state, Change change) => Apply(state, change, UnknownSeq);

    private static ProjectState Apply(ProjectState state, Change change, long seq)
    {
        var old = state.Entities.GetValueOrDefault(change.Entity);
        var now = Apply(old, change, seq, default);
        return ReferenceEquals(old, now) ? state : state.With(old, now);
    }

    /// <summary>What a change makes of its entity, null where there is none: the one place of these rules, however a state is kept.</summary>
    public static Entity? Apply(Entity? old, Change change) => Apply(old, change, UnknownSeq, default);

    /// <summary>The same where edits of texts are to be kept for whoever decides the next ones.</summary>
    /// <param name="seq">Of the event.</param>
    /// <param name="window">How many of them.</param>
    internal static Entity? Apply(Entity? old, Change change, long seq, TextWindowBounds window) => change switch
    {
        Change.Created e when old is null => Create(e),
        Change.Patched e when old is not null => Patch(old, e),
        Change.Incremented e when old is not null => old.With(old.Version, Increment(old, e)),
        Change.Edited e when old is not null => Edit(old, e, seq, window),
        Change.Deleted => null,
        _ => old,
    };

    private static Entity Create(Change.Created change)
    {
        var texts = TextMarker.Split(change.Data, change.Version, out var data);
        return new(change.Entity, change.Kind, change.Version, data, texts);
    }

    /// <summary>A marker begins a text anew; whatever else is written to a text's field ends it.</summary>
    private static Entity Patch(Entity old, Change.Patched change)
    {
        if (old.Texts.Count == 0 && !TextMarker.MayStandIn(change.Patch))
            return old.With(change.Version, old.Data.Merge(change.Patch));
        var (data, patch, texts) = (old.Data, change.Patch, old.Texts);
        for (var i = 0; i < change.Patch.Count; i++)
        {
            var (name, value) = change.Patch[i];
            if (!TextMarker.TryRead(value, out var text))
            {
                texts = texts.Without(name);
                continue;
            }
            texts = texts.With(name, new(text, change.Version));
            (data, patch) = (data.Without(name), patch.Without(name));
        }
        return old.With(change.Version, data.Merge(patch), texts);
    }

    private static Entity Edit(Entity old, Change.Edited change, long seq, TextWindowBounds window) =>
        old.Texts[change.Field] is { } text && change.Delta.Need <= text.Text.Length
            ? old.With(change.Field, text, text.With(change.Delta, seq, window))
            : old;

    private static JsonFields Increment(Entity old, Change.Incremented change)
    {
        var data = old.Data;
        foreach (var (field, delta) in change.Deltas)
        {
            if (old.Texts[field] is null && TryAdd(data[field], delta, out var sum))
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
