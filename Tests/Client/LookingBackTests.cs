using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>Moving about in the past: how little is asked, and what it comes to; and the pace of a replay.</summary>
[Parallelizable, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LookingBackTests
{
    private readonly List<string> _asked = [];
    private Stand _stand = new(1200, 0, "e1");

    [Test]
    public async Task Moving_about_within_500_events_asks_for_nothing_and_a_step_beyond_them_for_two_things()
    {
        var past = Past();

        foreach (var seq in new[] { 701L, 500, 999, 702, 500 })
            (await past.FindAsync(seq, default))!.Value.State.Votes().Should().Be(seq);
        _asked.Should().Equal("at 500", "500 to 999");
        foreach (var seq in new[] { 1000L, 1200, 1 })
            (await past.FindAsync(seq, default))!.Value.Should().Match<(ProjectState State, long? AtMs)>(found => found.State.Votes() == seq && found.AtMs == 1000 + seq);
        _asked.Skip(2).Should().Equal("at 1000", "1000 to 1499", "1 to 499");
    }

    [Test]
    public async Task What_happened_since_a_block_was_read_is_read_when_it_is_looked_at()
    {
        var past = Past();
        await past.FindAsync(1200, default);

        _stand = _stand with { Seq = 1203 };

        (await past.FindAsync(1203, default))!.Value.State.Votes().Should().Be(1203);
        _asked[^1].Should().Be("1201 to 1499");
    }

    [Test]
    public async Task Eight_checkpoints_are_kept_those_looked_at_last_and_none_of_another_journal()
    {
        _stand = _stand with { Seq = 10_000 };
        var past = Past();
        foreach (var seq in new[] { 500L, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 500, 4500, 500 })
            await past.FindAsync(seq, default);
        _asked.Where(question => question.StartsWith("at", StringComparison.Ordinal)).Should().HaveCount(9);

        await past.FindAsync(1000, default);
        _asked.Should().HaveCount(20, "4500 took its place");
        _stand = _stand with { Epoch = "e2" };
        await past.FindAsync(1000, default);
        _asked.Should().HaveCount(22);
    }

    [Test]
    public async Task What_is_no_longer_kept_or_to_come_is_not_found_here()
    {
        _stand = _stand with { Floor = 600 };
        var past = Past();

        (await past.FindAsync(599, default)).Should().BeNull();
        (await past.FindAsync(1201, default)).Should().BeNull();
        (await past.FindAsync(0, default)).Should().BeNull();
        _asked.Should().BeEmpty();
        (await past.FindAsync(600, default))!.Value.AtMs.Should().BeNull();
        (await past.FindAsync(700, default))!.Value.State.Votes().Should().Be(700);
    }

    [Test]
    public async Task A_question_that_failed_is_asked_again_and_who_stops_waiting_takes_nothing_from_others()
    {
        var answer = new TaskCompletionSource<ProjectState>(TaskCreationOptions.RunContinuationsAsynchronously);
        var past = new Checkpoints(() => _stand, (_, _) => answer.Task, (from, to, _) => Task.FromResult(Events(from, to)));
        using var giveUp = new CancellationTokenSource();
        var given = past.FindAsync(700, giveUp.Token);
        var waiting = past.FindAsync(701, default);

        await giveUp.CancelAsync();
        await given.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        answer.SetException(new OfflineException());
        await waiting.Invoking(async task => await task).Should().ThrowAsync<OfflineException>();
        answer = new();
        answer.SetResult(State(500));

        (await past.FindAsync(701, default))!.Value.State.Votes().Should().Be(701);
    }

    [Test]
    public async Task Replay_keeps_the_pace_of_what_happened_and_does_not_drift()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var time = new ManualTime();
        var began = time.GetUtcNow();
        var told = new List<double>();
        var reading = ReadAsync();

        foreach (var pause in new[] { 500, 200, 500 }) // after the second event the reader takes 300 ms
        {
            await time.WaitForTimerAsync(due => due == TimeSpan.FromMilliseconds(pause), deadline.Token);
            time.Advance(TimeSpan.FromMilliseconds(pause));
        }
        await reading;

        told.Should().Equal(0, 500, 1000, 1500);

        async Task ReadAsync()
        {
            await foreach (var happened in Slowly().PaceAsync(2, time, deadline.Token))
            {
                told.Add((time.GetUtcNow() - began).TotalMilliseconds);
                if (happened.Seq == 2)
                    time.Advance(TimeSpan.FromMilliseconds(300));
            }
        }

        static async IAsyncEnumerable<ProjectEvent> Slowly()
        {
            for (var seq = 1; seq <= 4; seq++)
                yield return Given.Event(seq) with { AtMs = seq * 1000 };
            await Task.CompletedTask;
        }
    }

    [Test]
    public async Task Of_several_moments_with_one_key_the_last_wins()
    {
        using var server = new FakeServer();
        var (client, line) = await server.ConnectedAsync();
        await using var _ = client;
        var over = client.AtAsync(5, "slider", server.Deadline);
        await line.HearAsync<ClientMessage.At>();

        var last = client.AtAsync(6, "slider", server.Deadline);
        await over.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        (await line.HearAsync<ClientMessage.Cancel>()).Should().NotBeNull();
        var asked = await line.HearAsync<ClientMessage.At>();
        await line.SayAsync(Said.Part(6, 1, 1) with { Id = asked.Id });

        (await last).Seq.Should().Be(6);
        client.Invoking(c => c.ReplayAsync(1, speed: 0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private Checkpoints Past() => new(
        () => _stand,
        (seq, _) =>
        {
            _asked.Add($"at {seq}");
            return Task.FromResult(State(seq));
        },
        (from, to, _) =>
        {
            _asked.Add($"{from} to {to}");
            return Task.FromResult(Events(from, to));
        });

    private ImmutableArray<ProjectEvent> Events(long from, long to) => [.. Enumerable.Range(1, (int)_stand.Seq).Select(seq => (long)seq)
        .Where(seq => seq >= from && seq <= to && seq > _stand.Floor)
        .Select(seq => Given.Event(seq, seq == 1 ? new Change.Created("c", "counter", 1, Said.Json("""{"votes":1}""")) : new Change.Incremented("c", 1, [new("votes", 1)])))];

    private static ProjectState State(long seq) => ProjectState.FromSnapshot(seq, [new("c", "counter", 1, Said.Json($$"""{"votes":{{seq}}}"""))]);
}
