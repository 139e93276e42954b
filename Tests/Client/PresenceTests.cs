using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

[Parallelizable]
public sealed class PresenceTests : ClientBench
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50);

    [Test]
    public void It_is_said_at_once_and_then_once_in_a_period_the_newest_only()
    {
        var pacer = new PresencePacer(s_period);
        pacer.Joined(2);
        pacer.Set(Said.Json("""{"x":1}"""));
        pacer.Next(TimeSpan.Zero, out _)!.ToString().Should().Be("""{"x":1}""");

        pacer.Set(Said.Json("""{"x":2}"""));
        pacer.Set(Said.Json("""{"x":3}"""));

        pacer.Next(TimeSpan.FromMilliseconds(20), out var wait).Should().BeNull();
        wait.Should().Be(TimeSpan.FromMilliseconds(30));
        pacer.Next(s_period, out _)!.ToString().Should().Be("""{"x":3}""");
        pacer.Next(s_period * 2, out _).Should().BeNull("it has been said");
    }

    [Test]
    public void To_nobody_only_the_first_is_said_and_the_newest_when_somebody_comes()
    {
        var pacer = new PresencePacer(s_period);
        pacer.Joined(1);
        pacer.Set(Said.Json("""{"x":1}"""));
        pacer.Next(TimeSpan.Zero, out _).Should().NotBeNull();

        pacer.Set(Said.Json("""{"x":2}"""));
        pacer.Next(TimeSpan.FromSeconds(1), out var wait).Should().BeNull();
        wait.Should().BeNull();
        pacer.Seen();

        pacer.Next(TimeSpan.FromSeconds(1), out _)!.ToString().Should().Be("""{"x":2}""");
    }

    [Test]
    public async Task Setting_changes_what_it_names_and_removes_what_is_null()
    {
        var (client, line) = await ConnectedAsync(Server.Options with { Presence = Said.Json("""{"card":"c","view":"board"}""") });
        await using var _ = client;

        await client.Presence.SetAsync(Said.Json("""{"card":null,"typing":true}"""));

        (await line.HearAsync<ClientMessage.SetPresence>()).Data.ToString().Should().Be("""{"typing":true,"view":"board"}""");
    }

    [Test]
    public async Task More_than_the_server_takes_is_refused_here()
    {
        var (client, _) = await ConnectedAsync();
        await using var __ = client;

        await client.Invoking(c => c.Presence.SetAsync(Said.Json($$"""{"x":"{{new string('x', 2100)}}"}"""))).Should().ThrowAsync<RejectedException>();
    }

    [Test]
    public async Task The_others_are_grouped_by_user_as_active_as_the_most_active()
    {
        var (client, line) = await ConnectedAsync();
        await using var _ = client;

        await line.SayAsync(Presence(joined: [Other("s1", "bob", """{"activity":"away"}"""), Other("s2", "bob", """{"activity":"idle"}"""), Other("s3", "ann")]));
        await client.WaitUntilAsync(() => client.Others.Count == 3, Server.Deadline);

        client.Presence.Users.Select(user => (user.UserName, user.Activity, user.Sessions.Length)).Should().Equal(("ann", UserActivity.Active, 1), ("bob", UserActivity.Idle, 2));
    }

    [Test]
    public async Task Who_came_went_and_changed_is_told_and_a_whole_list_takes_the_place_of_what_was_known()
    {
        var (client, line) = await ConnectedAsync();
        await using var _ = client;
        await using var news = client.Presence.ChangesAsync().GetAsyncEnumerator(Server.Deadline);

        await line.SayAsync(
            Presence(joined: [Other("s1", "bob"), Other(Said.Me, "me")]), Presence(changed: [new("s1", Said.Json("""{"x":1}"""))]),
            Presence(whole: [Other("s2", "cid"), Other(Said.Me, "me")]));

        (await NextAsync(news)).Joined.Single().UserName.Should().Be("bob");
        (await NextAsync(news)).Changed.Single().Data.ToString().Should().Be("""{"x":1}""");
        var last = await NextAsync(news);
        (last.Joined.Single().Session, last.Left.Single()).Should().Be(("s2", "s1"));
        client.Others.Keys.Should().Equal("s2");
    }

    [Test]
    public async Task When_the_line_breaks_they_are_stale_at_once_and_gone_when_it_counts_as_lost()
    {
        var (client, line) = await ConnectedAsync();
        await using var _ = client;
        await line.SayAsync(Presence(joined: [Other("s1", "bob")]));
        await client.WaitUntilAsync(() => client.Others.Count == 1, Server.Deadline);
        Server.IsDown = true;

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        (client.Presence.IsStale, client.Others.Count).Should().Be((true, 1));
        Server.Time.Advance(Server.Options.LostAfter);

        client.Others.Should().BeEmpty();
    }

    [Test]
    public async Task Who_is_back_soon_sees_them_as_they_are()
    {
        var (client, line) = await ConnectedAsync();
        await using var _ = client;
        await line.SayAsync(Presence(joined: [Other("s1", "bob")]));
        await client.WaitUntilAsync(() => client.Others.Count == 1, Server.Deadline);

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        Server.Time.Advance(TimeSpan.FromSeconds(1));
        line = await Server.AcceptAsync();
        var join = await line.GreetAsync();
        await line.SayAsync(Said.Joined(join.Id, 1, recovered: true) with { Members = [Other("s1", "bob")], MemberCount = 2 });
        await client.WaitForStateAsync(ConnectionState.Connected, Server.Deadline);
        Server.Time.Advance(TimeSpan.FromSeconds(5));

        (client.Presence.IsStale, client.Others.Count).Should().Be((false, 1));
    }

    private async Task<(EventOnlyClient Client, FakeLine Line)> ConnectedAsync(ClientOptions? options = null)
    {
        var connecting = Server.ConnectAsync(options);
        var line = await Server.AcceptAsync();
        var join = await line.GreetAsync();
        await line.SayAsync(Said.Joined(join.Id, 1) with { MemberCount = 2 }, Said.Snapshot(1));
        return (await connecting, line);
    }

    private static async Task<PresenceNews> NextAsync(IAsyncEnumerator<PresenceNews> news)
    {
        (await news.MoveNextAsync()).Should().BeTrue();
        return news.Current;
    }

    private static PresentMember Other(string session, string name, string data = "{}") => new(session, name, Said.Json(data));

    private static ServerMessage.Presence Presence(
        PresentMember[]? joined = null, PresenceChange[]? changed = null, PresentMember[]? whole = null) =>
        new("p", [.. joined ?? []], [], [.. changed ?? []], whole is null ? null : ImmutableArray.Create(whole));
}
