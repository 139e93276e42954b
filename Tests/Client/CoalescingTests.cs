using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class CoalescingTests
{
    private static IEnumerable<TestCaseData> Queues => ClientVectors.Named("coalesce.json");

    [TestCaseSource(nameof(Queues))]
    public void Commands_that_wait_become_fewer(JsonNode vector)
    {
        var replica = Live();
        foreach (var command in Commands(vector["before"]!))
        {
            replica.Submit(command);
            replica.Next();
        }

        var queue = Commands(vector["queue"]!);
        var settled = queue.SelectMany((command, i) => replica.Submit(command, i)).OfType<ReplicaEffect.Settled>().SelectMany(effect => effect.Command.Tickets).ToList();

        SendAll(replica).Select(sent => ClientVectors.Text(sent.Command)).Should().Equal(Commands(vector["sends"]!).Select(ClientVectors.Text));
        settled.Should().BeEquivalentTo(vector["settled"]!.AsArray().Select(i => i!.GetValue<long>()));
    }

    [Test]
    public void What_annihilates_settles_at_the_seq_where_we_stand_without_a_time()
    {
        var replica = Live();
        replica.Submit(Said.Create("a"), 1);

        var effects = replica.Submit(new Command.Delete("a", null), 2);

        effects.OfType<ReplicaEffect.Settled>().Select(settled => settled.Ack).Should().Equal(new Ack(1, null, "a"), new Ack(1, null, "a"));
        replica.PendingCount.Should().Be(0);
        replica.View.Ids().Should().BeEmpty();
    }

    [Test]
    public void What_was_coalesced_is_taken_back_when_the_last_who_waits_has_gone_and_not_before()
    {
        var replica = Live(Said.Card("a", "{}"));
        replica.Submit(Said.Patch("a", """{"x":1}"""), 1);
        replica.Submit(Said.Patch("a", """{"y":1}"""), 2);

        replica.Abandon(1).Should().BeEmpty();
        var between = replica.ViewOf("a")!.Data.ToString();
        replica.Abandon(2);

        between.Should().Be("""{"x":1,"y":1}""");
        replica.ViewOf("a")!.Data.Should().BeEmpty();
        replica.PendingCount.Should().Be(0);
    }

    [Test]
    public void Patches_that_together_are_long_stay_apart()
    {
        var replica = Live(Said.Card("a", "{}"));
        var text = new string('x', 9000);

        replica.Submit(Said.Patch("a", $$"""{"x":"{{text}}"}"""));
        replica.Submit(Said.Patch("a", $$"""{"y":"{{text}}"}"""));
        replica.Submit(Said.Patch("a", $$"""{"y":"{{text}}."}"""));

        replica.PendingCount.Should().Be(2);
    }

    [Test]
    public void The_bytes_that_wait_are_bounded_and_coalescing_makes_room()
    {
        var replica = Live(new PendingBounds(BytesMax: 200), Said.Card("a", "{}"));
        replica.Submit(Said.Patch("a", $$"""{"x":"{{new string('é', 60)}}"}"""));

        var beyond = () => replica.Submit(Said.Patch("b", """{"x":1}"""));
        beyond.Should().Throw<QueueFullException>().WithMessage("*200 bytes*");
        replica.PendingCount.Should().Be(1);

        replica.Submit(Said.Patch("a", """{"x":1}"""));
        beyond.Should().NotThrow();
    }

    [Test]
    public void A_create_that_was_sent_to_a_journal_that_is_gone_and_exists_in_this_one_has_taken_effect()
    {
        var replica = Live();
        replica.Submit(Said.Create("a"));
        replica.Next();
        replica.Off();
        replica.Join("j2");
        replica.Receive(Said.Joined("j2", 5, epoch: "another", outcomes: new Outcome(1, Fate.Unknown)));
        replica.Receive(Said.Snapshot(5, Said.Card("a", "{}")));
        replica.Next()!.N.Should().Be(1);

        var effects = replica.Receive(Said.Reject(1, ErrorCode.Exists));

        effects.OfType<ReplicaEffect.Settled>().Should().ContainSingle().Which.Ack.Id.Should().Be("a");
        replica.PendingCount.Should().Be(0);
    }

    [Test]
    public void A_create_that_exists_in_the_journal_it_was_sent_to_is_refused()
    {
        var replica = Live();
        replica.Submit(Said.Create("a"));
        replica.Next();

        replica.Receive(Said.Reject(1, ErrorCode.Exists)).OfType<ReplicaEffect.Failed>().Should().ContainSingle();
    }

    [Test]
    public void A_create_that_was_refused_for_now_and_sent_again_has_not_been_overtaken_less_for_it()
    {
        var replica = Live();
        replica.Submit(Said.Create("a"));
        replica.Submit(Said.Patch("a", """{"x":1}"""));
        SendAll(replica);
        replica.Receive(Said.Reject(1, ErrorCode.Unavailable, retryAfterMs: 10));
        replica.Release(1);
        replica.Next()!.N.Should().Be(1);

        var effects = replica.Receive(Said.Reject(2, ErrorCode.NotFound)); // the answer to what was sent before the create went again

        effects.Should().BeEmpty();
        replica.Next()!.N.Should().Be(2);
    }

    [Test]
    public void A_queue_that_coalesces_and_one_that_does_not_end_in_the_same_state()
    {
        var seeds = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? 50_000 : 5000;
        var (apart, together) = (0, 0);
        for (var seed = 1; seed <= seeds; seed++)
        {
            var (one, other) = (new Life(seed, coalesces: true), new Life(seed, coalesces: false));
            one.Views.Should().Equal(other.Views, $"seed {seed}: what is shown");
            one.State.Should().Be(other.State, $"seed {seed}");
            new[] { one, other }.Should().OnlyContain(life => life.Pending == 0 && life.Answered == life.Asked, $"seed {seed}");
            together += one.Sent;
            apart += other.Sent;
        }
        together.Should().BeLessThan(apart * 95 / 100, "much should have been coalesced");
    }

    /// <summary>What happens to three entities of one client whose commands the real rules decide.</summary>
    private sealed class Life
    {
        private static readonly string[] Ids = ["a", "b", "c"];
        private static readonly string[] Values = ["1", "\"x\"", "null", "{}", """{"b":2}""", """{"c":null}""", """{"b":{"d":1}}""", "[1]"];
        private readonly Random _random;
        private readonly Replica _replica;
        private readonly HashSet<long> _answered = [];
        private ProjectState _server;

        public Life(int seed, bool coalesces)
        {
            _random = new(seed);
            _replica = Live(new PendingBounds(Coalesces: coalesces), Said.Card("a", """{"n":1,"f":{"c":3}}"""));
            _server = _replica.Confirmed;
            for (var round = 0; round < 3; round++)
            {
                for (var i = 0; i < 8; i++)
                    Heed(_replica.Submit(Make(), ++Asked));
                Views.Add(string.Join(',', Ids.Select(id => _replica.ViewOf(id)?.Data.ToString())));
                for (var i = 0; round == 0 && i < 2; i++)
                    Decide();
            }
            while (Decide())
                Sent++;
        }

        public List<string> Views { get; } = [];

        public string State => string.Join(',', _replica.Confirmed.Entities.Select(each => each.Key + each.Value.Data));

        public int Pending => _replica.PendingCount;

        public int Asked { get; private set; }

        public int Answered => _answered.Count;

        public int Sent { get; private set; }

        private Command Make()
        {
            var id = Pick(Ids);
            if (_replica.ViewOf(id) is null && _random.Next(2) == 0)
                return Said.Create(id, """{"n":0}"""); // one that the client itself knows to exist would take the later ones with it
            return _random.Next(5) switch
            {
                0 => Said.Patch(id, $$"""{"{{Pick("f", "g", "n")}}":{{Pick(Values)}}}"""),
                1 => Said.Patch(id, $$"""{"f":{{Pick(Values)}},"g":{{Pick(Values)}}}"""),
                2 => new Command.Increment(id, [new(Pick("n", "m"), _random.Next(-3, 4))], null),
                3 => new Command.Delete(id, null),
                _ => new Command.Batch([Said.Patch(id, $$"""{"g":{{Pick(Values)}}}""")]),
            };
        }

        private T Pick<T>(params T[] all) => all[_random.Next(all.Length)];

        private bool Decide()
        {
            if (_replica.Next() is not { } next)
                return false;
            var seq = _server.Seq + 1;
            var refusal = Decider.Decide(_server, next.Command, seq, new StateLimits(), out _, out _);
            if (refusal is null)
                _server = Fold.Apply(_server, ClientVectors.Event(next.Command, seq, Said.Me, next.N));
            Heed(_replica.Receive(refusal is null
                ? new ServerMessage.Happened("p", ClientVectors.Event(next.Command, seq, Said.Me, next.N))
                : new ServerMessage.Reject("p", next.N, refusal, null)));
            return true;
        }

        private void Heed(IEnumerable<ReplicaEffect> effects)
        {
            foreach (var effect in effects)
            {
                var command = effect is ReplicaEffect.Settled settled ? settled.Command : (effect as ReplicaEffect.Failed)?.Command;
                foreach (var ticket in command?.Tickets ?? [])
                    _answered.Add(ticket).Should().BeTrue("nobody is answered twice");
            }
        }
    }

    private static List<Command> Commands(JsonNode bodies) => [.. bodies.AsArray().Select(body => ClientVectors.Command(body!))];

    private static Replica Live(params Entity[] entities) => Live(new PendingBounds(), entities);

    private static Replica Live(PendingBounds bounds, params Entity[] entities)
    {
        var replica = new Replica("p", "secret-0123456789", bounds: bounds);
        replica.Join("j1");
        replica.Receive(Said.Joined("j1", 1));
        replica.Receive(Said.Snapshot(1, entities));
        return replica;
    }

    private static List<ClientMessage.Submit> SendAll(Replica replica)
    {
        var sent = new List<ClientMessage.Submit>();
        while (replica.Next() is { } next)
            sent.Add(next);
        return sent;
    }
}
