using System.Collections.Concurrent;
using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;
using EventOnly.Tools.Tail;

namespace EventOnly.Tests.Tools;

/// <summary>Where following a project cannot give everything, it says so; where it can later, it waits.</summary>
[Parallelizable]
internal sealed class HolesTests
{
    private readonly ConcurrentQueue<string> _holes = [];
    private readonly ConcurrentQueue<string> _waits = [];
    private readonly ConcurrentQueue<long> _seqs = [];
    private FakeServer _server = null!;

    [SetUp]
    public void Begin()
    {
        _server = new();
        _holes.Clear();
        _waits.Clear();
        _seqs.Clear();
    }

    [TearDown]
    public void End() => _server.Dispose();

    [Test]
    public async Task What_is_no_longer_kept_is_told_and_passed_over()
    {
        var (client, line) = await _server.ConnectedAsync(seq: 300);
        await using var _ = client;

        var running = FollowAsync(client, from: 5, to: 202);
        await AnswerAsync(line, floor: 200, 201, 202);

        await running;
        _seqs.Should().Equal(201, 202);
        _holes.Should().Equal("The events 5 to 200 are no longer kept.");
    }

    [TestCase(300L, 301L, "The events 5 to 300 are no longer kept.")]
    [TestCase(300L, 6L, "The events 5 to 6 are no longer kept.")]
    public async Task Where_nothing_is_kept_that_is_told_at_once(long floor, long to, string told)
    {
        var (client, line) = await _server.ConnectedAsync(seq: 300);
        await using var _ = client;

        var running = FollowAsync(client, from: 5, to: to);
        (await AnswerAsync(line, floor)).To.Should().Be(to);
        await Eventually.IsAsync(() => !_holes.IsEmpty, "it is told");
        if (to > 300)
            await line.SayAsync(Said.Voted(301));

        await running;
        _holes.Should().Equal(told);
        _seqs.Should().Equal(to > 300 ? [301] : []);
    }

    [Test]
    public async Task What_went_while_the_line_was_down_is_told_too()
    {
        var (client, line) = await _server.ConnectedAsync(seq: 10);
        await using var _ = client;
        var running = FollowAsync(client, from: null, to: 201);
        await line.SayAsync(Said.Voted(11));
        await Eventually.IsAsync(() => _seqs.Count == 1, "it follows");

        line.Abort();
        line = await ReconnectAsync(client);
        await WelcomeAsync(line, seq: 201, Said.Epoch);
        await AnswerAsync(line, floor: 200, 201);

        await running;
        _seqs.Should().Equal(11, 201);
        _holes.Should().Equal("The events 12 to 200 are no longer kept.");
    }

    [TestCase(0L)]
    [TestCase(2L)]
    public async Task Another_journal_is_told_and_shown_from_its_first_event_on(long floor)
    {
        var (client, line) = await _server.ConnectedAsync(seq: 10);
        await using var _ = client;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_server.Deadline);
        var running = FollowAsync(client, from: null, to: null, stopping.Token);
        line.Abort();

        line = await ReconnectAsync(client);
        await WelcomeAsync(line, seq: 4, "e2", floor);
        long[] kept = [.. Enumerable.Range(1, 4).Select(seq => (long)seq).Where(seq => seq > floor)];
        (await AnswerAsync(line, floor, kept)).From.Should().Be(floor + 1);
        await line.SayAsync(Said.Voted(5));
        await Eventually.IsAsync(() => _seqs.LastOrDefault() == 5, "it follows");

