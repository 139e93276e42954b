namespace EventOnly.Tools.Load;

/// <summary>What a load consists of. The defaults are those of the command line.</summary>
internal sealed record LoadPlan
{
    public const int FoldAllMax = 500;
    public const int FoldAsUsual = -1;

    public int Clients { get; init; } = 1000;

    public int Projects { get; init; } = 10;

    /// <summary>Events a second, of all publishers together.</summary>
    public double Rate { get; init; } = 1000;

    public Mix Mix { get; init; } = Mix.Default;

    /// <summary>Time over which the clients connect.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time during which events are published.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time that the members have afterwards to get what is under way.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Share of the clients, from 0 to 1, that read slowly; they publish nothing.</summary>
    public double Slow { get; init; }

    /// <summary>Whether all connections are dropped half-way.</summary>
    public bool ReconnectStorm { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Members of each project that fold its events; <see cref="FoldAsUsual"/> for all up to <see cref="FoldAllMax"/> clients and one beyond.</summary>
    public int Fold { get; init; } = FoldAsUsual;

    public int PayloadBytes { get; init; } = 100;

    public string? Token { get; init; }

    public int FoldPerProject => Fold >= 0 ? Fold : Clients <= FoldAllMax ? Clients : 1;

    public int SlowCount => (int)(Clients * Slow);
}
