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
        var order = new QueryOrder(query.Sort, query.Descending);
        var page = new PriorityQueue<Entity, Entity>(Comparer<Entity>.Create((a, b) => order.Compare(b, a)));
        var steps = 0;
        foreach (var (_, entity) in state.Entities)
        {
            if (++steps % StepsPerCheck == 0)
                cancelled.ThrowIfCancellationRequested();
            if (!QueryMatch.Matches(entity, query) || (query.After is { } after && order.Compare(entity, after) <= 0))
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
        var bytes = 0L;
        var count = 0;
        while (count < Math.Min(items.Length, limit) && (count == 0 || bytes + items[count].Bytes <= bytesMax))
            bytes += items[count++].Bytes;
        return count;
    }
}