        await stopping.CancelAsync();
        await running.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        _seqs.Should().Equal([.. kept, 5]);
        _holes.Should().ContainSingle().Which.Should().Contain("another journal").And.Contain("epoch e2").And.Contain($"from event {floor + 1} on");
    }

    [Test]
    public async Task A_page_of_another_journal_is_not_taken_for_the_next_of_this_one()
    {
        var (client, line) = await _server.ConnectedAsync(seq: 4);
        await using var _ = client;
        using var isBack = new ManualResetEventSlim();
        var feed = new EventFeed(
            client,
            happened =>
            {
                _seqs.Enqueue(happened.Seq);
                if (_seqs.Count == 2)
                    isBack.Wait(_server.Deadline); // slow enough for the line to break and come back between two pages
            },
            _holes.Enqueue, _waits.Enqueue);
        var running = Task.Run(() => feed.RunAsync(1, 4, follows: true, _server.Deadline));
        await AnswerAsync(line, 0, 3, [1, 2]);
        await Eventually.IsAsync(() => _seqs.Count == 2, "the first page was given");

        line.Abort();
        line = await ReconnectAsync(client);
        await WelcomeAsync(line, seq: 4, "e2");
        await client.WaitForStateAsync(ConnectionState.Connected, _server.Deadline);
        isBack.Set();
        (await AnswerAsync(line, 0, 3, 4)).From.Should().Be(3, "that was the next page");
        (await AnswerAsync(line, 0, 1, 2, 3, 4)).From.Should().Be(1);

        await running;
        _seqs.Should().Equal(1, 2, 1, 2, 3, 4);
        _holes.Should().ContainSingle();
    }

    [Test]
    public async Task A_server_that_cannot_answer_now_is_asked_again()
    {
        var (client, line) = await _server.ConnectedAsync(seq: 2);
        await using var _ = client;
        var running = FollowAsync(client, from: 1, to: 2);
        foreach (var code in new[] { ErrorCode.Unavailable, ErrorCode.RateLimited })
        {
            var asked = await line.HearAsync<ClientMessage.History>();
            await line.SayAsync(new ServerMessage.Error(asked.Id, code, "Not \u202enow.", RetryAfterMs: 1));
        }
        await AnswerAsync(line, 0, 1, 2);

        await running;
        _seqs.Should().Equal(1, 2);
        _waits.Should().Equal("unavailable: Not \\u202enow. Asking again.");
        _holes.Should().BeEmpty();
    }

    [Test]
    public async Task A_refusal_that_stays_one_ends_it()
    {
        var (client, line) = await _server.ConnectedAsync(seq: 2);
        await using var _ = client;
        var running = FollowAsync(client, from: 1, to: 2);
        var asked = await line.HearAsync<ClientMessage.History>();

        await line.SayAsync(new ServerMessage.Error(asked.Id, ErrorCode.Forbidden, "No."));

        (await running.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("forbidden");
    }

    private Task FollowAsync(EventOnlyClient client, long? from, long? to, CancellationToken? ct = null) =>
        new EventFeed(client, happened => _seqs.Enqueue(happened.Seq), _holes.Enqueue, _waits.Enqueue).RunAsync(from, to, follows: true, ct ?? _server.Deadline);

    private async Task<FakeLine> ReconnectAsync(EventOnlyClient client)
    {
        await client.WaitForStateAsync(ConnectionState.Reconnecting, _server.Deadline);
        await Eventually.IsAsync(() =>
        {
            _server.Time.Advance(TimeSpan.FromSeconds(1));
            return _server.Dialled == 2;
        }, "it dials again");
        return await _server.AcceptAsync();
    }

    private static async Task WelcomeAsync(FakeLine line, long seq, string epoch, long floor = 0)
    {
        var join = await line.GreetAsync();
        await line.SayAsync(Said.Joined(join.Id, seq, epoch: epoch) with { Floor = floor }, Said.Snapshot(seq));
    }

    private static Task<HistoryQuery> AnswerAsync(FakeLine line, long floor, params long[] seqs) => AnswerAsync(line, floor, null, seqs);

    private static async Task<HistoryQuery> AnswerAsync(FakeLine line, long floor, long? next, long[] seqs)
    {
        var asked = await line.HearAsync<ClientMessage.History>();
        ImmutableArray<ReadOnlyMemory<byte>> events = [.. seqs.Select(seq => Given.Line(Given.Event(seq, new Change.Deleted("a"))).Json)];
        await line.SayAsync(new ServerMessage.HistoryResult(asked.Id, events, floor, next is not null, next));
        return asked.Query;
    }
}
