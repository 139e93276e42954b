namespace EventOnly.Tests.Support;

/// <summary>What one direction of a connection suffers.</summary>
/// <param name="ResetAfter">Bytes after which both directions end with a reset, in the midst of a frame as well as between two; null: never.</param>
/// <param name="FreezeAfter">Bytes after which nothing comes through any more, and nobody is told; null: never.</param>
/// <param name="Delay">How late each piece arrives.</param>
/// <param name="BytesPerSecond">How much comes through at most; null: all.</param>
internal sealed record Fault(long? ResetAfter = null, long? FreezeAfter = null, TimeSpan Delay = default, int? BytesPerSecond = null)
{
    public static Fault None { get; } = new();
}

/// <summary>What a connection suffers.</summary>
/// <param name="Up">From the client to the server.</param>
/// <param name="Down">From the server to the client.</param>
/// <param name="IsHalfOpen">It is accepted, and then nobody is there.</param>
internal sealed record FaultPlan(Fault Up, Fault Down, bool IsHalfOpen = false)
{
    public static FaultPlan None { get; } = new(Fault.None, Fault.None);

    /// <summary>The plan of the nth connection, from 0, in the network of a seed: the first ones are bad, each in its way, then all is well.</summary>
    public static FaultPlan Of(int seed, int connection, int bad = 5)
    {
        if (connection >= bad)
            return None;
        var chance = new Random(seed * 1000 + connection);
        return chance.Next(8) == 0 ? None with { IsHalfOpen = true } : new(Any(chance), Any(chance));
    }

    private static Fault Any(Random chance) => chance.Next(5) switch
    {
        0 => new(ResetAfter: chance.Next(1, 4000)),
        1 => new(FreezeAfter: chance.Next(200, 4000)),
        2 => new(ResetAfter: chance.Next(2000, 8000), Delay: TimeSpan.FromMilliseconds(chance.Next(1, 30))),
        3 => new(ResetAfter: chance.Next(2000, 6000), BytesPerSecond: chance.Next(4_000, 40_000)),
        _ => Fault.None,
    };
}
