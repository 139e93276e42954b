using EventOnly.Client;
using EventOnly.Tests.Support;
using EventOnly.Tools;
using EventOnly.Tools.Load;

namespace EventOnly.Tests.Tools;

/// <summary>Loads that end otherwise than they should: all of them end, and say what came of them.</summary>
public sealed class LoadEndTests
{
    private LoadBench _bench = null!;

    [SetUp]
    public async Task StartServer() => _bench = await LoadBench.StartAsync();

    [TearDown]
    public async Task StopServer() => await _bench.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task A_load_that_has_no_time_to_settle_ends(CancellationToken ct)
    {
        using var site = _bench.Site(LoadBench.Plan with { Rate = 5_000, Settle = TimeSpan.Zero });

        var report = await new LoadRun(site).RunAsync(ct).WaitAsync(ct);

        report.Broken.Select(breach => breach.Promise).Except(["lost", "unanswered"]).Should().BeEmpty("nothing is wrong but the time");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_that_goes_while_events_are_published_breaks_its_promises_and_there_is_a_report(CancellationToken ct)
    {
        var isPublished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var site = Watched(LoadBench.Plan with { Settle = TimeSpan.FromSeconds(1) }, isPublished);

        var running = new LoadRun(site).RunAsync(ct);
        await isPublished.Task.WaitAsync(ct);
        await _bench.StopAsync();
        var report = await running.WaitAsync(ct);

        report.ExitCode.Should().Be(ExitCode.Failed);
        report.Broken.Select(breach => breach.Promise).Should().Contain("ended").And.Contain("unanswered");
        report.Json["verified"]!["members"]!.GetValue<long>().Should().Be(0, "nobody could be asked");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_load_that_is_stopped_says_what_there_is(CancellationToken ct)
    {
        var isPublished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var site = Watched(LoadBench.Plan with { Duration = TimeSpan.FromMinutes(5) }, isPublished);

        var running = new LoadRun(site).RunAsync(stopping.Token);
        await isPublished.Task.WaitAsync(ct);
        await stopping.CancelAsync();
        var report = await running.WaitAsync(ct);

        report.ExitCode.Should().Be(ExitCode.WrongUsage);
        report.Json["isComplete"]!.GetValue<bool>().Should().BeFalse();
        report.Json["commands"]!["sent"]!.GetValue<long>().Should().BePositive();
        LoadTable.Lines(report).Should().Contain(line => line.StartsWith("Stopped", StringComparison.Ordinal)).And.NotContain(line => line.StartsWith("Good", StringComparison.Ordinal));
    }

    [Test, CancelAfter(60_000)]
    public async Task Where_nothing_was_published_nothing_is_good(CancellationToken ct)
    {
        using var site = _bench.Site(LoadBench.Plan with { Duration = TimeSpan.Zero });

        var report = await new LoadRun(site).RunAsync(ct).WaitAsync(ct);

        report.ExitCode.Should().Be(ExitCode.WrongUsage);
        LoadTable.Lines(report).Should().Contain(line => line.StartsWith("Nothing was published", StringComparison.Ordinal)).And.NotContain(line => line.StartsWith("Good", StringComparison.Ordinal));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_client_that_fails_is_in_the_report(CancellationToken ct)
    {
        var failures = 0;
        using var site = _bench.Site(LoadBench.Plan, (client, options) => client == 3 && failures++ == 0 ? throw new InvalidOperationException("no such thing") : options);

        var report = await new LoadRun(site).RunAsync(ct).WaitAsync(ct);

        report.ExitCode.Should().Be(ExitCode.Failed);
        report.Broken.Should().ContainSingle().Which.Detail.Should().Be("this client failed: InvalidOperationException: no such thing");
    }

    [Test]
    public void The_token_may_come_from_the_environment()
    {
        Environment.SetEnvironmentVariable(LoadCommand.TokenVariable, "secret");
        try
        {
            LoadCommand.PlanOf(LoadCommand.Make().Parse("")).Token.Should().Be("secret");
            LoadCommand.PlanOf(LoadCommand.Make().Parse("--token other")).Token.Should().Be("other");
        }
        finally
        {
            Environment.SetEnvironmentVariable(LoadCommand.TokenVariable, null);
        }
    }

    /// <summary>A load that tells when some of its events have come.</summary>
    private LoadSite Watched(LoadPlan plan, TaskCompletionSource isPublished)
    {
        var heard = 0;
        return _bench.LyingSite(plan, client => client == 3, Hear);

        IEnumerable<byte[]> Hear(byte[] message)
        {
            if (message.AsSpan().IndexOf("\"n\":"u8) >= 0 && ++heard == 10)
                isPublished.TrySetResult();
            return [message];
        }
    }

    [Test]
    public async Task Whoever_asks_what_came_of_commands_keeps_nobody_from_asking_for_their_moments()
    {
        using var site = _bench.Site(LoadBench.Plan);
        await using var connection = await EventOnlyConnection.ConnectAsync(_bench.Uri);
        var publisher = new Publisher(site, 0, "p");
        publisher.Opened(connection);
        publisher.Joined([]);
        publisher.Do(Act.Create, 1);
        publisher.Acknowledged(1);

        var wasAnswered = new List<bool>();
        publisher.End(n =>
        {
            var other = new Thread(() => publisher.IntendedAt(n)) { IsBackground = true };
            other.Start();
            wasAnswered.Add(other.Join(TimeSpan.FromSeconds(5)));
            return true;
        });

        wasAnswered.Should().Equal(true);
    }
}
