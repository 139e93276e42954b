using System.Diagnostics;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Server.Upkeep;
using EventOnly.Tests.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.EndToEnd;

/// <summary>verify and repair as processes: their exit codes and what they say.</summary>
internal sealed class UpkeepTests
{
    private string _data = "";

    [SetUp]
    public async Task MakeData()
    {
        _data = Directory.CreateTempSubdirectory("eventonly-").FullName;
        var bench = await SegmentsBench.MakeAsync();
        Directory.CreateDirectory(Path.Combine(_data, "apollo"));
        foreach (var path in bench.Segments)
            await File.WriteAllBytesAsync(Path.Combine(_data, "apollo", Path.GetFileName(path)), bench.Disk[path]);
    }

    [TearDown]
    public void RemoveData() => Directory.Delete(_data, recursive: true);

    private string[] Files => [.. Directory.GetFiles(Path.Combine(_data, "apollo")).Order(StringComparer.Ordinal)];

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.dll"), .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private async Task DamageAsync()
    {
        var bytes = await File.ReadAllBytesAsync(Files[1]);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(Files[1], bytes);
    }

    [Test]
    public async Task Verify_says_that_all_is_well_also_beside_a_server_and_with_a_torn_tail()
    {
        using var server = FileJournal.OnDisk(new() { Folder = _data }, () => "e", NullLogger<FileJournal>.Instance);
        await File.AppendAllTextAsync(Files[^1], "{\"torn");

        var (code, output, error) = await RunAsync("verify", _data, "--fold");

        code.Should().Be(0, output + error);
        output.Should().Contain("apollo: good").And.Contain("events 1 to 30").And.Contain("Harmless").And.Contain("state: hash ").And.Contain("1 project, ").And.Contain("all is well");
        error.Should().BeEmpty("progress is for terminals");
    }

    [Test]
    public async Task Verify_finds_no_damage_beside_a_server_that_keeps_states_and_drops_events_meanwhile()
    {
        var folder = Path.Combine(_data, "vostok");
        using var journal = FileJournal.OnDisk(
            new() { Folder = _data, KeepEvents = 1, SegmentBytesMax = 2048, Durability = Durability.Os, FilesSyncedMax = 0 }, () => "e", NullLogger<FileJournal>.Instance);
        await journal.AppendAsync("vostok", 0, [OfVostok(1)], default);
        var writing = Task.Run(async () =>
        {
            var state = Fold.Apply(ProjectState.Empty, StateBench.Event(1));
            for (var seq = 2L; seq <= 600; seq++)
            {
                await journal.AppendAsync("vostok", seq - 1, [OfVostok(seq)], default);
                state = Fold.Apply(state, StateBench.Event(seq));
                if (seq % 10 != 0)
                    continue;
                await journal.KeepAsync("vostok", state, default);
                await journal.ForgetAsync("vostok", seq - 20, default);
            }
        });
        var looks = 0;
        while (!writing.IsCompleted || looks == 0)
        {
            var found = await new Verification(new DiskFiles(), folder, "vostok", folds: true).RunAsync();

            (found.IsDamaged, found.IsContradicted).Should().Be((false, false), found.Bad?.ToString() ?? "");
            found.Snapshots.Select(snapshot => snapshot.Fault).OfType<string>().Should().BeEmpty();
            looks++;
        }
        await writing;
        looks.Should().BeGreaterThan(3);
        (await new Verification(new DiskFiles(), folder, "vostok").RunAsync()).Floor.Should().BePositive("else nothing was dropped meanwhile");

        static JournalEntry OfVostok(long seq) => Given.Line(seq, Given.Text(Given.Line(StateBench.Event(seq)).Json.Span).Replace("\"apollo\"", "\"vostok\"", StringComparison.Ordinal));
    }

    [Test]
    public async Task Damage_is_named_and_repaired_when_that_is_meant()
    {
        await DamageAsync();
        var before = Files;

        var (code, output, _) = await RunAsync("verify", _data);
        code.Should().Be(1);
        output.Should().Contain($"DAMAGED: {Path.GetFileName(Files[1])}, line ").And.Contain($"./run.sh repair '{_data}' apollo").And.Contain("1 damaged");

        (code, output, _) = await RunAsync("repair", _data, "apollo");
        code.Should().Be(1);
        output.Should().Contain("Nothing was changed").And.Contain("kept: events 1 to").And.Contain("lost: events ");
        Files.Should().Equal(before);

        (code, output, _) = await RunAsync("repair", _data, "apollo", "--yes");
        code.Should().Be(0, output);
        output.Should().Contain("Repaired").And.Contain("damaged-1.lost.jsonl");
        (await RunAsync("verify", _data)).Code.Should().Be(0);
        (await RunAsync("repair", _data, "apollo", "--yes")).Output.Should().Contain("nothing to repair");
    }

