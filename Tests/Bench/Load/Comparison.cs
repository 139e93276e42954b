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

    /// <returns>For each contender its measurements, in the order in which the contenders were named.</returns>
    public static IReadOnlyList<Measured<T>> Measure<T>(BenchRun run, string what, IReadOnlyList<Contender> contenders, Func<Cell, T> measure)
    {
        var servers = new List<ServerProcess>();
        try
        {
            foreach (var contender in contenders)
                servers.Add(contender.Start(run.NewFolder()));
            var measured = contenders.Select(contender => new Measured<T>(contender, [])).ToArray();
            var chance = new Random(contenders.Count);
            for (var round = 0; round < run.Sizes.Rounds; round++)
            {
                var order = Enumerable.Range(0, contenders.Count).ToArray();
                chance.Shuffle(order);
                foreach (var i in order)
                {
                    run.Tell($"{what}: {contenders[i].Name}, round {round + 1} of {run.Sizes.Rounds}");
                    AwaitQuiet(servers[i]);
                    using var loop = new LoadLoop();
                    measured[i].Values.Add(Named(contenders[i], () => measure(new(contenders[i], servers[i], loop, $"r{round}", run.Sizes))));
                }
            }
            return measured;
        }
        finally
        {
            foreach (var server in servers)
                server.Dispose();
        }
    }

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

    private static T Named<T>(Contender contender, Func<T> measure)
    {
        try
        {
            return measure();
        }
        catch (BrokenPromiseException broken)
        {
            throw new BrokenPromiseException($"{contender.Name}: {broken.Message}");
        }
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
