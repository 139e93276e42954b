using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class ProjectStateTests
{
    // Sessions are looked through at every 1024th event.
    private const long LastKeptAt = (ProjectState.SessionEventsKept + 1) / 1024 * 1024;
    private const long FirstForgottenAt = LastKeptAt + 1024;

    [Test]
    public void A_session_that_changes_nothing_for_long_is_forgotten()
    {
        var state = Fold.Apply(ProjectState.Empty, Given.Event(1, "quiet", 1, new Change.Deleted("x")));

        state = Fold.Apply(state, Given.Event(FirstForgottenAt, "loud", 1, new Change.Deleted("x")));

        state.Sessions.Keys.Should().Equal("loud");
    }

    [Test]
    public void A_session_is_remembered_for_as_many_events_as_promised()
    {
        var state = Fold.Apply(ProjectState.Empty, Given.Event(1, "quiet", 1, new Change.Deleted("x")));

        state = Fold.Apply(state, Given.Event(LastKeptAt, "loud", 1, new Change.Deleted("x")));

        state.StandingOf("quiet", 1).Should().Be(Standing.Taken);
    }

    [Test]
    public void Two_replicas_forget_at_the_same_event()
    {
        var (quiet, loud) = (Given.Event(1, "quiet", 1, new Change.Deleted("x")), Given.Event(FirstForgottenAt, "loud", 1, new Change.Deleted("x")));

        var states = Enumerable.Range(0, 2).Select(_ => Fold.Apply(Fold.Apply(ProjectState.Empty, quiet), loud)).ToArray();

        states[0].Sessions.Should().Equal(states[1].Sessions);
    }

    [Test]
    public void A_replica_that_folds_the_written_events_ends_as_the_one_that_decided_them([Range(1, 30)] int seed)
    {
        var (story, codec, replica) = (new AnyStory(Given.Chance(seed)), new EventOnly.Protocol.Wire.WireCodec(EventOnly.Protocol.Wire.WireLimits.Trusted), ProjectState.Empty);
        for (var i = 0; i < 200; i++)
        {
            if (story.Go() is { } happened)
                replica = Fold.Apply(replica, codec.TryDecodeEvent(Given.Line(happened).Json.Span)!);
        }

        replica.Hash.Should().Be(story.State.Hash);
        replica.Sessions.Should().Equal(story.State.Sessions);
    }
}
