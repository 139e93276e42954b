using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Projects;

[Parallelizable(ParallelScope.All)]
public sealed class LiveStateTests
{
    [Test]
    public void It_is_what_folding_one_by_one_gives_whatever_is_recorded_taken_back_and_read([Range(1, 30)] int seed)
    {
        var chance = Given.Chance(seed);
        var story = new AnyStory(Given.Chance(seed));
        for (var step = 0; step < 50; step++)
            story.Go();
        var (live, recorded, decided) = (new LiveState(story.State), story.State, story.State);
        var underWay = new Queue<(int Steps, ProjectEvent[] Events)>();
        var given = new List<(ProjectState State, string Content)>();

        for (var turn = 0; turn < 200; turn++)
        {
            switch (chance.Next(12))
            {
                case 0:
                    live.Return();
                    underWay.Clear();
                    decided = recorded;
                    break;
                case 1:
                    live.Tidy();
                    break;
                case 2 when underWay.Count == 0: // another writer
                    foreach (var other in Events(chance, recorded, 3))
                    {
                        live.Apply(other);
                        recorded = Fold.Apply(recorded, other);
                    }
                    decided = recorded;
                    break;
                case 3:
                    given.Add((live.Recorded, Content(recorded)));
                    break;
                case > 7 when underWay.TryDequeue(out var oldest):
                    live.Record(oldest.Steps, [.. oldest.Events.Select(Head)]);
                    recorded = oldest.Events.Aggregate(recorded, Fold.Apply);
                    break;
                default:
                    var (events, before) = (Events(chance, decided, 5), Steps(live));
                    foreach (var happened in events)
                    {
                        live.Decided.Apply(happened);
                        decided = Fold.Apply(decided, happened);
                    }
                    underWay.Enqueue((live.StepCount - before, events));
                    break;
            }
            (live.Seq, live.EntityCount, live.DataBytes).Should().Be((recorded.Seq, recorded.Entities.Count, recorded.DataBytes));
            live.Decided.Seq.Should().Be(decided.Seq);
            if (chance.Next(5) == 0)
                Content(live.Decided.ToState()).Should().Be(Content(decided));
        }

        Content(live.Recorded).Should().Be(Content(recorded));
        foreach (var (state, content) in given)
            Content(state).Should().Be(content, "what was given away does not change");
    }

    [Test]
    public void Batches_that_are_refused_leave_nothing_behind()
    {
        var live = new LiveState(Given.State(Given.Entity("a")));
        var changes = new List<Change>();

        for (var i = 0; i < 3000; i++)
        {
            var before = live.StepCount;
            var batch = new Command.Batch([Given.Create($"x{i}"), Given.Create($"y{i}"), Given.Delete("nobody")]);
            Decider.Decide(live.Decided, batch, live.Seq + 1, StateLimits.Default, changes).Should().NotBeNull();
            live.Record(live.StepCount - before, []);
        }

        (live.StepCount, live.Waiting, live.EntityCount).Should().Be((0, 0, 1));
    }

    [Test]
    public void Reading_makes_one_state_for_all_that_was_recorded_and_none_where_nothing_was()
    {
        var live = new LiveState(Given.State(Given.Entity("a")));

        live.Recorded.Should().BeSameAs(live.Recorded);
        Record(live, new Change.Deleted("a"));

        live.Recorded.Should().BeSameAs(live.Recorded);
        live.Recorded.Entities.Should().BeEmpty();
    }

    [Test]
    public void What_nobody_reads_is_made_a_state_of_now_and_then_so_that_little_waits()
    {
        var live = new LiveState(ProjectState.Empty);
        for (var i = 0; i < 10_000; i++)
        {
            Record(live, new Change.Created($"e-{i}", "card", live.Seq + 1, JsonFields.Empty));
            live.Waiting.Should().BeLessThanOrEqualTo(1024, "of a small project");
        }

        live.Recorded.Entities.Should().HaveCount(10_000);
    }

    private static void Record(LiveState live, Change change)
    {
        var happened = Given.Event(live.Decided.Seq + 1, "ann", live.Decided.Seq + 1, change);
        live.Decided.Apply(happened);
        live.Record(live.StepCount, [Head(happened)]);
    }

    /// <summary>How many steps there are once it is about to decide.</summary>
    private static int Steps(LiveState live)
    {
        _ = live.Decided;
        return live.StepCount;
    }

    private static EventHead Head(ProjectEvent happened) => new(happened.Seq, happened.AtMs, happened.By, happened.Session, happened.N);

    /// <summary>A few events that may follow a state.</summary>
    private static ProjectEvent[] Events(Random chance, ProjectState state, int max)
    {
        var events = new ProjectEvent[chance.Next(max + 1)];
        for (var i = 0; i < events.Length; i++)
        {
            var (seq, id) = (state.Seq + 1, $"e-{chance.Next(30)}");
            Change change = chance.Next(4) switch
            {
                0 => new Change.Created(id, "card", seq, JsonFields.Parse(Given.Utf8(AnyJson.Fields(chance, 3)))),
                1 => new Change.Deleted(id),
                2 => new Change.Incremented(id, seq, [new("votes", 1)]),
                _ => new Change.Patched(id, seq, JsonFields.Parse(Given.Utf8(AnyJson.Fields(chance, 2)))),
            };
            events[i] = Given.Event(seq, $"s-{chance.Next(4)}", seq, change);
            state = Fold.Apply(state, events[i]);
        }
        return events;
    }

    private static string Content(ProjectState state) => string.Join('\n',
        state.Entities.Values.Select(entity => entity.ToString())
            .Concat(state.Sessions.Select(session => session.ToString()))
            .Append($"{state.Seq} {state.AtMs} {state.Hash} {state.DataBytes} {state.Entities.Count}"));
}
