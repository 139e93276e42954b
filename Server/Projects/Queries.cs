using System.Collections.Immutable;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Projects;

/// <summary>Answers queries from a state. Pure, and beside the writer: a state never changes.</summary>
internal static class Queries
{
    /// <summary>Entities looked at between two looks at the token.</summary>
    private const int StepsPerCheck = 1024;

    /// <param name="bytesMax">Bytes of data that the page may hold; it then ends early and says that there is more.</param>
    public static (ImmutableArray<Entity> Items, bool More) Run(
        ProjectState state, Query query, int limit, int bytesMax, CancellationToken cancelled)
    {
        // Only the page's items are kept, however many match: a heap of limit + 1 by the wanted order.
        var order = new PageOrder(query.Sort, query.Descending);
        var page = new PriorityQueue<Entity, Entity>(Comparer<Entity>.Create((a, b) => order.Compare(b, a)));
        var steps = 0;
        foreach (var (_, entity) in state.Entities)
        {
            if (++steps % StepsPerCheck == 0)
                cancelled.ThrowIfCancellationRequested();
            if (!Matches(entity, query) || (query.After is { } after && order.Compare(entity, after) <= 0))
                continue;
            page.Enqueue(entity, entity);
            if (page.Count > limit + 1)
                page.Dequeue();
            else if (page.Count > limit && query.Sort is null)
                break; // entities come sorted by id: nothing better can follow
        }

        var items = new Entity[page.Count];
        for (var i = items.Length - 1; i >= 0; i--)
            items[i] = page.Dequeue();
        var fitting = FittingCount(items, limit, bytesMax);
        return ([.. items.AsSpan(0, fitting)], fitting < items.Length);
    }

    private static int FittingCount(Entity[] items, int limit, int bytesMax)
    {
        var bytes = 0;
        var count = 0;
        while (count < Math.Min(items.Length, limit) && (count == 0 || bytes + items[count].Data.Bytes <= bytesMax))
            bytes += items[count++].Data.Bytes;
        return count;
    }

    private static bool Matches(Entity entity, Query query)
    {
        if (query.Kind is not null && entity.Kind != query.Kind)
            return false;
        foreach (var (field, wanted) in query.Where)
        {
            // A field that is not there equals null.
            if ((entity.Data[field] ?? CanonicalValue.Null) != wanted)
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
            return entity.Data[field]?.AsString()?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ?? false;
        foreach (var any in entity.Data)
        {
            if (any.Value.AsString()?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ?? false)
                return true;
        }
        return false;
    }

    /// <summary>By a field, then by id. Absent and null come first, then false, true, numbers, strings, and all else by its text.</summary>
    private sealed class PageOrder(string? sort, bool descending)
    {
        public int Compare(Entity a, Entity b) => Compare(Value(a), a.Id, Value(b), b.Id);

        public int Compare(Entity a, QueryCursor after) => Compare(Value(a), a.Id, sort is null ? CanonicalValue.Null : after.Value ?? CanonicalValue.Null, after.Entity);

        private CanonicalValue Value(Entity entity) => sort is null ? CanonicalValue.Null : entity.Data[sort] ?? CanonicalValue.Null;

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

        private const int NumberRank = 3;
        private const int StringRank = 4;

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
}
