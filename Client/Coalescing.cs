using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>Makes one command of two that wait to be sent.</summary>
internal static class Coalescing
{
    /// <summary>The largest whole number that a double holds, and so a counter.</summary>
    private const long SafeInteger = (1L << 53) - 1;

    /// <summary>
    /// One command that does what two on the same entity do one after the other, whatever the entity is like; null where there is none. Only
    /// updates without a condition: the second of two with <c>ifVersion</c> is about what the first has made of the entity.
    /// </summary>
    public static Command? TryMerge(Command earlier, Command later) => (earlier, later) switch
    {
        (Command.Patch { IfVersion: null } a, Command.Patch { IfVersion: null } b) when a.Entity == b.Entity =>
            Compose(a.Fields, b.Fields) is { } fields ? new Command.Patch(a.Entity, fields, null) : null,
        (Command.Increment { IfVersion: null } a, Command.Increment { IfVersion: null } b) when a.Entity == b.Entity =>
            Sum(a.Deltas, b.Deltas) is { } deltas ? new Command.Increment(a.Entity, deltas, null) : null,
        _ => null,
    };

    /// <summary>
    /// Merge patches do not compose in general: <c>{f: 5}</c> and then <c>{f: {b: 2}}</c> makes exactly <c>{b: 2}</c> of the field, while a single
    /// <c>{f: {b: 2}}</c> lets stand what else is in it. So an object may only follow an object, or nothing. What begins a text is no object.
    /// </summary>
    /// <param name="isInner">A text begins only in a field of the entity itself.</param>
    private static JsonFields? Compose(JsonFields earlier, JsonFields later, bool isInner = false)
    {
        var composed = earlier;
        foreach (var (name, value) in later)
        {
            if (composed[name] is not { } before || !IsObject(value))
                composed = composed.With(name, value);
            else if (IsObject(before) && Compose(JsonFields.Parse(before.Utf8), JsonFields.Parse(value.Utf8), isInner: true) is { } inner)
                composed = composed.With(name, inner.ToValue());
            else
                return null;
        }
        return composed;

        bool IsObject(CanonicalValue value) => value.IsObject && (isInner || !Texts.IsMarker(value));
    }

    /// <summary>Of the same counters only: one that cannot be counted must not take another with it.</summary>
    private static ImmutableArray<FieldDelta>? Sum(ImmutableArray<FieldDelta> earlier, ImmutableArray<FieldDelta> later)
    {
        if (earlier.Length != later.Length)
            return null;
        var sums = ImmutableArray.CreateBuilder<FieldDelta>(earlier.Length);
        foreach (var (field, delta) in earlier)
        {
            var same = later.Where(other => other.Field == field).ToList();
            if (same.Count != 1)
                return null;
            var sum = (Int128)delta + same[0].Delta;
            if (sum < -SafeInteger || sum > SafeInteger)
                return null;
            sums.Add(new(field, (long)sum));
        }
        return sums.MoveToImmutable();
    }
}
