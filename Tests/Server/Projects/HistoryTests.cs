using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
[TestFixture(PastBench.Memory)]
[TestFixture(PastBench.Files)]
public sealed class HistoryTests(string kind)
{
    private const string Project = Given.ProjectId;

    private PastBench _bench = null!;

    [SetUp]
    public void SetUp() => _bench = new(kind);

    [TearDown]
    public void TearDown() => _bench.Dispose();

    [Test]
    public async Task The_state_of_a_moment_is_the_fold_of_all_before_it_however_one_jumps_through_time([Range(1, 5)] int seed)
    {
        var (journal, chance) = (_bench.AJournal(), Given.Chance(seed));
        var story = new AnyStory(chance);
        await story.RecordAsync(journal, 120);
        using var history = new History(journal, new() { PastStatesMax = 5 });

        for (var jump = 0; jump < 200; jump++)
        {
            if (chance.Next(40) == 0)
                await journal.KeepAsync(Project, await Given.FoldedAsync(journal, chance.Next(1, 121)), default);
            var seq = chance.Next(0, 121);

            ShouldBe(await history.AtSeqAsync(Project, story.State, seq, default), await Given.FoldedAsync(journal, seq));
        }
    }

    [Test]
    public async Task The_state_at_a_time_is_the_one_after_the_last_event_that_is_not_later([Range(1, 5)] int seed)
    {
        var (journal, story) = (_bench.AJournal(), new AnyStory(Given.Chance(seed)));
        var events = await story.RecordAsync(journal, 60);
        using var history = new History(journal, new());

        for (var time = events[0].AtMs - 2; time <= events[^1].AtMs + 2; time++)
        {
            var expected = events.LastOrDefault(happened => happened.AtMs <= time)?.Seq ?? 0;

            var past = await history.AtTimeAsync(Project, story.State, time, default);

            ShouldBe(past, await Given.FoldedAsync(journal, expected));
        }
    }

    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    public async Task A_project_without_a_past_is_empty_at_any_time(long time)
    {
        using var history = new History(_bench.AJournal(), new());

        (await history.AtTimeAsync(Project, ProjectState.Empty, time, default))!.Seq.Should().Be(0);
    }

    [Test]
    public async Task What_is_to_come_and_what_lies_below_the_floor_is_gone_and_the_floor_itself_is_there()
    {
        var (journal, story) = (_bench.AJournal(), new AnyStory(Given.Chance(1)));
        var events = await story.RecordAsync(journal, 60);
        using var history = new History(journal, new());
        var early = await history.AtSeqAsync(Project, story.State, 5, default); // it is known from now on
        await journal.KeepAsync(Project, await Given.FoldedAsync(journal, 20), default);
        var before = await Given.FoldedAsync(journal, 25);
        var floor = await journal.ForgetAsync(Project, 20, default);

        floor.Should().Be(20);
        early.Should().NotBeNull();
        (await history.AtSeqAsync(Project, story.State, 61, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, 5, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, 19, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, 20, default))!.Seq.Should().Be(20);
        ShouldBe(await history.AtSeqAsync(Project, story.State, 25, default), before);
        (await history.AtTimeAsync(Project, story.State, events[19].AtMs - 1, default)).Should().BeNull();
        (await history.AtTimeAsync(Project, story.State, events[24].AtMs, default))!.Seq.Should().BeInRange(25, 29).And.Be(events.Last(e => e.AtMs <= events[24].AtMs).Seq);
    }

    [Test]
    public async Task Who_moves_on_step_by_step_costs_a_step_each_and_a_jump_costs_the_way_from_the_nearest_state_that_is_kept()
    {
        var (kept, story) = (_bench.AJournal(), new AnyStory(Given.Chance(1)));
        await story.RecordAsync(kept, 100);
        await kept.KeepAsync(Project, await Given.FoldedAsync(kept, 50), default);
        var journal = new ScriptedJournal(kept);
        using var history = new History(journal, new());

        (await CostAsync(60)).Should().Be((10, 1), "from the state that is kept");
        (await CostAsync(61)).Should().Be((1, 0));
        (await CostAsync(64)).Should().Be((3, 0));
        (await CostAsync(62)).Should().Be((1, 0), "backwards, too, as far as it was there");
        (await CostAsync(60)).Should().Be((0, 0));
        (await CostAsync(100)).Should().Be((0, 0), "that is the present");

        async Task<(int, int)> CostAsync(long seq)
        {
            journal.Read = default;
            (await history.AtSeqAsync(Project, story.State, seq, default))!.Seq.Should().Be(seq);
            return journal.Read;
        }
    }

    [Test]
    public async Task A_time_is_found_by_halving_not_by_reading_all()
    {
        var (kept, story) = (_bench.AJournal(), new AnyStory(Given.Chance(1)));
        var events = await story.RecordAsync(kept, 1000);
        await kept.KeepAsync(Project, await Given.FoldedAsync(kept, 500), default);
        var journal = new ScriptedJournal(kept);
        using var history = new History(journal, new());

        await history.AtTimeAsync(Project, story.State, events[499].AtMs, default);

        journal.Read.Entries.Should().BeLessThan(25);
    }

    [Test]
    public async Task A_moment_is_found_though_old_events_are_dropped_while_it_is_looked_for([Values] bool isRefused)
    {
        var (journal, story, dropped) = await DroppingAsync();
        using var history = new History(journal, new());
        var expected = await Given.FoldedAsync(journal.Inner, 25);
        journal.OnRead = () => dropped(isRefused);

        ShouldBe(await history.AtSeqAsync(Project, story.State, 25, default), expected);
    }