    /// <summary>A folder whose first events were dropped, as a server left it.</summary>
    private async Task DropFirstEventsAsync(Func<SegmentsBench, SegmentsBench> change)
    {
        var bench = change(await SegmentsBench.MakeKeptAsync(isDropped: true));
        foreach (var old in Files)
            File.Delete(old);
        foreach (var path in bench.Segments.Concat(bench.Snapshots))
            await File.WriteAllBytesAsync(Path.Combine(_data, "apollo", Path.GetFileName(path)), bench.Disk[path]);
    }

    [Test]
    public async Task What_a_snapshot_holds_is_told_and_kept_where_the_events_before_it_are_gone()
    {
        await DropFirstEventsAsync(bench => bench.WithBadEvent(30));

        var (code, output, _) = await RunAsync("verify", _data);
        code.Should().Be(1);
        output.Should().Contain("a server still opens it, from the snapshot of seq 60").And.Contain("3 snapshots");

        (code, output, _) = await RunAsync("repair", _data, "apollo");
        code.Should().Be(1);
        output.Should().Contain("kept: the state after event 40, from its snapshot, and events 41 to 70").And.Contain("lost: events 21 to 40 as something to look back at");

        (await RunAsync("repair", _data, "apollo", "--yes")).Code.Should().Be(0);
        (code, output, _) = await RunAsync("verify", _data, "--fold");
        code.Should().Be(0, output);
        output.Should().Contain("apollo: good").And.Contain("2 snapshots").And.Contain("events 41 to 70").And.Contain("state: hash ").And.Contain(".snapshot.damaged-1: as it was before a repair");
    }

    [Test]
    public async Task Repair_refuses_where_nothing_is_left_that_a_server_could_open()
    {
        await DropFirstEventsAsync(bench => bench.WithBadSnapshot(20).WithBadSnapshot(40).WithBadSnapshot(60));
        var before = Files;

        var (code, output, _) = await RunAsync("repair", _data, "apollo", "--yes");

        code.Should().Be(1);
        output.Should().Contain("Nothing can be kept").And.Contain("Nothing was changed");
        Files.Should().Equal(before);
    }

    [Test]
    public async Task A_snapshot_that_does_not_fit_is_a_note()
    {
        await DropFirstEventsAsync(bench => bench.WithBadSnapshot(40));

        var (code, output, _) = await RunAsync("verify", _data);

        code.Should().Be(0);
        output.Should().Contain("note: 00000000000000000040.snapshot: it does not fit its checksums").And.Contain("Harmless");
    }

    [Test]
    public async Task Progress_is_told_of_all_there_is_to_read()
    {
        await DamageAsync();
        var terminal = new StringWriter();
        await File.AppendAllTextAsync(Files[^1], new string('x', 2_000_000));

        await new RepairVerb(new DiskFiles(), TextWriter.Null, terminal, new HastyTime()).RunAsync(_data, "apollo", isMeant: true);

        var told = terminal.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var what in (string[])["check", "lost", "repair"])
            told.Should().Contain(line => line.StartsWith(what + ": ", StringComparison.Ordinal)).And.Subject.Where(line => line.StartsWith(what, StringComparison.Ordinal)).Should().OnlyContain(line => line.Contains(" of 2 MB", StringComparison.Ordinal));
        told.Should().Contain(line => line.StartsWith("repair: 99 %", StringComparison.Ordinal) || line.StartsWith("repair: 100 %", StringComparison.Ordinal));
    }

    /// <summary>A second passes each time somebody looks.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => _now += TimestampFrequency;
    }

    [Test]
    public async Task Repair_refuses_while_a_server_uses_the_folder()
    {
        await DamageAsync();
        using var server = FileJournal.OnDisk(new() { Folder = _data }, () => "e", NullLogger<FileJournal>.Instance);

        var (code, _, error) = await RunAsync("repair", _data, "apollo", "--yes");

        code.Should().Be(2);
        error.Should().Contain("another server");
        Files.Should().NotContain(file => file.Contains(".damaged", StringComparison.Ordinal));
    }

    [Test]
    public async Task Repair_refuses_where_a_crash_has_left_what_may_be_all_that_is_missing()
    {
        await DamageAsync();
        await File.WriteAllTextAsync(Path.Combine(_data, "daybook-1.jsonl"), "");

        var (code, _, error) = await RunAsync("repair", _data, "apollo", "--yes");

        code.Should().Be(2);
        error.Should().Contain("daybook-1.jsonl");
        Files.Should().NotContain(file => file.Contains(".damaged", StringComparison.Ordinal));
        (await RunAsync("verify", _data)).Output.Should().Contain("note: daybook-1.jsonl");
    }

    [TestCase("verify")]
    [TestCase("verify", "/nowhere-at-all")]
    [TestCase("verify", "DATA", "nobody")]
    [TestCase("verify", "DATA", "--yes")]
    [TestCase("repair", "DATA")]
    [TestCase("repair", "DATA", "..")]
    public async Task What_cannot_be_done_is_told_and_ends_with_2(params string[] arguments)
    {
        var (code, _, error) = await RunAsync([.. arguments.Select(argument => argument == "DATA" ? _data : argument)]);

        code.Should().Be(2);
        error.Should().NotBeEmpty();
    }
}
