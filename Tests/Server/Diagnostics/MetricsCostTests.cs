using System.IO.Pipelines;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Diagnostics;

/// <summary>To be watched costs no memory for a delivery or an event.</summary>
[NonParallelizable]
public sealed class MetricsCostTests
{
    private const int Members = 64, Passes = 100, Turns = 10_000;

    [Test]
    public void A_fan_out_to_connections_that_are_watched_allocates_nothing()
    {
        using var metrics = new ServerMetrics(TimeProvider.System);
        using var readings = new Readings(metrics);
        var project = Given.AProject(new ProjectOptions { TapeBytesMax = 64 * 1024 * 1024 }).Project;
        var lines = Enumerable.Range(0, Members).Select(_ => new TakesAll()).ToList();
        var connections = lines.ConvertAll(line => Open(line, metrics));
        var members = connections.ConvertAll(connection => new Member("guest", connection));
        for (var i = 0; i < Members; i++)
        {
            connections[i].Outbox.Add(members[i]);
            project.Join(members[i], $"session-{i}", Given.Join(), out _).Should().BeTrue();
        }
        var (fanOut, draft) = (new FanOut(cores: 1), new Draft());
        fanOut.Pass(project);
        var (allocated, written) = (0L, lines[0].Written);

        for (var n = 1; n <= Passes; n++)
        {
            Submission[] submissions = [new(members[0], n, Given.Create($"a{n}"))];
            project.Decide(submissions, n, draft);
            project.Commit(draft, submissions);
            var before = GC.GetAllocatedBytesForCurrentThread();
            fanOut.Pass(project);
            allocated += n == 1 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before; // the first makes the list of members
        }

        (lines[0].Written - written).Should().BeGreaterThan(Passes * 100, "it is delivered to");
        readings["eventonly.io", "transmit"].Should().Be(lines.Sum(line => line.Written));
        allocated.Should().BeLessThan(Members * Passes, "a collection beside it may count a little, but these are thousands of deliveries, and the least object has 24 bytes");
        connections.ForEach(connection => connection.Dispose());
    }

    [Test]
    public void To_count_a_turn_allocates_nothing()
    {
        using var metrics = new ServerMetrics(TimeProvider.System);
        using var quiet = new Silent(metrics);
        var bench = Given.AProject().WithMembers("bob");
        var turn = Turn.Rent();
        for (var n = 1; n <= 10; n++)
            turn.Submissions.Add(bench.From("bob", n, Given.Create($"a{n % 7}")) with { HeardAt = 1 });
        bench.Project.Decide(turn.Submissions.ToArray(), 1, turn.Draft);
        TurnReport.Count(metrics, turn, 10);
        TurnReport.Tell(metrics, turn, 2, TimeProvider.System);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Turns; i++)
        {
            TurnReport.Count(metrics, turn, 10);
            TurnReport.Tell(metrics, turn, 2, TimeProvider.System);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Turns, "a collection beside it may count a little");
        quiet.Heard.Should().BeGreaterThan(Turns * 2);
    }

    private static Connection Open(Line line, ServerMetrics metrics)
    {
        var journal = new MemoryJournal(() => "epoch");
        var projects = new ProjectDirectory(journal, new(), new(), TimeProvider.System, NullLogger<ProjectDirectory>.Instance);
        return new(1, line, new(new(), projects, new History(journal, new()), TimeProvider.System, NullLogger.Instance, metrics));
    }

    /// <summary>Hears all, and keeps nothing of it.</summary>
    private sealed class Silent : IDisposable
    {
        private readonly System.Diagnostics.Metrics.MeterListener _listener = new();

        public Silent(ServerMetrics metrics)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, _, _, _) => Heard++);
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Heard++);
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Heard++);
            _listener.Start();
        }

        public int Heard { get; private set; }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class TakesAll : Line
    {
        private readonly Pipe _input = new();

        public long Written { get; private set; }

        public override PipeReader Input => _input.Reader;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            Written += bytes.Length;
            return default;
        }

        public override void Abort() => _input.Writer.Complete();
    }
}
