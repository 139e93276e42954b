using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>What was refused has not happened: it neither comes back nor takes the place of what was acknowledged.</summary>
internal sealed class RefusedTests
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1";
    private const string Refused = """{"text":"refused"}""";
    private const string Acknowledged = """{"text":"acknowledged"}""";

    [TestCase(0)]
    [TestCase(2)]
    public async Task It_is_not_there_after_a_restart_in_good_order(int filesSyncedMax)
    {
        using var bench = await RefuseAsync(1, filesSyncedMax);

        bench.Close();

        (await bench.ReadAsync()).Should().HaveCount(2);
    }

    [Test]
    public async Task It_does_not_come_back_after_a_loss_of_power_when_the_disk_was_well_again()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            using var bench = await RefuseAsync(seed, filesSyncedMax: 0);

            bench.Disk.Off();
            bench.Close();
            bench.Disk.PowerOn();

            (await bench.ReadAsync()).Should().HaveCount(2, $"seed {seed}");
        }
    }

    /// <summary>A group whose daybook and segment both fail is refused; the next one is acknowledged by another daybook; then the power goes.</summary>
    [Test]
    public async Task It_never_takes_the_place_of_what_was_acknowledged_after_it()
    {
        var acknowledged = 0;
        for (var seed = 1; seed <= (s_long ? 400 : 30); seed++)
        {
            for (var calls = 4; calls <= 14; calls++)
            {
                using var bench = await RefuseAsync(seed, filesSyncedMax: 0, takesBack: false);
                bench.Disk.Faults[bench.Disk.Calls + calls] = DiskFault.PowerLoss;
                var isThere = false;
                for (var tries = 0; tries < 300 && !isThere; tries++)
                {
                    isThere = (await bench.AppendAsync(2, Acknowledged)).Outcome == AppendOutcome.Committed;
                    await Task.Yield();
                }
                bench.Close();
                bench.Disk.PowerOn();
                if (!isThere)
                    continue;
                acknowledged++;
                (await bench.ReadAsync()).Skip(2).Should().Equal([Acknowledged], $"seed {seed}, power lost {calls} calls later");
            }
        }
        acknowledged.Should().BeGreaterThan(100, "else nothing was shown");
    }

    /// <summary>A journal of two events and one that was refused, for neither the daybook nor the segment could be synced.</summary>
    /// <param name="takesBack">Whether the disk is well again so soon that the daybook can be cut back.</param>
    private static async Task<JournalBench> RefuseAsync(int seed, int filesSyncedMax, bool takesBack = true)
    {
        var bench = new JournalBench(new(Given.Chance(seed)), new() { FilesSyncedMax = filesSyncedMax });
        await bench.FillAsync(2);
        var (daybook, segment) = filesSyncedMax > 0 ? (0, 1) : takesBack ? (1, 3) : (1, 2);
        var before = bench.Disk.Syncs;
        bench.Disk.FailingSyncs.UnionWith([before + daybook, before + segment]);
        if (!takesBack)
            bench.Disk.Faults[bench.Disk.Calls + 4] = DiskFault.Error; // the segment and the daybook are written, the daybook synced and opened anew
        (await bench.AppendAsync(2, Refused)).Outcome.Should().Be(AppendOutcome.Unavailable);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (bench.Disk.Syncs <= before + segment)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield(); // until the segment was looked at and cut back
        }
        return bench;
    }
}