    [Test]
    public async Task A_time_is_found_though_old_events_are_dropped_while_it_is_looked_for()
    {
        var (journal, story, dropped) = await DroppingAsync();
        using var history = new History(journal, new());
        var expected = await Given.FoldedAsync(journal.Inner, 25);
        journal.OnRead = () => dropped(false);

        var past = await history.AtTimeAsync(Project, story.State, expected.AtMs, default);

        past!.AtMs.Should().Be(expected.AtMs);
    }

    [Test]
    public async Task A_page_tells_the_floor_as_it_is_when_it_was_read([Values] bool isRefused)
    {
        var (journal, _, dropped) = await DroppingAsync();
        using var history = new History(journal, new());
        journal.OnRead = () => dropped(isRefused);

        var page = await history.PageAsync(Project, new() { From = 1 }, 60, new(3, 100_000, 1000, 100_000), default);

        page.Floor.Should().Be(20);
        page.Events.Select(PastBench.SeqOf).Should().Equal(21, 22, 23);
    }

    [Test]
    public async Task What_cannot_be_read_is_unavailable_and_told_once_until_it_can()
    {
        var (journal, story) = (new ScriptedJournal(_bench.AJournal()), new AnyStory(Given.Chance(1)));
        await story.RecordAsync(journal, 10);
        var log = new LogCapture();
        log.Announce(211);
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var history = new History(journal, new(), factory.CreateLogger<History>());

        for (var round = 1; round <= 2; round++)
        {
            journal.OnRead = () => throw new JournalUnavailableException("no disk");
            for (var again = 0; again < 3; again++)
            {
                await FluentActions.Awaiting(() => history.AtSeqAsync(Project, story.State, 5, default)).Should().ThrowAsync<JournalUnavailableException>();
                await FluentActions.Awaiting(() => history.PageAsync(Project, new(), 10, new(1, 1, 1, 1), default)).Should().ThrowAsync<JournalUnavailableException>();
            }
            journal.OnRead = () => default;
            (await history.PageAsync(Project, new(), 10, new(1, 1, 1, 1), default)).Events.Should().ContainSingle();

            log.Entries.Count(entry => entry.Id == 211).Should().Be(round);
        }
    }

    [Test]
    public async Task Another_journal_in_the_place_of_the_old_one_has_a_past_of_its_own()
    {
        var (old, other) = (_bench.AJournal(), Given.AJournal());
        await other.OpenAsync("makes the first epoch", default);
        await new AnyStory(Given.Chance(1)).RecordAsync(old, 10);
        var story = new AnyStory(Given.Chance(2));
        await story.RecordAsync(other, 10);
        var journal = new ScriptedJournal(old);
        using var history = new History(journal, new());
        await history.AtSeqAsync(Project, story.State, 3, default);

        journal.Inner = other;

        ShouldBe(await history.AtSeqAsync(Project, story.State, 3, default), await Given.FoldedAsync(other, 3));
    }

    [TestCase(1)]
    [TestCase(2)]
    public async Task No_more_questions_read_at_a_time_than_may_and_the_others_wait_in_the_order_they_came(int max)
    {
        var (journal, story) = (new ScriptedJournal(_bench.AJournal()), new AnyStory(Given.Chance(1)));
        await story.RecordAsync(journal, 10);
        using var history = new History(journal, new() { LookingBackMax = max, PastStatesMax = 0 });
        using var goOn = new SemaphoreSlim(0);
        var (reading, most, onPool) = (0, 0, 0);
        journal.OnRead = () =>
        {
            var now = Interlocked.Increment(ref reading);
            lock (goOn)
                (most, onPool) = (Math.Max(most, now), onPool + (Thread.CurrentThread.IsThreadPoolThread ? 1 : 0));
            goOn.Wait(TimeSpan.FromMinutes(1)); // longer than the test waits for anything
            Interlocked.Decrement(ref reading);
            return default;
        };
        var questions = Enumerable.Range(1, 6).Select(seq => seq % 2 == 0
            ? history.AtSeqAsync(Project, story.State, seq, default)
            : (Task)history.PageAsync(Project, new(), 10, new(1, 1000, 1000, 1000), default)).ToArray();

        for (var done = 0; done < 6; done++)
        {
            await Eventually.IsAsync(() => Volatile.Read(ref reading) == Math.Min(max, 6 - done), "as many read as may");
            var open = questions.Where(question => !question.IsCompleted).ToArray(); // before one may end
            open.Should().HaveCount(6 - done);
            goOn.Release();
            var next = await Task.WhenAny(open).WaitAsync(RawClient.Patience);
            if (max == 1) // of two that read, either may end first
                next.Should().BeSameAs(questions[done]);
        }

        (most, onPool).Should().Be((max, 0), "the pool's threads are for what happens now");
    }

    /// <summary>Sixty events; what is given drops the first twenty of them, once, and may refuse the reading it comes in between.</summary>
    private async Task<(ScriptedJournal, AnyStory, Func<bool, ValueTask>)> DroppingAsync()
    {
        var (journal, story) = (new ScriptedJournal(_bench.AJournal()), new AnyStory(Given.Chance(1)));
        await story.RecordAsync(journal, 60);
        var state = await Given.FoldedAsync(journal, 20);
        return (journal, story, DropAsync);

        async ValueTask DropAsync(bool isRefused)
        {
            journal.OnRead = () => default;
            await journal.KeepAsync(Project, state, default);
            (await journal.ForgetAsync(Project, 20, default)).Should().Be(20);
            if (isRefused)
                throw new JournalUnavailableException("The segment has just been dropped.");
        }
    }

    private static void ShouldBe(ProjectState? past, ProjectState expected) =>
        (past?.Seq, past?.AtMs, past?.Hash, past?.Sessions.Count).Should().Be((expected.Seq, expected.AtMs, expected.Hash, expected.Sessions.Count));
}
