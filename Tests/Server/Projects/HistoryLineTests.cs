using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable]
public sealed class HistoryLineTests
{
    private const string Project = Given.ProjectId;

    [TestCase("nonsense")]
    [TestCase("""{"type":"joined"}""")]
    [TestCase("""{"type":"teleport","project":"apollo","seq":1,"at":"2026-11-21T08:00:00.000Z","by":"ann","session":"s","n":1}""")]
    public async Task A_line_that_cannot_be_read_is_never_passed_over(string line)
    {
        var journal = Given.AJournal();
        await journal.AppendAsync(Project, 0, [Given.Line(1, line)], CancellationToken.None);
        using var history = new History(journal, new());

        await FluentActions.Awaiting(() => history.AtSeqAsync(Project, ProjectState.FromSnapshot(2, []), 1, default)).Should().ThrowAsync<InvalidDataException>();
        FluentActions.Invoking(() => Given.AProject().Project.CatchUp(new JournalEntry(1, Given.Utf8(line)))).Should().Throw<InvalidDataException>();
    }
}
