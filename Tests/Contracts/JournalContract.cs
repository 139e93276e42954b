using EventOnly.Server.Journals;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Contracts;

/// <summary>What every journal promises. A fixture for an implementation derives from it and says how to make one.</summary>
public abstract partial class JournalContract
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
    public async Task Appends_of_a_project_that_are_under_way_together_happen_in_their_order()
    {
        await OpenAsync("p");
        var succession = new Succession();

        var appends = Enumerable.Range(0, 20)
            .Select(head => _journal.AppendAsync("p", head, [Line(head + 1, $"{head}")], succession, default).AsTask()).ToList();

        (await Task.WhenAll(appends)).Select(result => (result.Outcome, result.Head))
            .Should().Equal(Enumerable.Range(1, 20).Select(head => (AppendOutcome.Committed, (long)head)));
        (await ReadAsync("p", 1)).Should().Equal(Enumerable.Range(0, 20).Select(head => $"{head + 1}:{head}"));
    }

    [Test]
    public async Task What_was_decided_on_an_append_that_failed_fails_even_where_the_journal_stands_where_it_expects()
    {
        await OpenAsync("p");
        await AppendAsync("p", 0, "other");
        var succession = new Succession();

        var first = _journal.AppendAsync("p", 0, [Line(1, "a")], succession, default);
        var second = _journal.AppendAsync("p", 1, [Line(2, "b")], succession, default);

        (await first).Outcome.Should().Be(AppendOutcome.Conflict);
        (await second).Outcome.Should().NotBe(AppendOutcome.Committed);
        (await _journal.AppendAsync("p", 1, [Line(2, "late")], succession, default)).Outcome.Should().NotBe(AppendOutcome.Committed);
        (await AppendAsync("p", 1, "c")).Outcome.Should().Be(AppendOutcome.Committed);
        (await ReadAsync("p", 1)).Should().Equal("1:other", "2:c");
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

    // A journal may hold its lines to being JSON objects, so these are.
    private static JournalEntry Line(long seq, string text) => Given.Line(seq, $$"""{"text":"{{text}}"}""");

    private static string Text(JournalEntry entry) => $"{entry.Seq}:{Given.Text(entry.Json.Span)[9..^2]}";

    private ValueTask<JournalHead> OpenAsync(string project) => _journal.OpenAsync(project, default);

    private ValueTask<AppendResult> AppendAsync(string project, long expectedHead, params string[] texts) =>
        _journal.AppendAsync(project, expectedHead, [.. texts.Select((text, i) => Line(expectedHead + 1 + i, text))], default);

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
