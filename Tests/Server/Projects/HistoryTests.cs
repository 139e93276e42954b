using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class HistoryTests
{
    [TestCase(1, 5, 10, 1000, "1 2 3 4 5", false)]
    [TestCase(2, 4, 10, 1000, "2 3 4", false)]
    [TestCase(0, 2, 10, 1000, "1 2", false)]
    [TestCase(1, 5, 2, 1000, "1 2", true)]
    [TestCase(4, 5, 2, 1000, "4 5", false)]
    [TestCase(4, 3, 2, 1000, "", false)]
    [TestCase(6, 9, 2, 1000, "", false)]
    [TestCase(1, 5, 10, 25, "1 2", true, Description = "ten bytes each")]
    [TestCase(1, 5, 10, 1, "1", true, Description = "one at least, however large")]
    public async Task A_page_holds_the_events_asked_for_as_far_as_count_and_bytes_allow(
        long from, long to, int count, int bytes, string expected, bool expectedMore)
    {
        var journal = Given.AJournal();
        await journal.AppendAsync("p", 0, [.. Enumerable.Range(1, 5).Select(seq => Given.Line(seq, $$"""{"seq": {{seq}}}"""))], CancellationToken.None);

        var (events, more) = await History.PageAsync(journal, "p", from, to, count, bytes, CancellationToken.None);

        string.Join(' ', events.Select(line => Given.Text(line.Span)[8..^1])).Should().Be(expected);
        more.Should().Be(expectedMore);
    }

    [Test]
    public async Task The_state_of_a_moment_is_the_fold_of_all_before_it()
    {
        var (journal, story, states) = (Given.AJournal(), new AnyStory(Given.Chance(7)), new List<ProjectState> { ProjectState.Empty });
        while (states.Count < 50)
        {
            if (story.Go() is not { } happened)
                continue;
            await journal.AppendAsync("apollo", happened.Seq - 1, [Given.Line(happened)], CancellationToken.None);
            states.Add(story.State);
        }

        foreach (var expected in states)
        {
            var state = await History.StateAtAsync(journal, "apollo", expected.Seq, CancellationToken.None);
            (state.Seq, state.Hash).Should().Be((expected.Seq, expected.Hash));
        }
    }

    [TestCase("nonsense")]
    [TestCase("""{"type":"joined"}""")]
    [TestCase("""{"type":"teleport","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1}""")]
    public async Task A_line_that_cannot_be_read_is_never_passed_over(string line)
    {
        var journal = Given.AJournal();
        await journal.AppendAsync("apollo", 0, [Given.Line(1, line)], CancellationToken.None);

        await FluentActions.Awaiting(() => History.StateAtAsync(journal, "apollo", 1, CancellationToken.None)).Should().ThrowAsync<InvalidDataException>();
        FluentActions.Invoking(() => Given.AProject().Project.CatchUp(new JournalEntry(1, Given.Utf8(line)))).Should().Throw<InvalidDataException>();
    }
}
