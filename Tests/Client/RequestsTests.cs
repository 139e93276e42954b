using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class RequestsTests
{
    [Test]
    public void No_more_than_the_server_allows_are_sent_and_the_others_follow_in_order()
    {
        var requests = Asked(3, inFlight: 2);

        Sent(requests).Should().Equal("q0", "q1");
        requests.TryTake(Answer("q1"));

        Sent(requests).Should().Equal("q2");
    }

    [Test]
    public void Questions_without_an_answer_are_bounded()
    {
        var requests = Asked(Requests.OpenMax, inFlight: 4);
        Sent(requests).Should().HaveCount(4);

        requests.Invoking(full => Ask(full, "more")).Should().Throw<QueueFullException>();
        requests.TryTake(Answer("q0"));

        requests.Invoking(free => Ask(free, "more")).Should().NotThrow();
    }

    [Test]
    public void Who_gives_up_while_waiting_leaves_at_once_and_is_not_sent()
    {
        var requests = Asked(3, inFlight: 1);
        Sent(requests).Should().Equal("q0");

        for (var i = 0; i < 3 * Requests.OpenMax; i++)
        {
            Ask(requests, $"given{i}");
            requests.GiveUp($"given{i}", new OperationCanceledException(new CancellationToken(true))).Should().BeFalse("the server does not know it");
        }
        requests.GiveUp("q1", new OperationCanceledException(new CancellationToken(true))).Should().BeFalse();

        requests.WaitingCount.Should().Be(1);
        requests.TryTake(Answer("q0"));
        Sent(requests).Should().Equal("q2");
    }

    [Test]
    public void Giving_up_what_was_sent_tells_the_server_and_its_answer_lets_the_next_one_go()
    {
        var requests = Asked(3, inFlight: 1);
        Sent(requests).Should().Equal("q0");

        requests.GiveUp("q0", new OperationCanceledException(new CancellationToken(true))).Should().BeTrue();
        requests.GiveUp("q0", new OperationCanceledException(new CancellationToken(true))).Should().BeFalse("it was told already");

        Sent(requests).Should().BeEmpty("the server still works on it");
        requests.TryTake(new ServerMessage.Error("q0", ErrorCode.Cancelled, "m")).Should().BeTrue();
        Sent(requests).Should().Equal("q1");
        requests.TryTake(new ServerMessage.Error("q0", ErrorCode.Cancelled, "m"));
        Sent(requests).Should().BeEmpty("one place was freed, once");
    }

    [Test]
    public void A_given_up_question_that_is_answered_in_parts_keeps_its_place_until_the_last()
    {
        var requests = Asked(2, inFlight: 1);
        Sent(requests).Should().Equal("q0");
        requests.GiveUp("q0", new OperationCanceledException(new CancellationToken(true)));

        requests.TryTake(Said.Part(1, 1, 2) with { Id = "q0" });
        Sent(requests).Should().BeEmpty();
        requests.TryTake(Said.Part(1, 2, 2) with { Id = "q0" });

        Sent(requests).Should().Equal("q1");
    }

    [Test]
    public void A_given_up_validation_keeps_its_place_though_it_cannot_be_cancelled()
    {
        var requests = new Requests { InFlightMax = 1 };
        requests.Ask("v0", new ClientMessage.Validate("v0", "p", Said.Vote()));
        Ask(requests, "q1");
        requests.Next().Should().BeOfType<ClientMessage.Validate>();

        requests.GiveUp("v0", new OperationCanceledException(new CancellationToken(true))).Should().BeFalse("there is nothing to tell");

        Sent(requests).Should().BeEmpty();
        requests.TryTake(new ServerMessage.Verdict("v0", null));
        Sent(requests).Should().Equal("q1");
    }

    [Test]
    public async Task A_refusal_tells_when_to_ask_again()
    {
        var requests = new Requests();
        var request = Ask(requests, "q0");
        requests.Next();

        requests.TryTake(new ServerMessage.Error("q0", ErrorCode.Unavailable, "m", RetryAfterMs: 250));

        (await request.Answer.Task.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.RetryAfter.Should().Be(TimeSpan.FromMilliseconds(250));
    }

    [Test]
    public async Task When_the_line_is_gone_all_fail_and_the_count_starts_again()
    {
        var requests = Asked(Requests.OpenMax - 1, inFlight: 4);
        var last = Ask(requests, "last");
        Sent(requests).Should().HaveCount(4);
        requests.GiveUp("q0", new OperationCanceledException(new CancellationToken(true)));

        requests.FailAll(new OfflineException());

        await last.Answer.Task.Invoking(async task => await task).Should().ThrowAsync<OfflineException>();
        string[] places = ["new0", "new1", "new2", "new3"];
        foreach (var id in places)
            Ask(requests, id);
        Sent(requests).Should().Equal(places);
        requests.TryTake(Answer("q0")); // an id of before frees nothing
        Ask(requests, "new4");
        Sent(requests).Should().BeEmpty();
    }

    private static Requests Asked(int count, int inFlight)
    {
        var requests = new Requests { InFlightMax = inFlight };
        for (var i = 0; i < count; i++)
            Ask(requests, $"q{i}");
        return requests;
    }

    private static Requests.Request Ask(Requests requests, string id) => requests.Ask(id, new ClientMessage.Ask(id, "p", new Query()));

    private static ServerMessage.QueryResult Answer(string id) => new(id, 1, [], false);

    private static List<string> Sent(Requests requests)
    {
        var sent = new List<string>();
        while (requests.Next() is ClientMessage.Ask ask)
            sent.Add(ask.Id);
        return sent;
    }
}
