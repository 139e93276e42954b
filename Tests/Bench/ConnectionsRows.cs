using System.Diagnostics;
using EventOnly.Tests.Bench.Load;
using EventOnly.Tests.Bench.Peers;

namespace EventOnly.Tests.Bench;

/// <summary>Connections: what one costs that is only there, how fast they come, and what many at once do to the others.</summary>
internal static class ConnectionsRows
{
    private const int PerProject = 100;

    /// <summary>Connections being opened at a time.</summary>
    private const int OpeningMax = 64;

    private const int Entities = 100;

    /// <summary>More than this is no noise: something grows.</summary>
    private const double Flat = 1.05;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static Task RunAsync(BenchRun run) => LoadThread.RunAsync(() =>
    {
        var peers = new PeerServers(run);
        Contender[] contenders = run.Sizes.HasPeers ? [Contender.Updates, peers.SignalR()] : [Contender.Updates];
        foreach (var contender in contenders)
            Comparison.Attempt(run, "idle", contender, () => Idle(run, contender));
        run.Attempt("connects", () => Connect(run, contenders));
        run.Attempt("join storm", () => StormRows.Measure(run));
    });

    /// <summary>In a server of its own, for memory that was once used is seldom given back.</summary>
    private static void Idle(BenchRun run, Contender contender)
    {
        run.Tell($"idle connections: {contender.Name}");
        var projects = Math.Max(1, run.Sizes.Connections / PerProject);
        var shape = new CrewShape(projects, run.Sizes.Connections / projects, 0);
        using var server = contender.Start(run.NewFolder());
        using var loop = new LoadLoop();
        using (new Crew(loop, server, contender.Dialect("warm"), new(1, Math.Min(shape.Count, PerProject), 0)))
            loop.Turn(0);
        Comparison.AwaitQuiet(server);
        var without = server.ResidentBytes;
        using var crew = new Crew(loop, server, contender.Dialect("idle"), shape);
        loop.TurnFor(TimeSpan.FromSeconds(1) < run.Sizes.FlatTime ? TimeSpan.FromSeconds(1) : run.Sizes.FlatTime);
        var first = Math.Max(1, server.ResidentBytes - without) / (double)shape.Count;
        var cpu = server.CpuTime;
        loop.TurnFor(run.Sizes.FlatTime);
        var later = Math.Max(1, server.ResidentBytes - without) / (double)shape.Count;
        cpu = server.CpuTime - cpu;
        var isOurs = contender.IsEventOnly;
        run.Note(
            $"Idle: `RSS each` is what the process holds with all connections, less what it held when its first {PerProject} had come and gone, divided by their number. "
            + $"`later` is the same after {run.Sizes.FlatTime.TotalSeconds:N0} s in which nothing happens (a minute, in the long form five): \"flat\" says no more than that.");
        run.Add(new(
            $"Idle: {shape.Count:N0} connections, joined, in {projects} projects", contender.Name,
            isOurs ? Figure.AtMost("RSS each", first, 8192, "bytes") : new("RSS each", first, "bytes"),
            isOurs ? Figure.AtMost("later", later, Math.Max(first * Flat, first + 64), "bytes") : new("later", later, "bytes"),
            new("after", run.Sizes.FlatTime.TotalSeconds, "s"),
            new("CPU", cpu / run.Sizes.FlatTime * 100, "%"),
            new("RSS without", without / 1024.0 / 1024, "MiB")));
    }

    private static void Connect(BenchRun run, IReadOnlyList<Contender> contenders)
    {
        var all = Comparison.Measure(run, "connects", contenders, cell => Connect(cell));
        var rates = all.ToDictionary(one => one.Contender.Name, one => one.Median(connects => connects.PerSecond));
        foreach (var one in all)
        {
            run.Add(new(
                $"Connects: {run.Sizes.Connects:N0}, {OpeningMax} at a time; ours join a project of {Entities} entities", one.Contender.Name,
                new("connects/s", rates[one.Contender.Name]),
                FanOutRows.Times("× SignalR", rates[one.Contender.Name], rates, "SignalR", one.Contender.IsEventOnly ? 3 : null),
                new("CPU", one.Median(connects => connects.CpuUs), "µs"),
                new("spread", one.Of(connects => connects.PerSecond).SpreadPercent, "%"),
                new("load's CPU", one.Median(connects => connects.LoadPercent), "%")));
        }
    }

    private sealed record Connects(double PerSecond, double CpuUs, double LoadPercent);

    private static Connects Connect(Cell cell)
    {
        if (cell.Contender.IsEventOnly)
            Filling.Fill(cell, Filling.Project, Entities);
        Come(cell, Math.Max(1, cell.Sizes.Connects / 4)); // else what a server compiles when the first ones come is most of what is measured
        Comparison.AwaitQuiet(cell.Server);
        return Come(cell, cell.Sizes.Connects);
    }

    private static Connects Come(Cell cell, int count)
    {
        var dialect = cell.Contender.Dialect(Filling.Project);
        var (first, meter) = (cell.Loop.JoinedCount, cell.Meter());
        var began = Stopwatch.GetTimestamp();
        var open = new List<LoadConnection>();
        while (open.Count < count)
        {
            while (open.Count - (cell.Loop.JoinedCount - first) < OpeningMax && open.Count < count)
                open.Add(cell.Loop.Open(dialect, cell.Server.Port, open.Count, 0, -1));
            cell.Loop.Turn(1);
        }
        cell.Loop.TurnUntil(() => cell.Loop.JoinedCount - first == count, s_patience, "all connected");
        var (time, stretch) = (Stopwatch.GetElapsedTime(began), meter.Read());
        foreach (var connection in open)
            cell.Loop.Close(connection);
        return new(count / time.TotalSeconds, stretch.ServerCpu.TotalMicroseconds / count, stretch.LoadPercent);
    }
}
