using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class UndoTests
{
    private static IEnumerable<TestCaseData> Stories => ClientVectors.Named("undo.json");

    private static IEnumerable<TestCaseData> Restores => ClientVectors.Named("restore.json");

    [TestCaseSource(nameof(Stories))]
    public void What_we_did_is_taken_back_and_made_again(JsonNode vector)
    {
        var author = new Author([.. vector["entities"]!.AsArray().Select(entity => ClientVectors.Entity(entity!))]);

        foreach (var step in vector["steps"]!.AsArray())
            author.Take(step!);

        foreach (var (id, data) in vector["view"]!.AsObject())
            (author.Replica.ViewOf(id)?.Data.ToString() ?? "null").Should().Be(data is null ? "null" : Said.Json(data.ToJsonString()).ToString(), id);
        new[] { author.Steps.CanUndo, author.Steps.CanRedo }.Should().Equal(vector["can"]!.AsArray().Select(can => can!.GetValue<bool>()));
        author.Skipped.Select(ids => string.Join(',', ids)).Should()
            .Equal(vector["skipped"]!.AsArray().Select(ids => string.Join(',', ids!.AsArray().Select(id => id!.GetValue<string>()))));
    }

    [TestCaseSource(nameof(Restores))]
    public void What_was_comes_back_by_one_command(JsonNode vector)
    {
        var command = Restoring.Command("a", Entity(vector["was"]), Entity(vector["current"]));

        (command is null ? null : ClientVectors.Text(command)).Should()
            .Be(vector["command"] is { } expected ? ClientVectors.Text(ClientVectors.Command(expected)) : null);

        static Entity? Entity(JsonNode? entity) => entity is null ? null : ClientVectors.Entity(entity);
    }

    [Test]
    public void A_hundred_steps_are_kept()
    {
        var author = new Author([Said.Card("a", """{"n":0}""")]);
        for (var i = 0; i < 150; i++)
            author.Do(new Command.Increment("a", [new("n", 1)], null));

        for (var i = 0; i < 200; i++)
            author.Step(StepRole.Undo);

        author.Replica.ViewOf("a")!.Data["n"]!.Value.AsInteger().Should().Be(50);
    }

    [Test]
    public void N_undos_and_n_redos_leave_the_document_as_it_was_while_others_change_other_fields()
    {
        var seeds = Environment.GetEnvironmentVariable("EVENTONLY_LONG") == "1" ? 20_000 : 2000;
        for (var seed = 1; seed <= seeds; seed++)
        {
            var author = new Author([Said.Card("a", """{"n":1,"f":{"x":1}}""")], new Random(seed));
            var before = author.Document;
            for (var i = 0; i < 12; i++)
                author.Act();
            var after = author.Document;

            var way = new List<string> { after };
            for (var i = 0; i < 12; i++)
            {
                author.Step(StepRole.Undo);
                author.Confirm();
                author.Others();
                way.Add(author.Document);
            }
            way[^1].Should().Be(before, $"seed {seed}: all undone");
            for (var i = 11; i >= 0; i--)
            {
                author.Step(StepRole.Redo);
                author.Confirm();
                author.Others();
                author.Document.Should().Be(way[i], $"seed {seed}: redone to {i}");
            }
            author.Steps.CanRedo.Should().BeFalse();
        }
    }

    /// <summary>Does what the shell does: a replica and its steps.</summary>
    private sealed class Author
    {
        private static readonly string[] Values = ["1", "\"x\"", "null", """{"y":2}""", """{"x":null}""", """{"x":{"z":1}}""", "[1]"];
        private readonly List<ClientMessage.Submit> _sent = [];
        private readonly Random _random;
        private long _seq = 1;
        private long _lastTicket;

        public Author(Entity[] entities, Random? random = null)
        {
            _random = random ?? new(1);
            Replica.Join("j1");
            Replica.Receive(Said.Joined("j1", 1));
            Replica.Receive(Said.Snapshot(1, entities));
        }

        public Replica Replica { get; } = new("p", "secret-0123456789", bounds: new(Coalesces: false));

        public UndoStacks Steps { get; } = new();

        public List<IEnumerable<string>> Skipped { get; } = [];

        /// <summary>Without what others did.</summary>
        public string Document => string.Join(';', Replica.View.Entities.Values.Select(entity =>
            $"{entity.Id} {string.Join(',', entity.Data.Where(each => each.Name != "theirs"))}"));

        public void Take(JsonNode step)
        {
            if (step["do"] is { } command)
                Do(ClientVectors.Command(command));
            if (step["group"] is { } commands)
            {
                var group = new UndoStep("both");
                foreach (var each in commands.AsArray())
                    Do(ClientVectors.Command(each!), StepRole.Change, group);
            }
            if (step["undo"] is not null)
                Step(StepRole.Undo);
            if (step["redo"] is not null)
                Step(StepRole.Redo);
            if (step["refuse"]?.GetValue<long>() is { } n)
                Heed(Replica.Receive(Said.Reject(n, ErrorCode.Forbidden)));
            if (step["event"] is { } happened)
            {
                Confirm();
                Replica.Receive(new ServerMessage.Happened("p", ClientVectors.Event(ClientVectors.Command(happened), ++_seq, Said.Other, _seq)));
            }
            if (step["epoch"] is { } epoch)
            {
                Replica.Off();
                Replica.Join("j2");
                Heed(Replica.Receive(Said.Joined("j2", 9, epoch: epoch.GetValue<string>())));
                Heed(Replica.Receive(Said.Snapshot(9)));
            }
        }

        public void Do(Command command, StepRole role = StepRole.Change, UndoStep? step = null)
        {
            var inverse = Inverse.Of(command, Replica.ViewOf);
            Replica.Submit(command, ++_lastTicket);
            Steps.Taken(_lastTicket, inverse, role, step);
            while (Replica.Next() is { } next)
                _sent.Add(next);
        }

        public void Step(StepRole role)
        {
            var taken = Steps.Take(role, Replica.ViewOf);
            if (!taken.Skipped.IsEmpty)
                Skipped.Add(taken.Skipped);
            if (taken.Command is { } command)
                Do(command, role, new UndoStep(taken.Label));
        }

        public void Act()
        {
            var id = "abc"[_random.Next(3)].ToString();
            if (Replica.ViewOf(id) is null)
                Do(Said.Create(id, """{"n":0,"mine":1}"""));
            else
                Do(Change(id));
            Confirm();
        }

        public void Others()
        {
            var id = "abc"[_random.Next(3)].ToString();
            if (Replica.ViewOf(id) is not null)
                Replica.Receive(new ServerMessage.Happened("p", ClientVectors.Event(Said.Patch(id, $$"""{"theirs":{{Value()}}}"""), ++_seq, Said.Other, _seq)));
        }

        /// <summary>Whatever was sent becomes an event.</summary>
        public void Confirm()
        {
            foreach (var sent in _sent)
                Replica.Receive(new ServerMessage.Happened("p", ClientVectors.Event(sent.Command, ++_seq, Said.Me, sent.N)));
            _sent.Clear();
        }

        private Command Change(string id) => _random.Next(5) switch
        {
            0 => Said.Patch(id, $$"""{"f":{{Value()}}}"""),
            1 => Said.Patch(id, $$"""{"f":{{Value()}},"g":{{Value()}}}"""),
            2 => new Command.Increment(id, [new("n", _random.Next(-5, 5))], null),
            3 => new Command.Delete(id, null),
            _ => new Command.Batch([Said.Patch(id, $$"""{"f":{{Value()}}}"""), new Command.Increment(id, [new("n", 1)], null), Said.Patch(id, $$"""{"g":{{Value()}}}""")]),
        };

        private string Value() => Values[_random.Next(Values.Length)];

        private void Heed(IEnumerable<ReplicaEffect> effects)
        {
            foreach (var effect in effects)
            {
                if (effect is ReplicaEffect.Failed failed)
                    failed.Command.Tickets.ForEach(Steps.Failed);
                if (effect is ReplicaEffect.Live { Missed: null })
                    Steps.Clear();
            }
        }
    }
}
