using System.Text.Json;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>What a line does beside connecting and coming back.</summary>
[Parallelizable]
public sealed class LineRulesTests : ClientBench
{
    [Test]
    public void The_moves_of_a_line_are_those_that_both_clients_share()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("Tests", "Golden", "line.json")));
        var moves = Enum.GetValues<ConnectionState>().ToDictionary(Word, state => Enum.GetValues<LineMove>()
            .Where(move => LineMoves.After(state, move) is not null).ToDictionary(Word, move => Word(LineMoves.After(state, move)!.Value)));

        moves.Should().BeEquivalentTo(golden.RootElement.GetProperty("moves").Deserialize<Dictionary<string, Dictionary<string, string>>>());

        static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
    }

    [Test]
    public async Task A_gap_in_the_events_is_mended_by_leaving_and_joining_again_on_the_same_line()
    {
        var troubles = new List<string>();
        var (client, line) = await Server.ConnectedAsync(Server.Options with { OnTrouble = trouble => troubles.Add(trouble.Code) });
        await using var _ = client;

        await line.SayAsync(Said.Created(3, "b"));
        await line.HearAsync<ClientMessage.Leave>();
        var join = await line.HearAsync<ClientMessage.Join>();
        await line.SayAsync(Said.Joined(join.Id, 3, recovered: true), Said.Created(2, "a"), Said.Created(3, "b"));
        await client.WaitForSeqAsync(3, Server.Deadline);

        join.Since!.Value.Seq.Should().Be(1);
        client.State.Should().Be(ConnectionState.Connected);
        client.Store.View.Ids().Should().Equal("a", "b");
        troubles.Should().Equal("gap");
        Server.Dialled.Should().Be(1);
    }

    [Test]
    public async Task A_rejoin_that_is_not_answered_costs_the_line()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { ConnectTimeout = TimeSpan.FromSeconds(7) });
        await using var _ = client;
        await line.SayAsync(Said.Created(3, "b"));
        await line.HearAsync<ClientMessage.Leave>();

        await Server.Time.WaitForTimerAsync(due => due == TimeSpan.FromSeconds(7), Server.Deadline);
        Server.Time.Advance(TimeSpan.FromSeconds(7));

        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
    }

    [Test]
    public async Task What_is_not_JSON_is_survived_and_what_has_the_wrong_shape_is_made_good_by_a_snapshot_on_a_new_line()
    {
        var troubles = new List<string>();
        var (client, line) = await Server.ConnectedAsync(Server.Options with { OnTrouble = trouble => troubles.Add(trouble.Code) });
        await using var _ = client;

        await line.SayAsync("{");
        await line.SayAsync("""{"type":"tomorrow","x":1}""");
        await line.SayAsync(Said.Created(2, "a"));
        await client.WaitForSeqAsync(2, Server.Deadline);
        client.State.Should().Be(ConnectionState.Connected);
        await line.SayAsync("""{"type":"update"}""");
        await PassPauseAsync(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var join = await (await Server.AcceptAsync()).GreetAsync();

        join.Since.Should().BeNull("the state may lack what could not be read");
        troubles.Should().Equal("bad_frame", "bad_frame");
    }

    [Test]
    public async Task A_client_is_idle_until_it_is_to_connect_and_its_commands_wait()
    {
        await using var client = EventOnlyClient.Create(new Uri("ws://server/ws"), Server.Options);
        var creating = client.CreateAsync("card", JsonFields.Empty, "a", Server.Deadline);
        client.State.Should().Be(ConnectionState.Idle);
        client.Store.View.Ids().Should().Equal("a");
        Server.Dialled.Should().Be(0);

        client.Connect();
        client.Connect();
        var line = await Server.AcceptAsync();
        await line.WelcomeAsync(0);
        await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(Said.Created(1, "a", session: Said.Me));

        (await creating).Seq.Should().Be(1);
        await client.ReadyAsync(Server.Deadline);
        Server.Dialled.Should().Be(1);
    }

    [Test]
    public async Task Connect_after_disconnect_resumes_the_same_session_from_where_it_stood()
    {
        var (client, line) = await Server.ConnectedAsync(seq: 7);
        await using var _ = client;
        var changes = client.StateChangesAsync();
        var lost = client.CreateAsync("card", JsonFields.Empty, ct: Server.Deadline);

        await client.DisconnectAsync();
        client.State.Should().Be(ConnectionState.Disconnected);
        await lost.Invoking(async task => await task).Should().ThrowAsync<ClosedException>();
        client.Connect();
        client.State.Should().Be(ConnectionState.Reconnecting);
        var join = await (await Server.AcceptAsync()).GreetAsync();

        join.Since.Should().Be(new Position(Said.Epoch, 7));
        join.Session.Should().Be("secret-0123456789");
        var told = new List<ConnectionState>();
        await foreach (var change in changes)
            told.Add(change.To);
        told.Should().Equal(ConnectionState.Disconnected);
    }

    [Test]
    public async Task Nothing_revives_what_was_disconnected_but_the_wish_for_it()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;

        await client.DisconnectAsync();
        Server.Time.Advance(TimeSpan.FromHours(1));
        Server.Dialled.Should().Be(1);
        client.ReconnectNow();
        await (await Server.AcceptAsync()).WelcomeAsync(1);
        await client.ReadyAsync(Server.Deadline);
    }

    [Test]
    public async Task Who_is_in_a_hurry_waits_for_no_pause_and_starts_the_ladder_anew()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { Reconnect = new ReconnectPolicy { Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(2) } });
        await using var _ = client;
        var changes = client.StateChangesAsync().GetAsyncEnumerator(Server.Deadline);

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        client.ReconnectNow();
        var second = await Server.AcceptAsync();
        await second.WelcomeAsync(1);
        await client.WaitForStateAsync(ConnectionState.Connected, Server.Deadline);
        client.ReconnectNow(); // also where there is a line
        await (await Server.AcceptAsync()).GreetAsync();

        var attempts = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            await changes.MoveNextAsync();
            attempts.Add(changes.Current.Attempt);
        }
        attempts.Should().Equal(1, 0, 1);
    }

    [Test]
    public async Task A_long_absence_is_told_as_lost_and_its_end_tells_what_was_missed_and_a_short_one_is_not()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { LostAfter = TimeSpan.FromMinutes(5) });
        await using var _ = client;
        var changes = client.StateChangesAsync().GetAsyncEnumerator(Server.Deadline);
        var told = new List<StateChange>();

        foreach (var away in new[] { TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5) })
        {
            client.Cut();
            await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
            await Server.Time.WaitForTimerAsync(due => due == TimeSpan.FromMinutes(5), Server.Deadline);
            await PassPauseAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(500)); // the attempt is held up by the cut
            Server.Time.Advance(away);
            client.Heal();
            var again = await Server.AcceptAsync();
            var join = await again.GreetAsync();
            await again.SayAsync(Said.Joined(join.Id, 3, recovered: true), Said.Created(2, "a"), Said.Created(3, "b"));
            await client.ReadyAsync(Server.Deadline);
        }
        while (told.Count(change => change.To == ConnectionState.Connected) < 2 && await changes.MoveNextAsync())
            told.Add(changes.Current);

        told.Select(change => change.Notice).Should().Equal(LineNotice.None, LineNotice.None, LineNotice.None, LineNotice.Lost, LineNotice.Restored);
        told[^1].Resume.Should().Be(new Resume(ResumeMode.Events, 0));
        told[0].Code.Should().Be("lost");
        told[0].RetryIn.Should().NotBeNull();
    }

    [Test]
    public async Task The_pauses_may_be_chosen_until_there_is_to_be_no_further_attempt()
    {
        var policy = new Impatient();
        var (client, line) = await Server.ConnectedAsync(Server.Options with { Reconnect = policy });
        await using var _ = client;

        await line.SayAsync(new ServerMessage.Disconnect("server_restart", "", true, 9));
        await PassPauseAsync(TimeSpan.FromMilliseconds(42), TimeSpan.FromMilliseconds(42));
        await (await Server.AcceptAsync()).CloseAsync(CloseCode.Overloaded);
        await client.WaitForStateAsync(ConnectionState.Disconnected, Server.Deadline);

        policy.Asked.Select(asked => (asked.Attempt, asked.Info.Code, asked.Info.BackOff, asked.Info.RetryAfter)).Should().Equal(
            (0, "server_restart", false, TimeSpan.FromMilliseconds(9)), (3, "overloaded", true, null));
    }

    [Test]
    public async Task A_token_is_asked_for_where_there_is_none_and_where_the_server_would_not_have_it_and_not_otherwise()
    {
        var asked = 0;
        var options = Server.Options with { GetToken = _ => ValueTask.FromResult<string?>($"token-{++asked}") };
        var connecting = Server.ConnectAsync(options);
        var line = await Server.AcceptAsync();
        await line.WelcomeAsync(1, []);
        await using var client = await connecting;

        var shown = new List<string?>();
        line.Abort();
        await PassPauseAsync(TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        for (var i = 0; i < 2; i++)
        {
            line = await Server.AcceptAsync();
            shown.Add((await line.HearAsync<ClientMessage.Connect>()).Token);
            if (i == 0)
                await line.SayAsync(new ServerMessage.Connected("c1", "ann", 15_000, 30_000, new(65536, 32, 64, 1000, 64, 100, 4, 500, 1000, 32, 1048576), 0));
            await line.CloseAsync(CloseCode.Unauthenticated);
            if (i == 0)
                await PassPauseAsync(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        }
        await client.WaitForStateAsync(ConnectionState.Disconnected, Server.Deadline);

        shown.Should().Equal("token-1", "token-2");
        asked.Should().Be(2);
    }

    [Test]
    public async Task A_token_that_cannot_be_had_is_asked_for_again()
    {
        var asked = 0;
        var connecting = Server.ConnectAsync(Server.Options with { GetToken = _ => ++asked == 1 ? throw new InvalidOperationException("no network") : new("token") });

        await PassPauseAsync(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var line = await Server.AcceptAsync();
        (await line.HearAsync<ClientMessage.Connect>()).Token.Should().Be("token");

        await line.CloseAsync(CloseCode.Forbidden);
        await connecting.Invoking(async task => await task).Should().ThrowAsync<ClosedException>();
    }

    [Test]
    public async Task The_word_for_a_user_tells_of_commands_that_wait_too_long()
    {
        var (client, line) = await Server.ConnectedAsync(Server.Options with { PingGrace = TimeSpan.FromHours(1) });
        await using var _ = client;
        client.Sync.Should().Be(SyncState.Synced);

        var creating = client.CreateAsync("card", JsonFields.Empty, "a", Server.Deadline);
        client.Sync.Should().Be(SyncState.Syncing);
        Server.Time.Advance(TimeSpan.FromSeconds(8));
        client.Sync.Should().Be(SyncState.Stuck);
        await line.SayAsync(Said.Created(2, "a", session: Said.Me));
        await creating;
        client.Sync.Should().Be(SyncState.Synced);
        client.Cut();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        client.Sync.Should().Be(SyncState.Offline);
    }

    [TestCase("read", true)]
    [TestCase("write", false)]
    public async Task Who_may_only_read_is_told_so(string role, bool isReadOnly)
    {
        var connecting = Server.ConnectAsync();
        var line = await Server.AcceptAsync();
        var join = await line.GreetAsync();
        await line.SayAsync(Said.Joined(join.Id, 0) with { Role = role }, Said.Snapshot(0));

        await using var client = await connecting;
        client.IsReadOnly.Should().Be(isReadOnly);
        client.ClockOffset.Should().Be(DateTimeOffset.UnixEpoch - Server.Time.GetUtcNow());
        client.Limits!.MessageBytes.Should().Be(65536);
    }

    private static IEnumerable<TestCaseData> Impossible()
    {
        var good = new ClientOptions { Project = "p" };
        return new ClientOptions[]
        {
            good with { Project = "P" }, good with { Window = 0 }, good with { Window = 65 }, good with { QueueMax = 0 }, good with { QueueMax = 100_001 },
            good with { StreamItemsMax = 0 }, good with { Session = "short" }, good with { UserName = "" }, good with { UserName = new('x', 65) },
            good with { ConnectTimeout = TimeSpan.Zero }, good with { PingGrace = TimeSpan.FromSeconds(-1) }, good with { LostAfter = TimeSpan.FromDays(8) },
            good with { GoodbyeTimeout = TimeSpan.FromSeconds(-1) }, good with { Connection = new() { MessageBytesMax = 1023 } },
            good with { Reconnect = new ReconnectPolicy { Base = TimeSpan.Zero } }, good with { Reconnect = new ReconnectPolicy { Cap = TimeSpan.FromMilliseconds(99) } },
            good with { Reconnect = new ReconnectPolicy { Factor = 0.5 } }, good with { Reconnect = new ReconnectPolicy { Factor = double.NaN } },
            good with { Reconnect = new ReconnectPolicy { MinUptime = TimeSpan.FromSeconds(-1) } },
        }.Select((options, i) => new TestCaseData(options).SetArgDisplayNames($"{i}"));
    }

    [TestCaseSource(nameof(Impossible))]
    public void An_option_that_cannot_be_is_refused_at_once(ClientOptions options) =>
        FluentActions.Invoking(() => EventOnlyClient.Create(new Uri("ws://server/ws"), options)).Should().Throw<ArgumentException>();

    private async Task<TimeSpan> PassPauseAsync(TimeSpan min, TimeSpan max)
    {
        TimeSpan pause = default;
        await Server.Time.WaitForTimerAsync(due => (pause = due) >= min && due <= max, Server.Deadline);
        Server.Time.Advance(pause);
        return pause;
    }

    private sealed class Impatient : IReconnectPolicy
    {
        public List<(int Attempt, ReconnectInfo Info)> Asked { get; } = [];

        public TimeSpan MinUptime => TimeSpan.Zero;

        public TimeSpan? Pause(int attempt, ReconnectInfo info, Random random)
        {
            Asked.Add((attempt, info));
            return Asked.Count < 2 ? TimeSpan.FromMilliseconds(42) : null;
        }
    }
}
