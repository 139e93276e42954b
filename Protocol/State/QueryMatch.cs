using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Protocol.State;

/// <summary>What a query means: which entities it wants, and in what order. The same for the server, which answers it, and a client, which keeps an answer current.</summary>
public static class QueryMatch
{
    /// <summary>Whether an entity fulfils all conditions.</summary>
    public static bool Matches(Entity entity, Query query)
    {
        if (query.Kind is not null && entity.Kind != query.Kind)
            return false;
        foreach (var (field, wanted) in query.Where)
        {
            // A field that is not there equals null.
            if (entity.Texts[field] is { } text ? !IsSame(text, wanted) : (entity.Data[field] ?? CanonicalValue.Null) != wanted)
                return false;
        }
        foreach (var (field, prefix) in query.Match)
        {
            if (!HasPrefix(entity, field, prefix))
                return false;
        }
        return true;
    }

    private static bool HasPrefix(Entity entity, string field, string prefix)
    {
        if (field != Query.AnyField)
            return entity.Texts[field] is { } text ? HasPrefix(text, prefix) : entity.Data[field]?.AsString()?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ?? false;
        foreach (var any in entity.Data)
        {
            if (any.Value.AsString()?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ?? false)
                return true;
        }
        for (var i = 0; i < entity.Texts.Count; i++)
        {
            if (HasPrefix(entity.Texts[i].Value, prefix))
                return true;
        }
        return false;
    }

    /// <summary>A text may be long: its length says first whether it is worth a look.</summary>
    private static bool IsSame(SharedText text, CanonicalValue wanted) =>
        wanted.AsString() is { } units && units.Length == text.Text.Length && text.Text.ToString() == units;

    /// <summary>A text may be long: no more of it is looked at than the prefix needs.</summary>
    private static bool HasPrefix(SharedText text, string prefix) =>
        prefix.Length <= text.Text.Length && text.Text.Slice(0, prefix.Length).Equals(prefix, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The order of a query's items: by a field, then by id. Absent and null come first, then false, true, numbers, strings, and all else by its text.</summary>
/// <param name="sort">The field; null for none.</param>
/// <param name="descending">Of the field; ids ascend all the same.</param>
public sealed class QueryOrder(string? sort, bool descending) : IComparer<Entity>
{
    /// <summary>Of a text so many units count, so that a place in the order is no longer than a message may be.</summary>
    private const int TextUnits = 256;

    private const int NumberRank = 3;
    private const int StringRank = 4;

    /// <inheritdoc/>
    public int Compare(Entity? x, Entity? y) => Compare(Value(x!), x!.Id, Value(y!), y!.Id);

    /// <summary>An entity against where a page ended.</summary>
    public int Compare(Entity entity, QueryCursor after) =>
        Compare(Value(entity), entity.Id, sort is null ? CanonicalValue.Null : after.Value ?? CanonicalValue.Null, after.Entity);

    private CanonicalValue Value(Entity entity)
    {
        if (sort is null)
            return CanonicalValue.Null;
        return entity.Texts[sort] is { } text ? CanonicalValue.Of(Begin(text.Text)) : entity.Data[sort] ?? CanonicalValue.Null;
    }

    private static string Begin(TextBuffer text)
    {
        var units = Math.Min(text.Length, TextUnits);
        return text.Slice(0, units > 0 && units < text.Length && char.IsHighSurrogate(text[units - 1]) ? units - 1 : units);
    }

    private int Compare(CanonicalValue a, string aId, CanonicalValue b, string bId)
    {
        var byField = Compare(a, b);
        return byField != 0 ? (descending ? -byField : byField) : string.CompareOrdinal(aId, bId);
    }

    private static int Compare(CanonicalValue a, CanonicalValue b)
    {
        var (rankA, rankB) = (Rank(a), Rank(b));
        if (rankA != rankB)
            return rankA.CompareTo(rankB);
        return rankA switch
        {
            NumberRank => a.AsNumber()!.Value.CompareTo(b.AsNumber()!.Value),
            StringRank => string.CompareOrdinal(a.AsString(), b.AsString()),
            _ => a.Utf8.SequenceCompareTo(b.Utf8),
        };
    }

    private static int Rank(CanonicalValue value) => value.Utf8[0] switch
    {
        (byte)'n' => 0,
        (byte)'f' => 1,
        (byte)'t' => 2,
        (byte)'"' => StringRank,
        (byte)'[' or (byte)'{' => 5,
        _ => NumberRank,
    };
}
