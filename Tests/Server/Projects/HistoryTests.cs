using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class HistoryTests
{
    private const string Project = Given.ProjectId;

    [Test]
    public async Task The_state_of_a_moment_is_the_fold_of_all_before_it_however_one_jumps_through_time([Range(1, 5)] int seed)
    {
        var (journal, chance) = (Given.AJournal(), Given.Chance(seed));
        var story = new AnyStory(chance);
        await story.RecordAsync(journal, 120);
        using var history = new History(journal, new() { PastStatesMax = 5 });

        for (var jump = 0; jump < 200; jump++)
        {
            if (chance.Next(40) == 0)
                await journal.KeepAsync(Project, await Given.FoldedAsync(journal, chance.Next(1, 121)), default);
            var seq = chance.Next(0, 121);

            ShouldBe(await history.AtSeqAsync(Project, story.State, 0, seq, default), await Given.FoldedAsync(journal, seq));
        }
    }

    [Test]
    public async Task The_state_at_a_time_is_the_one_after_the_last_event_that_is_not_later([Range(1, 5)] int seed)
    {
        var (journal, story) = (Given.AJournal(), new AnyStory(Given.Chance(seed)));
        var events = await story.RecordAsync(journal, 60);
        using var history = new History(journal, new());

        for (var time = events[0].AtMs - 2; time <= events[^1].AtMs + 2; time++)
        {
            var expected = events.LastOrDefault(happened => happened.AtMs <= time)?.Seq ?? 0;

            var past = await history.AtTimeAsync(Project, story.State, 0, time, default);

            ShouldBe(past, await Given.FoldedAsync(journal, expected));
        }
    }

    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    public async Task A_project_without_a_past_is_empty_at_any_time(long time)
    {
        using var history = new History(Given.AJournal(), new());

        (await history.AtTimeAsync(Project, ProjectState.Empty, 0, time, default))!.Seq.Should().Be(0);
    }

    [Test]
    public async Task What_is_to_come_and_what_lies_below_the_floor_is_gone_and_the_floor_itself_is_there()
    {
        var (journal, story) = (Given.AJournal(), new AnyStory(Given.Chance(1)));
        var events = await story.RecordAsync(journal, 60);
        using var history = new History(journal, new());
        var early = await history.AtSeqAsync(Project, story.State, 0, 5, default); // it is known from now on
        await journal.KeepAsync(Project, await Given.FoldedAsync(journal, 20), default);
        var before = await Given.FoldedAsync(journal, 25);
        var floor = await journal.ForgetAsync(Project, 20, default);

        floor.Should().Be(20);
        early.Should().NotBeNull();
        (await history.AtSeqAsync(Project, story.State, floor, 61, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, floor, 5, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, floor, 19, default)).Should().BeNull();
        (await history.AtSeqAsync(Project, story.State, floor, 20, default))!.Seq.Should().Be(20);
        ShouldBe(await history.AtSeqAsync(Project, story.State, floor, 25, default), before);
        (await history.AtTimeAsync(Project, story.State, floor, events[19].AtMs - 1, default)).Should().BeNull();
        (await history.AtTimeAsync(Project, story.State, floor, events[24].AtMs, default))!.Seq.Should().BeInRange(25, 29).And.Be(events.Last(e => e.AtMs <= events[24].AtMs).Seq);
    }

    [Test]
    public async Task Who_moves_on_step_by_step_costs_a_step_each_and_a_jump_costs_the_way_from_the_nearest_state_that_is_kept()
    {
        var (kept, story) = (Given.AJournal(), new AnyStory(Given.Chance(1)));
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
            (await history.AtSeqAsync(Project, story.State, 0, seq, default))!.Seq.Should().Be(seq);
            return journal.Read;
        }
    }

    [Test]
    public async Task A_time_is_found_by_halving_not_by_reading_all()
    {
        var (kept, story) = (Given.AJournal(), new AnyStory(Given.Chance(1)));
        var events = await story.RecordAsync(kept, 1000);
        await kept.KeepAsync(Project, await Given.FoldedAsync(kept, 500), default);
        var journal = new ScriptedJournal(kept);
        using var history = new History(journal, new());

        await history.AtTimeAsync(Project, story.State, 0, events[499].AtMs, default);

        journal.Read.Entries.Should().BeLessThan(25);
    }

    [TestCase("nonsense")]
    [TestCase("""{"type":"joined"}""")]
    [TestCase("""{"type":"teleport","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1}""")]
    public async Task A_line_that_cannot_be_read_is_never_passed_over(string line)
    {
        var journal = Given.AJournal();
        await journal.AppendAsync(Project, 0, [Given.Line(1, line)], CancellationToken.None);
        using var history = new History(journal, new());

        await FluentActions.Awaiting(() => history.AtSeqAsync(Project, ProjectState.FromSnapshot(2, []), 0, 1, default)).Should().ThrowAsync<InvalidDataException>();
        FluentActions.Invoking(() => Given.AProject().Project.CatchUp(new JournalEntry(1, Given.Utf8(line)))).Should().Throw<InvalidDataException>();
    }

    private static void ShouldBe(ProjectState? past, ProjectState expected) =>
        (past?.Seq, past?.AtMs, past?.Hash, past?.Sessions.Count).Should().Be((expected.Seq, expected.AtMs, expected.Hash, expected.Sessions.Count));
}
