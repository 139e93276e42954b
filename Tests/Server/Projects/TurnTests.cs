using EventOnly.Server.Journals;
using EventOnly.Server.Projects;

namespace EventOnly.Tests.Server.Projects;

public sealed class TurnTests
{
    private static readonly AppendResult s_recorded = new(AppendOutcome.Committed, 1);

    [Test]
    public async Task A_turn_says_what_the_journal_said()
    {
        var turn = new Turn();
        turn.Await(ValueTask.FromResult(s_recorded));

        turn.HasEnded.Should().BeTrue();
        (await turn.ResultAsync()).Should().Be(s_recorded);
    }

    [Test]
    public async Task A_turn_that_the_journal_was_not_asked_about_is_not_taken_for_recorded()
    {
        var turn = new Turn();
        turn.Await(ValueTask.FromResult(s_recorded));
        turn.Return();

        await FluentActions.Awaiting(() => turn.ResultAsync().AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }
}
