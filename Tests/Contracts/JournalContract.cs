using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Contracts;

/// <summary>What every journal promises. A fixture for an implementation derives from it and says how to make one.</summary>
public abstract class JournalContract
{
    private IJournal _journal = null!;

    /// <summary>A journal without any project. Called once for each test.</summary>
    protected abstract IJournal NewJournal();

    /// <summary>Disposes what <see cref="NewJournal"/> made.</summary>
    protected virtual Task DropAsync() => Task.CompletedTask;

    [SetUp]
    public void MakeJournal() => _journal = NewJournal();

    [TearDown]
    public Task DropJournal() => DropAsync();

    [Test]
    public async Task Opening_makes_an_empty_journal_with_an_epoch()
    {
        var head = await OpenAsync("p");

        (head.Seq, head.Floor).Should().Be((0, 0));
        head.Epoch.Should().MatchRegex("^[A-Za-z0-9._:-]{1,64}$");
    }

    [Test]
    public async Task Opening_again_finds_the_same_epoch_and_the_head()
    {
        var first = await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");

        var again = await OpenAsync("p");

        again.Should().Be(first with { Seq = 2 });
    }

    [Test]
    public async Task Projects_have_epochs_of_their_own() =>
        (await OpenAsync("p")).Epoch.Should().NotBe((await OpenAsync("q")).Epoch);

    [Test]
    public async Task Appending_at_the_head_is_committed_and_moves_it()
    {
        await OpenAsync("p");

        (await AppendAsync("p", 0, "a")).Should().Be(new AppendResult(AppendOutcome.Committed, 1));
        (await AppendAsync("p", 1, "b", "c")).Should().Be(new AppendResult(AppendOutcome.Committed, 3));

        (await ReadAsync("p", 1)).Should().Equal("1:a", "2:b", "3:c");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public async Task Appending_elsewhere_than_at_the_head_is_a_conflict_and_leaves_nothing(long expectedHead)
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");

        (await AppendAsync("p", expectedHead, "x")).Should().Be(new AppendResult(AppendOutcome.Conflict, 2));

        (await ReadAsync("p", 1)).Should().Equal("1:a", "2:b");
    }

    [Test]
    public async Task Entries_whose_seqs_do_not_follow_the_head_are_a_fault_and_leave_nothing()
    {
        await OpenAsync("p");

        await FluentActions.Awaiting(() => _journal.AppendAsync("p", 0, [Line(1, "a"), Line(3, "c")], default).AsTask()).Should().ThrowAsync<ArgumentException>();

        (await ReadAsync("p", 1)).Should().BeEmpty();
        (await AppendAsync("p", 0, "a")).Outcome.Should().Be(AppendOutcome.Committed);
    }

    [TestCase(0, "1:a 2:b 3:c")]
    [TestCase(1, "1:a 2:b 3:c")]
    [TestCase(2, "2:b 3:c")]
    [TestCase(3, "3:c")]
    [TestCase(4, "")]
    [TestCase(100, "")]
    public async Task Reading_begins_where_it_is_told(long from, string expected)
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b", "c");

