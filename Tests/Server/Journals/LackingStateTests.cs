using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>The only snapshot of a journal whose first events were dropped turns out to be rotten: who has the present goes on, and keeps it anew.</summary>
internal sealed class LackingStateTests
{
    private const string OnlySnapshot = "/data/apollo/00000000000000000020.snapshot";

    /// <param name="events">Events behind the snapshot.</param>
    private static async Task<JournalBench> ABenchAsync(int events = 10)
    {
        var bench = new JournalBench(new(Given.Chance(1)), new() { KeepEvents = 1 });
        await bench.WriteAsync(20);
        await bench.KeepAsync(20);
        await bench.WriteAsync(20 + Math.Max(1, events));
        (await bench.ForgetAsync(20)).Should().Be(20);
        bench.Close();
        if (events == 0) // as after a write that a crash cut short
            bench.Disk["/data/apollo/00000000000000000021.jsonl"] = [.. bench.Disk["/data/apollo/00000000000000000021.jsonl"].TakeWhile(b => b != '\n'), (byte)'\n'];
        return bench;
    }

    private static void Rot(JournalBench bench)
    {
        byte[] bytes = [.. bench.Disk[OnlySnapshot]];
        bytes[^30] ^= 1;
        bench.Disk[OnlySnapshot] = bytes;
    }

    [Test]
    public async Task A_journal_in_use_goes_on_and_only_who_asks_for_the_past_goes_without()
    {
        using var bench = await ABenchAsync();
        (await bench.StateAsync()).ShouldBeWhole(30);
        Rot(bench);

        for (var question = 1; question <= 2; question++)
            await bench.Invoking(b => b.StateAsync(25)).Should().ThrowAsync<JournalUnavailableException>();

        await bench.WriteAsync(35);
        (await bench.ReadAsync(21)).Should().HaveCount(15);
        bench.Log.Entries.Should().ContainSingle().Which.Id.Should().Be(311);
        bench.Journal.LacksState(JournalBench.Project).Should().BeTrue();

        await bench.KeepAsync(35);
        bench.Journal.LacksState(JournalBench.Project).Should().BeFalse();
        (await bench.StateAsync()).ShouldBeWhole(35);
        bench.Close();
        (await bench.StateAsync()).ShouldBeWhole(35);
    }

    [Test]
    public async Task One_that_cannot_be_read_any_more_is_kept_anew_as_well([Values(0, 10)] int events)
    {
        using var bench = await ABenchAsync(events);
        (await bench.StateAsync()).ShouldBeWhole(20 + events);
        bench.Disk.Unreadable.Add(OnlySnapshot);

        await bench.Invoking(b => b.StateAsync(20)).Should().ThrowAsync<JournalUnavailableException>();

        bench.Journal.LacksState(JournalBench.Project).Should().BeTrue();
        await bench.KeepAsync(20 + events);
        bench.Journal.LacksState(JournalBench.Project).Should().BeFalse();
        bench.Disk.Unreadable.Clear(); // a file of the same name is on other sectors
        bench.Close();
        (await bench.StateAsync()).ShouldBeWhole(20 + events);
    }

    [Test]
    public async Task An_opening_that_comes_by_it_is_of_a_damaged_project()
    {
        using var bench = await ABenchAsync();
        Rot(bench);

        await bench.Invoking(b => b.StateAsync()).Should().ThrowAsync<JournalUnavailableException>();

        bench.Log.Entries.Should().ContainSingle(entry => entry.Id == 302);
        await bench.Invoking(b => b.HeadAsync().AsTask()).Should().ThrowAsync<JournalUnavailableException>();
    }

    [Test]
    public async Task What_was_read_wrongly_only_once_is_there_for_the_next_opening()
    {
        using var bench = await ABenchAsync();
        (await bench.StateAsync()).ShouldBeWhole(30);
        var whole = bench.Disk[OnlySnapshot];
        Rot(bench);
        await bench.Invoking(b => b.StateAsync(25)).Should().ThrowAsync<JournalUnavailableException>();
        bench.Close(); // before anything was kept anew

        bench.Disk[OnlySnapshot] = whole;

        (await bench.StateAsync()).ShouldBeWhole(30);
        bench.Disk.Paths.Should().NotContain(path => path.EndsWith(".unfit", StringComparison.Ordinal));
    }

    [Test]
    public async Task The_present_is_kept_anew_at_the_next_turn()
    {
        using var files = await ABenchAsync();
        await using (var bench = await LoopBench.RunAsync(files.Journal, keeping: new() { KeepEvents = 1000 }))
        {
            Rot(files);
            await files.Invoking(b => b.StateAsync(25)).Should().ThrowAsync<JournalUnavailableException>();

            var ann = await bench.EnterAsync("ann");
            await Eventually.IsAsync(() => !files.Journal.LacksState(JournalBench.Project), "the state was kept anew");
            ann.Heard<EventOnly.Protocol.Wire.ServerMessage.Joined>().Head.Seq.Should().Be(30);
        }
        files.Close();
        (await files.StateAsync()).ShouldBeWhole(30);
        files.Log.Entries.Should().OnlyContain(entry => entry.Id == 311);
    }

    [Test]
    public async Task The_present_is_kept_anew_at_the_latest_when_the_project_closes([Values(0, 10)] int events)
    {
        using var files = await ABenchAsync(events);
        await using (var bench = await LoopBench.RunAsync(files.Journal))
        {
            Rot(files);
            await files.Invoking(b => b.Journal.LoadAsync(JournalBench.Project, Moment.AfterSeq(20), default).AsTask()).Should().ThrowAsync<JournalUnavailableException>();
        }
        files.Close();

        (await files.StateAsync()).ShouldBeWhole(20 + events);
    }
}
