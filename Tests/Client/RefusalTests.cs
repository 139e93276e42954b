using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>What a client does when the server refuses it a join or a command, or would.</summary>
public sealed class RefusalTests : ClientBench
{
    [Test]
    public async Task A_conflict_may_come_without_the_entity()
    {
        var troubles = new List<string>();
        var (client, line) = await Server.ConnectedAsync(
            Server.Options with { OnTrouble = trouble => troubles.Add(trouble.Code) }, entities: Said.Card("c", "{}"));
        await using var _ = client;
        var updating = client.UpdateAsync("c", Said.Json("""{"x":1}"""), ifVersion: 9, Server.Deadline);
        await line.HearAsync<ClientMessage.Submit>();

        await line.SayAsync("""{"type":"reject","project":"p","n":1,"code":"conflict","message":"No.","retryable":false}""");

        var thrown = (await updating.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which;
        (thrown.Code, thrown.Current).Should().Be(("conflict", null));
        client.PendingCount.Should().Be(0);
        troubles.Should().BeEmpty();
    }

    [Test]
    public async Task A_command_over_the_message_limit_is_never_sent_and_fails_with_what_depends_on_it()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        var creating = client.CreateAsync("card", Said.Json($$"""{"text":"{{new string('x', 65536)}}"}"""), "big", Server.Deadline);
        var updating = client.UpdateAsync("big", Said.Json("""{"x":1}"""), ct: Server.Deadline);
        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);

        client.Heal();
        var again = await ReconnectAsync();
        var join = await again.GreetAsync();
        await again.SayAsync(Said.Joined(join.Id, 1, recovered: true));

        (await again.HearAsync<ClientMessage.Submit>()).N.Should().Be(1, "nothing else is sent, and what is not sent uses up no number");
        await RefusedAsync(creating, "too_large");
        await RefusedAsync(updating, "too_large");
        client.Store.Get("big").Should().BeNull();
        client.PendingCount.Should().Be(1);
        await again.SayAsync(Said.Voted(2, Said.Me));
        await voting;
    }

    [TestCase(ErrorCode.Unavailable)]
    [TestCase(ErrorCode.RateLimited)]
    public async Task A_join_that_is_refused_for_now_is_tried_again_after_the_pause_the_server_asks_for(ErrorCode code)
    {
        var connecting = Server.ConnectAsync();
        var first = await Server.AcceptAsync();
        var join = await first.GreetAsync();

        await first.SayAsync(new ServerMessage.Error(join.Id, code, "Not now.", RetryAfterMs: 60_000));
        await Server.Time.WaitForTimerAsync(due => due >= TimeSpan.FromSeconds(60), Server.Deadline);
        Server.Time.Advance(TimeSpan.FromSeconds(59));
        Server.Dialled.Should().Be(1);
        Server.Time.Advance(TimeSpan.FromSeconds(4));
        await (await Server.AcceptAsync()).WelcomeAsync(1);

        await using var client = await connecting;
        client.State.Should().Be(ConnectionState.Connected);
    }

    [Test]
    public async Task A_rejoin_that_is_refused_for_now_keeps_the_commands_and_is_tried_again()
    {
        var (client, line) = await Server.ConnectedAsync(entities: Said.Card("c", "{}"));
        await using var _ = client;
        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        var voting = client.IncrementAsync("c", "votes", ct: Server.Deadline);

        var refused = await ReconnectAsync();
        var join = await refused.GreetAsync();
        await refused.SayAsync(new ServerMessage.Error(join.Id, ErrorCode.Unavailable, "Not now.", RetryAfterMs: 60_000));
        await PassPauseAsync(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(63));
        var again = await Server.AcceptAsync();
        var rejoin = await again.GreetAsync();
        await again.SayAsync(Said.Joined(rejoin.Id, 1, recovered: true));
        await again.HearAsync<ClientMessage.Submit>();
        await again.SayAsync(Said.Voted(2, Said.Me, 1));

        (await voting).Seq.Should().Be(2);
        rejoin.Id.Should().NotBe(join.Id);
    }

    [TestCase(ErrorCode.TooLarge, "too_large")]
    [TestCase(ErrorCode.Forbidden, "forbidden")]
    public async Task A_join_that_is_refused_for_good_is_not_tried_again(ErrorCode code, string word)
    {
        var connecting = Server.ConnectAsync();
        var line = await Server.AcceptAsync();
        var join = await line.GreetAsync();

        await line.SayAsync(new ServerMessage.Error(join.Id, code, "No."));

        (await connecting.Invoking(async task => await task).Should().ThrowAsync<ClosedException>()).Which.Code.Should().Be(word);
        Server.Dialled.Should().Be(1);
    }

    private static async Task RefusedAsync(Task task, string code) =>
        (await task.Invoking(async refused => await refused).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be(code);

    /// <summary>Lets the pause before the next attempt pass. No other timer is that short.</summary>
    private async Task<FakeLine> ReconnectAsync()
    {
        await PassPauseAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        return await Server.AcceptAsync();
    }

    private async Task<TimeSpan> PassPauseAsync(TimeSpan min, TimeSpan max)
    {
        TimeSpan pause = default;
        await Server.Time.WaitForTimerAsync(due => (pause = due) >= min && due <= max, Server.Deadline);
        Server.Time.Advance(pause);
        return pause;
    }
}
