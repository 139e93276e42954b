using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class StateBuilderTests
{
    [Test]
    public void Many_events_folded_together_give_what_they_give_one_by_one([Range(1, 20)] int seed)
    {
        var (chance, story) = (Given.Chance(seed), new AnyStory(Given.Chance(seed)));
        var (begin, builder) = (story.State, new StateBuilder(story.State));
        for (var step = 0; step < 300; step++)
        {
            if (story.Go() is { } happened)
                builder.Apply(happened);
            switch (chance.Next(20))
            {
                case 0: // a look between
                    ShouldBeTheSame(builder.ToState(), story.State);
                    break;
                case 1: // another builder goes on where this one stands
                    (begin, builder) = (story.State, new StateBuilder(builder.ToState()));
                    break;
            }
        }

        ShouldBeTheSame(builder.ToState(), story.State);
        new StateBuilder(begin).ToState().Hash.Should().Be(begin.Hash, "what a builder began with stays as it was");
    }

    [Test]
    public void Sessions_are_forgotten_at_the_same_events()
    {
        var (state, builder) = (ProjectState.Empty, new StateBuilder(ProjectState.Empty));
        var late = new StateBuilder(ProjectState.Empty);
        for (var seq = 1L; seq <= 2 * ProjectState.SessionEventsKept + 5000; seq++)
        {
            // Some that fall silent, some that come back after they were forgotten, and one that is always there.
            var session = seq % 5000 == 0 ? $"rare-{seq % 115_000}" : seq < 900 ? $"early-{seq}" : "always";
            var happened = Given.Event(seq, session, seq, new Change.Deleted("x"));
            state = Fold.Apply(state, happened);
            builder.Apply(happened);
            if (seq % 1024 is 0 or 1 && seq > ProjectState.SessionEventsKept)
                builder.ToState().Sessions.Should().Equal(state.Sessions);
            if (seq == ProjectState.SessionEventsKept)
                late = new(state);
            else if (seq > ProjectState.SessionEventsKept)
                late.Apply(happened);
        }

        state.Sessions.Should().NotContainKey("early-5").And.ContainKey("always");
        late.ToState().Sessions.Should().Equal(state.Sessions, "it does not matter where the folding began");
    }

    private static void ShouldBeTheSame(ProjectState built, ProjectState folded)
    {
        (built.Seq, built.AtMs, built.Hash, built.DataBytes).Should().Be((folded.Seq, folded.AtMs, folded.Hash, folded.DataBytes));
        built.Sessions.Should().Equal(folded.Sessions);
        built.Entities.Keys.Should().Equal(folded.Entities.Keys);
        foreach (var (id, entity) in built.Entities)
            entity.ToString().Should().Be(folded.Entities[id].ToString());
    }
}
