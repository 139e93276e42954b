using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

/// <summary>A file journal over a simulated disk, whose events are those of a project, and the states that they come to.</summary>
internal static class StateBench
{
    /// <summary>An event that changes something, by one of three sessions.</summary>
    public static ProjectEvent Event(long seq) => Given.Event(
        seq, $"session-{seq % 3}", seq, seq <= 5
            ? new Change.Created($"card-{seq}", "card", seq, Given.Fields($$"""{"title":"number {{seq}}"}"""))
            : new Change.Patched($"card-{1 + seq % 5}", seq, Given.Fields($$"""{"seq":{{seq}}}""")));

    /// <summary>What the first events come to.</summary>
    public static ProjectState StateAt(long seq)
    {
        var state = ProjectState.Empty;
        for (var next = 1L; next <= seq; next++)
            state = Fold.Apply(state, Event(next));
        return state;
    }

    /// <summary>Appends the events up to a seq that are not there yet, each in a write of its own.</summary>
    public static async Task WriteAsync(this JournalBench bench, long to)
    {
        for (var seq = (await bench.HeadAsync()).Seq + 1; seq <= to; seq++)
            (await bench.Journal.AppendAsync(JournalBench.Project, seq - 1, [Given.Line(Event(seq))], default)).Outcome.Should().Be(AppendOutcome.Committed);
    }

    public static Task KeepAsync(this JournalBench bench, long seq) => bench.Journal.KeepAsync(JournalBench.Project, StateAt(seq), default).AsTask();

    public static Task<long> ForgetAsync(this JournalBench bench, long seq) => bench.Journal.ForgetAsync(JournalBench.Project, seq, default).AsTask();

    public static ValueTask<JournalHead> HeadAsync(this JournalBench bench) => bench.Journal.OpenAsync(JournalBench.Project, default);

    /// <summary>The state of a moment, as a project that opens comes to it: what is kept, and the fold of what follows.</summary>
    public static async Task<ProjectState?> StateAsync(this JournalBench bench, long? at = null)
    {
        var seq = at ?? (await bench.HeadAsync()).Seq;
        var state = await bench.Journal.LoadAsync(JournalBench.Project, Moment.AfterSeq(seq), default);
        if (state is null)
            return null;
        var codec = new WireCodec(WireLimits.Trusted);
        await foreach (var entry in bench.Journal.ReadAsync(JournalBench.Project, state.Seq + 1, default))
        {
            if (entry.Seq <= seq)
                state = Fold.Apply(state, History.Read(codec, JournalBench.Project, entry));
        }
        return state;
    }

    /// <summary>Fails where a state is not what its events come to: entities, sessions, time and hash.</summary>
    public static void ShouldBeWhole(this ProjectState? state, long seq, string because = "")
    {
        var expected = StateAt(seq);
        state.Should().NotBeNull(because);
        (state!.Seq, state.AtMs, state.Hash).Should().Be((seq, expected.AtMs, expected.Hash), because);
        state.Sessions.Should().Equal(expected.Sessions, because);
        state.Entities.Values.Select(entity => entity.ToString()).Should().Equal(expected.Entities.Values.Select(entity => entity.ToString()), because);
    }
}
