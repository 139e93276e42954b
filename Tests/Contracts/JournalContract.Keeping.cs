using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Contracts;

/// <summary>States that are kept beside the events, events that are forgotten, projects that are closed.</summary>
public abstract partial class JournalContract
{
    [Test]
    public async Task Where_nothing_was_kept_the_state_to_begin_from_is_the_empty_one()
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");

        (await LoadAsync("p", Moment.AfterSeq(2))).Should().BeSameAs(ProjectState.Empty);
    }

    [Test]
    public async Task A_kept_state_comes_back_whole()
    {
        await FillAsync(3);
        var state = State(2, [Given.Entity("a", """{"n":1,"text":"ü\u2028\"\n"}"""), Given.Entity("b", kind: "chat", version: 2)],
            new("ann", new SessionMark(9_007_199_254_740_991, ulong.MaxValue, 2)), new("bob", new SessionMark(1, 1, 1)));

        await _journal.KeepAsync("p", state, default);

        var loaded = (await LoadAsync("p", Moment.AfterSeq(3)))!;
        (loaded.Seq, loaded.AtMs, loaded.Hash, loaded.DataBytes).Should().Be((2, state.AtMs, state.Hash, state.DataBytes));
        loaded.Entities.Values.Select(entity => entity.ToString()).Should().Equal(state.Entities.Values.Select(entity => entity.ToString()));
        loaded.Sessions.Should().Equal(state.Sessions);
    }

    [TestCase(1, 0)]
    [TestCase(2, 2)]
    [TestCase(3, 2)]
    [TestCase(4, 4)]
    [TestCase(100, 4)]
    public async Task The_state_to_begin_from_is_the_newest_kept_before_the_moment(long seq, long expected)
    {
        await FillAsync(5);
        await KeepAsync(4);
        await KeepAsync(2);

        (await LoadAsync("p", Moment.AfterSeq(seq)))!.Seq.Should().Be(expected);
        (await LoadAsync("p", Moment.AtTime(1000 + seq)))!.Seq.Should().Be(expected);
    }

    [Test]
    public async Task A_state_beyond_the_head_is_not_kept()
    {
        await FillAsync(1);

        await FluentActions.Awaiting(() => KeepAsync(2)).Should().ThrowAsync<ArgumentException>();

        (await LoadAsync("p", Moment.AfterSeq(5)))!.Seq.Should().Be(0);
    }

    [Test]
    public async Task A_state_that_is_kept_already_may_be_kept_again()
    {
        await FillAsync(2);
        await KeepAsync(2);
        await KeepAsync(2);
        (await LoadAsync("p", Moment.AfterSeq(2)))!.Seq.Should().Be(2);
    }

    [Test]
    public async Task Nothing_is_forgotten_without_a_state_that_holds_it()
    {
        await FillAsync(3);
        await KeepAsync(3);

        (await _journal.ForgetAsync("p", 2, default)).Should().Be(0);

        (await ReadAsync("p", 1)).Should().HaveCount(3);
    }

    [Test]
    public async Task What_is_forgotten_ends_at_the_floor_and_all_behind_it_is_there()
    {
        await FillAsync(10);
        await KeepAsync(5);
        await FillAsync(20, from: 11);
        await KeepAsync(12);
        await KeepAsync(18);

        var floor = await _journal.ForgetAsync("p", 14, default);

        floor.Should().BeLessThanOrEqualTo(12);
        (await OpenAsync("p")).Should().BeEquivalentTo(new { Seq = 20L, Floor = floor });
        (await ReadAsync("p", 0)).Should().Equal(Enumerable.Range((int)floor + 1, 20 - (int)floor).Select(seq => $"{seq}:{seq}"));
        for (var seq = floor; seq <= 20; seq++)
            (await LoadAsync("p", Moment.AfterSeq(seq)))!.Seq.Should().BeInRange(floor, seq);
        if (floor > 0)
            (await LoadAsync("p", Moment.AfterSeq(floor - 1))).Should().BeNull();
        (await AppendAsync("p", 20, "21")).Should().Be(new AppendResult(AppendOutcome.Committed, 21));
        await using var following = _journal.FollowAsync("p", 1, default).GetAsyncEnumerator();
        (await NextAsync(following)).Should().Be($"{floor + 1}:{floor + 1}");
    }

    [Test]
    public async Task A_closed_project_opens_anew_with_all_it_had()
    {
        await FillAsync(5);
        await KeepAsync(3);
        var before = await OpenAsync("p");

        await _journal.CloseAsync("p");
        await _journal.CloseAsync("p");

        (await OpenAsync("p")).Should().Be(before);
        (await LoadAsync("p", Moment.AfterSeq(5)))!.Seq.Should().Be(3);
        (await AppendAsync("p", 5, "6")).Outcome.Should().Be(AppendOutcome.Committed);
        (await ReadAsync("p", 1)).Should().HaveCount(6);
    }

    [Test]
    public async Task Who_follows_a_project_that_is_closed_hears_what_is_appended_after_it()
    {
        await FillAsync(1);
        await using var following = _journal.FollowAsync("p", 2, default).GetAsyncEnumerator();
        var next = NextAsync(following);

        await _journal.CloseAsync("p");
        await AppendAsync("p", 1, "2");

        (await next).Should().Be("2:2");
    }

    [Test]
    public Task Closing_a_project_that_was_never_opened_is_nothing() => _journal.CloseAsync("p").AsTask();

    private async Task FillAsync(int to, int from = 1)
    {
        for (var seq = from; seq <= to; seq++)
            (await AppendAsync("p", seq - 1, $"{seq}")).Outcome.Should().Be(AppendOutcome.Committed);
    }

    private static ProjectState State(long seq, Entity[] entities, params KeyValuePair<string, SessionMark>[] sessions) =>
        ProjectState.Restore(seq, 1000 + seq, entities.Select(entity => KeyValuePair.Create(entity.Id, entity)), sessions);

    private Task KeepAsync(long seq) => _journal.KeepAsync("p", State(seq, [Given.Entity("a", version: seq)]), default).AsTask();

    private ValueTask<ProjectState?> LoadAsync(string project, Moment upTo) => _journal.LoadAsync(project, upTo, default);
}
