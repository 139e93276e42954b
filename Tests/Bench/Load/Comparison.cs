using System.Diagnostics;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// Several servers side by side in one run: all are started, then in each round each is measured once, in another order, so that what happens on
/// the machine meanwhile happens to all of them.
/// </summary>
internal static class Comparison
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_quietWithin = TimeSpan.FromSeconds(5);

    /// <returns>
    /// For each contender its measurements, in the order in which the contenders were named. One that does not start or breaks a promise is not among
    /// them: the run says so, and the others are measured on.
    /// </returns>
    public static IReadOnlyList<Measured<T>> Measure<T>(BenchRun run, string what, IReadOnlyList<Contender> contenders, Func<Cell, T> measure)
    {
        if (run.Sizes.Rounds == 1)
            run.Note("One round: servers that are compared were measured once each, so these figures are no medians and have no spread.");
        var entrants = new List<(Measured<T> Measured, ServerProcess Server)>();
        try
        {
            foreach (var contender in contenders)
                Attempt(run, what, contender, () => entrants.Add((new(contender, []), contender.Start(run.NewFolder()))));
            var chance = new Random(contenders.Count);
            for (var round = 0; round < run.Sizes.Rounds; round++)
            {
                var order = entrants.ToArray();
                chance.Shuffle(order);
                foreach (var entrant in order)
                {
                    if (!Attempt(run, what, entrant.Measured.Contender, () => Measure(run, what, entrant.Measured, entrant.Server, round, measure)))
                    {
                        entrants.Remove(entrant);
                        entrant.Server.Dispose();
                    }
                }
            }
            return [.. entrants.Select(entrant => entrant.Measured)];
        }
        finally
        {
            foreach (var (_, server) in entrants)
                server.Dispose();
        }
    }

    private static void Measure<T>(BenchRun run, string what, Measured<T> measured, ServerProcess server, int round, Func<Cell, T> measure)
    {
        run.Tell($"{what}: {measured.Contender.Name}, round {round + 1} of {run.Sizes.Rounds}");
        AwaitQuiet(server);
        using var loop = new LoadLoop();
        measured.Values.Add(measure(new(measured.Contender, server, loop, $"r{round}", run.Sizes)));
    }

    /// <summary>A peer that cannot be had is missing; if ours cannot, that is our fault.</summary>
    public static bool Attempt(BenchRun run, string what, Contender contender, Action work) => run.Attempt($"{what}: {contender.Name}", () =>
    {
        try
        {
            work();
        }
        catch (IOException missing) when (contender.IsOurs)
        {
            throw new BrokenPromiseException(missing.Message);
        }
    });

    /// <summary>What was measured before may still be cleared away.</summary>
    public static void AwaitQuiet(ServerProcess server)
    {
        var began = Stopwatch.GetTimestamp();
        using var nothing = new LoadLoop();
        TimeSpan used;
        do
        {
            used = server.CpuTime;
            nothing.TurnFor(s_look);
        }
        while (server.CpuTime - used > s_look / 20 && Stopwatch.GetElapsedTime(began) < s_quietWithin);
    }
}

/// <summary>One measurement of one contender: a load of its own, and names that no other measurement has.</summary>
internal sealed record Cell(Contender Contender, ServerProcess Server, LoadLoop Loop, string Name, Sizes Sizes)
{
    public Dialect Dialect { get; } = Contender.Dialect(Name);

    public Crew Crew(CrewShape shape) => new(Loop, Server, Dialect, shape);

    public Meter Meter() => new(Loop, Server);
}

/// <summary>What one contender was measured at, round by round.</summary>
internal sealed record Measured<T>(Contender Contender, List<T> Values)
{
    public Samples Of(Func<T, double> figure)
    {
        var samples = new Samples();
        foreach (var value in Values)
            samples.Add(figure(value));
        return samples;
    }

    public double Median(Func<T, double> figure) => Of(figure).Median;
}