        string.Join(' ', await ReadAsync("p", from)).Should().Be(expected);
    }

    [Test]
    public async Task A_reading_ends_at_the_head_it_began_at()
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");
        var read = new List<string>();

        await foreach (var entry in _journal.ReadAsync("p", 1, default))
        {
            read.Add(Text(entry));
            if (entry.Seq == 1)
                await AppendAsync("p", 2, "c");
        }

        read.Should().Equal("1:a", "2:b");
    }

    [Test]
    public async Task A_reading_that_was_given_up_stops()
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");
        using var stopping = new CancellationTokenSource();

        var reading = async () =>
        {
            await foreach (var _ in _journal.ReadAsync("p", 1, stopping.Token))
                await stopping.CancelAsync();
        };

        await reading.Should().ThrowAsync<OperationCanceledException>();
    }

    [Test]
    public async Task Following_gives_what_is_there_and_what_others_append_later()
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "a", "b");
        await using var following = _journal.FollowAsync("p", 2, default).GetAsyncEnumerator();

        (await NextAsync(following)).Should().Be("2:b");
        var next = NextAsync(following);
        await AppendAsync("p", 2, "c", "d");

        (await next, await NextAsync(following)).Should().Be(("3:c", "4:d"));
    }

    [Test]
    public async Task Following_from_beyond_the_head_waits_for_that_seq()
    {
        await OpenAsync("p");
        await using var following = _journal.FollowAsync("p", 2, default).GetAsyncEnumerator();
        var next = NextAsync(following);

        await AppendAsync("p", 0, "a");
        await AppendAsync("p", 1, "b");

        (await next).Should().Be("2:b");
    }

    [Test]
    public async Task Following_is_not_woken_by_another_project()
    {
        await OpenAsync("p");
        await OpenAsync("q");
        await using var following = _journal.FollowAsync("p", 1, default).GetAsyncEnumerator();
        var next = NextAsync(following);

        await AppendAsync("q", 0, "x");
        await AppendAsync("p", 0, "a");

        (await next).Should().Be("1:a");
    }

    [Test]
    public async Task Following_ends_by_cancellation()
    {
        await OpenAsync("p");
        using var stopping = new CancellationTokenSource();
        await using var following = _journal.FollowAsync("p", 1, stopping.Token).GetAsyncEnumerator();
        var next = NextAsync(following);

        await stopping.CancelAsync();

        await FluentActions.Awaiting(() => next).Should().ThrowAsync<OperationCanceledException>();
    }

    [Test]
    public async Task The_memory_of_entries_is_the_callers_again_after_the_append()
    {
        await OpenAsync("p");
        var memory = Line(1, "first").Json.ToArray();
        await _journal.AppendAsync("p", 0, [new(1, memory)], default);

        Line(1, "OTHER").Json.CopyTo(memory);

        (await ReadAsync("p", 1)).Should().Equal("1:first");
    }

    [Test]
    public async Task Projects_are_independent()
    {
        await OpenAsync("p");
        await OpenAsync("q");
        await AppendAsync("p", 0, "a");
        await AppendAsync("q", 0, "x", "y");

        (await ReadAsync("p", 1)).Should().Equal("1:a");
        (await ReadAsync("q", 1)).Should().Equal("1:x", "2:y");
    }

    [Test]
    public async Task Of_many_that_append_at_once_exactly_one_wins_each_seq()
    {
        const int writers = 8;
        const int eachWins = 50;
        await OpenAsync("p");

        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var (won, head) = (0, 0L); won < eachWins;)
            {
                var result = await AppendAsync("p", head, $"w{writer}-{won}");
                head = result.Head;
                if (result.Outcome == AppendOutcome.Committed)
                    won++;
            }
        })));

        var lines = await ReadAsync("p", 1);
        lines.Select(line => line.Split(':')[0]).Should().Equal(Enumerable.Range(1, writers * eachWins).Select(seq => $"{seq}"));
        lines.Select(line => line.Split(':')[1]).Should().OnlyHaveUniqueItems();
    }

    [Test]
    public async Task A_reader_beside_a_writer_sees_gapless_seqs()
    {
        await OpenAsync("p");
        var writing = Task.Run(async () =>
        {
            for (var seq = 1; seq <= 500; seq++)
                await AppendAsync("p", seq - 1, $"{seq}");
        });
        var expected = 1;

        await foreach (var entry in _journal.FollowAsync("p", 1, default))
        {
            Text(entry).Should().Be($"{expected}:{expected}");
            if (expected++ == 500)
                break;
        }

        await writing;
    }

    [Test]
    public async Task Large_batches_of_large_entries_come_back_whole()
    {
        await OpenAsync("p");
        var payloads = Enumerable.Range(1, 1000).Select(i => new string((char)('a' + i % 26), i * 20)).ToArray();

        await AppendAsync("p", 0, payloads);

        (await ReadAsync("p", 1)).Should().Equal(payloads.Select((payload, i) => $"{i + 1}:{payload}"));
    }

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

    // A journal may hold its lines to being JSON objects, so these are.
    private static JournalEntry Line(long seq, string text) => Given.Line(seq, $$"""{"text":"{{text}}"}""");

    private static string Text(JournalEntry entry) => $"{entry.Seq}:{Given.Text(entry.Json.Span)[9..^2]}";

    private ValueTask<JournalHead> OpenAsync(string project) => _journal.OpenAsync(project, default);

    private ValueTask<AppendResult> AppendAsync(string project, long expectedHead, params string[] texts) =>
        _journal.AppendAsync(project, expectedHead, [.. texts.Select((text, i) => Line(expectedHead + 1 + i, text))], default);

    private ValueTask<ProjectState?> LoadAsync(string project, Moment upTo) => _journal.LoadAsync(project, upTo, default);

    private async Task<List<string>> ReadAsync(string project, long from)
    {
        var lines = new List<string>();
        await foreach (var entry in _journal.ReadAsync(project, from, default))
            lines.Add(Text(entry));
        return lines;
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<JournalEntry> following)
    {
        (await following.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Should().BeTrue();
        return Text(following.Current);
    }
}
