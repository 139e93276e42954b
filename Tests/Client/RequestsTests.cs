using EventOnly.Client;
using EventOnly.Protocol.Wire;

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
            requests.Cancel($"given{i}", new CancellationToken(true)).Should().BeFalse("the server does not know it");
        }
        requests.Cancel("q1", new CancellationToken(true)).Should().BeFalse();

        requests.WaitingCount.Should().Be(1);
        requests.TryTake(Answer("q0"));
        Sent(requests).Should().Equal("q2");
    }

    [Test]
    public void Giving_up_what_was_sent_tells_the_server_and_lets_the_next_one_go()
    {
        var requests = Asked(2, inFlight: 1);
        Sent(requests).Should().Equal("q0");

        requests.Cancel("q0", new CancellationToken(true)).Should().BeTrue();

        Sent(requests).Should().Equal("q1");
    }

    [Test]
    public async Task When_the_line_is_gone_all_fail_and_the_count_starts_again()
    {
        var requests = Asked(Requests.OpenMax - 1, inFlight: 4);
        var last = Ask(requests, "last");
        Sent(requests).Should().HaveCount(4);

        requests.FailAll(new OfflineException());

        await last.Answer.Task.Invoking(async task => await task).Should().ThrowAsync<OfflineException>();
        Ask(requests, "new");
        Sent(requests).Should().Equal("new");
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
