namespace EventOnly.Protocol.Wire;

/// <summary>Which events of the past are wanted. Without <see cref="From"/> and <see cref="Before"/>: the last ones, newest first.</summary>
public sealed record HistoryQuery
{
    /// <summary>Events of a page where no limit is named.</summary>
    public const int LimitDefault = 100;

    /// <summary>The first seq wanted: reads forwards, oldest first.</summary>
    public long? From { get; init; }

    /// <summary>The last seq wanted, with <see cref="From"/>; null reads up to the present.</summary>
    public long? To { get; init; }

    /// <summary>The seq behind the first one wanted: reads backwards, newest first.</summary>
    public long? Before { get; init; }

    /// <summary>Events wanted at most.</summary>
    public int? Limit { get; init; }

    /// <summary>Only events that changed this entity.</summary>
    public string? Entity { get; init; }

    /// <summary>Only events that changed this field of <see cref="Entity"/>, made it or removed it; the entity's end among them.</summary>
    public string? Field { get; init; }

    /// <summary>Only events of the author of this name.</summary>
    public string? By { get; init; }
}
