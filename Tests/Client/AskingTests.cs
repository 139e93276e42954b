using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

[Parallelizable]
public sealed class AskingTests : ClientBench
{
    [Test]
    public async Task A_question_that_nobody_answers_ends_after_five_seconds_and_the_server_is_told()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var asked = client.QueryAsync(new());
        var ask = await line.HearAsync<ClientMessage.Ask>();

        Server.Time.Advance(TimeSpan.FromSeconds(5));

        (await asked.Invoking(async task => await task).Should().ThrowAsync<EventOnlyTimeoutException>()).Which.Code.Should().Be("timeout");
        (await line.HearAsync<ClientMessage.Cancel>()).Id.Should().Be(ask.Id);
    }

    [Test]
    public async Task A_newer_question_of_the_same_key_ends_the_older_one_whose_answer_finds_nobody()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var older = client.QueryAsync(new(), "search");
        var first = await line.HearAsync<ClientMessage.Ask>();

        var newer = client.QueryAsync(new(), "search");

        await older.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        (await line.HearAsync<ClientMessage.Cancel>()).Id.Should().Be(first.Id);
        var second = await line.HearAsync<ClientMessage.Ask>();
        await line.SayAsync(new ServerMessage.QueryResult(first.Id, 1, [], false), new ServerMessage.QueryResult(second.Id, 7, [], false));
        (await newer).Seq.Should().Be(7);
    }

    [Test]
    public async Task Questions_of_other_keys_and_of_none_live_side_by_side()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var asked = new[] { client.QueryAsync(new(), "a"), client.QueryAsync(new(), "b"), client.QueryAsync(new()), client.QueryAsync(new()) };

        for (var i = 0; i < asked.Length; i++)
            await line.SayAsync(new ServerMessage.QueryResult((await line.HearAsync<ClientMessage.Ask>()).Id, i, [], false));

        (await Task.WhenAll(asked)).Select(page => page.Seq).Should().Equal(0, 1, 2, 3);
    }
}
