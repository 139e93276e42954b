using EventOnly.Server.Connections;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

/// <summary>What a delivery may cost, by counts that are the same on every machine: for each member one write of bytes that all share, and no memory.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DeliveryCostTests : IDisposable
{
    private const int Crowd = 1000;

    private readonly ProjectBench _bench = Given.AProject();
    private readonly Member _author;
    private readonly List<Connection> _connections = [];
    private readonly Surroundings _around = NullLine.Around();
    private readonly FanOut _fanOut = new(cores: 1);
    private long _n;

    /// <summary>The author has a line as everybody does: a stand-in's own memory would be counted too.</summary>
    public DeliveryCostTests() => _author = Join(new());

    [Test]
    public async Task A_pass_over_a_thousand_members_allocates_nothing_and_writes_once_to_each_what_all_share([Values(1, 50)] int eventsAPass)
    {
        var lines = await JoinAsync(Crowd);
        for (var i = 0; i < 3; i++)
            Pass(eventsAPass);
        var (writes, bytes, tape, allocated) = (lines[0].Writes, lines.ToDictionary(line => line, line => line.Bytes), _bench.Project.Tape.Head, 0L);

        for (var i = 0; i < 20; i++)
        {
            allocated += Pass(eventsAPass).Passing;
            lines.Select(line => line.Last).Distinct().Should().ContainSingle("they write the very bytes of the tape");
        }

        allocated.Should().BeLessThan(Crowd, "a collection beside it may count a little, but these are twenty thousand deliveries at least");
        var told = _bench.Project.Tape.Head - tape;
        lines.Should().OnlyContain(line => line.Bytes - bytes[line] == told);
        lines.Should().OnlyContain(line => line.Writes - writes >= 20 && line.Writes - writes <= 20 + told / (4 * 1024), "one more where the tape goes on in another piece of memory");
    }

    [Test]
    public async Task An_event_allocates_for_a_thousand_members_what_it_does_for_one()
    {
        var costs = new List<double>();
        foreach (var crowd in (int[])[1, Crowd])
        {
            await JoinAsync(crowd - _connections.Count); // the author is one of them
            for (var i = 0; i < 100; i++)
                Pass(10);
            var allocated = 0L;
            for (var i = 0; i < 100; i++)
            {
                var (submitting, passing) = Pass(10);
                allocated += submitting + passing;
            }
            costs.Add(allocated / 1000.0);
        }

        costs[1].Should().BeLessThan(costs[0] + 200, "bytes: the tree of entities is deeper by then, which is all");
        costs[0].Should().BeLessThan(3_500, "bytes: the command, its draft, its frame, its place in the tree");
    }

    [Test]
    public async Task Two_hundred_that_join_at_once_are_told_one_snapshot()
    {
        for (var n = 0; n < 100; n++)
            Submit($$"""{"text":"{{new string('x', 900)}}"}""");
        var made = _bench.SnapshotsMade;

        var lines = await JoinAsync(200);

        _bench.SnapshotsMade.Should().Be(made + 1);
        lines.Select(line => line.Last).Distinct().Should().ContainSingle("they write the very bytes of the snapshot");
        lines.Should().OnlyContain(line => line.Bytes > 90_000);
    }

    /// <summary>Connections that join at the same time. Done when each has its snapshot.</summary>
    private async Task<List<NullLine>> JoinAsync(int count)
    {
        var lines = new List<NullLine>();
        for (var i = 0; i < count; i++)
        {
            lines.Add(new());
            Join(lines[i]);
        }
        _bench.MakeSnapshots();
        _connections.ForEach(connection => connection.Wake());
        await Eventually.IsAsync(() => lines.TrueForAll(line => line.Writes > 1) && lines.Select(line => line.Last).Distinct().Count() <= 1, "each has its snapshot");
        return lines;
    }

    private Member Join(NullLine line)
    {
        var connection = NullLine.Connect(line, _around);
        var member = new Member($"m{_connections.Count}", connection);
        connection.Outbox.Add(member);
        _bench.Project.Join(member, $"session-{_connections.Count}", Given.Join(), out _).Should().BeTrue();
        _connections.Add(connection);
        return member;
    }

    /// <summary>Some events, told in one pass; the bytes that they and the pass allocate.</summary>
    private (long Submitting, long Passing) Pass(int events)
    {
        var begun = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < events; i++)
            Submit("""{"text":"0123456789012345678901234567890123456789"}""");
        _bench.Project.TapesMoved = true;
        var before = GC.GetAllocatedBytesForCurrentThread();
        _fanOut.Pass(_bench.Project);
        return (before - begun, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Submit(string data) => _bench.Turn(new Submission(_author, ++_n, Given.Create($"e{_n}", data)));

    public void Dispose() => _connections.ForEach(connection => connection.Dispose());
}
