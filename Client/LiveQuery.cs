using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>A query's answer, kept current from states that are given to it. Pure.</summary>
internal sealed class LiveQuery(Query query)
{
    private readonly QueryOrder _order = new(query.Sort, query.Descending);
    private ImmutableArray<Entity>? _told;

    /// <summary>The items in a state, where they are others than the last time; null where they are the same.</summary>
    public ImmutableArray<Entity>? Look(ProjectState state)
    {
        var found = state.Entities.Values.Where(entity => QueryMatch.Matches(entity, query)).Order(_order);
        ImmutableArray<Entity> items = [.. query.Limit is { } limit ? found.Take(limit) : found];
        if (_told is { } told && told.AsSpan().SequenceEqual(items.AsSpan(), Same.Instance))
            return null;
        _told = items;
        return items;
    }

    /// <summary>What did not change is the same object from state to state.</summary>
    private sealed class Same : IEqualityComparer<Entity>
    {
        public static Same Instance { get; } = new();

        public bool Equals(Entity? x, Entity? y) => ReferenceEquals(x, y);

        public int GetHashCode(Entity obj) => RuntimeHelpers.GetHashCode(obj);
    }
}
