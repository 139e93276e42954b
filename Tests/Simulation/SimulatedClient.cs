using System.Globalization;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// The C# client's core without its shell: the real <see cref="Replica"/> at the end of a line. It checks at every step what a user would notice.
/// </summary>
/// <param name="name">Its name in the world.</param>
/// <param name="isForgetful">Whether the server may forget what it has told, so that nobody can rely on it.</param>
/// <param name="style">How it writes texts.</param>
internal sealed class SimulatedClient(string name, bool isForgetful = false, Style style = Style.Mixed) : ISimulatedClient
{
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Utf8Buffer _output = new();
    private readonly HashSet<long> _answered = []; // by ticket
    private readonly List<long> _held = [];
    private readonly List<string> _markers = [];
    private readonly List<string> _troubles = [];
    private readonly HashSet<string> _adventures = new(StringComparer.Ordinal);
    private SimulatedWriter? _writer;
    private long _myVotes;
    private int _joins;
    private int _asked;

    public Replica Replica { get; } = new("sim", "secret-of-" + name.PadLeft(8, '0'));

    public string Name => name;

    public SimulatedLine? Line { get; private set; }

    public bool IsAtRest(long seq) => Replica is { IsCaughtUp: true, PendingCount: 0 } && Replica.Seq == seq;

    public void Connect()
    {
        Line = new();
        Send(Replica.Join("j" + ++_joins));
    }

    public void Cut()
    {
        if (Line is { IsTorn: true })
            _adventures.Add("Torn");
        Replica.Off();
        Line = null;
    }

    /// <summary>The watch is the shell's, and its tests are elsewhere: here it has struck.</summary>
    public void NoticeSilence()
    {
        _adventures.Add("Silence");
        Cut();
    }

    public void Submit(int chance)
    {
        if (!SeesBallot || Replica.PendingCount > 90)
            return;
        foreach (var effect in Replica.Submit(MakeCommand(chance), ++_asked))
            Heed(effect);
        _writer?.Check();
        CheckVotes();
    }

    /// <summary>Every other time of ten another command comes between the edits, if the world is of that sort.</summary>
    public void Write(int chance)
    {
        _writer ??= new(Replica, int.Parse(name, CultureInfo.InvariantCulture), style);
        if (style == Style.Mixed && chance / 7 % 10 < 2)
        {
            Submit(chance);
            return;
        }
        if (Replica.PendingCount > 90)
            return;
        if (((Command?)_writer.Make(chance, _asked + 1) ?? Restart(chance)) is not { } command)
            return;
        Replica.Judge(command).Should().BeNull("an editor makes nothing that cannot be");
        foreach (var effect in Replica.Submit(command, ++_asked))
            Heed(effect);
        _writer.Check();
    }

    /// <summary>Once in a while a text is begun anew.</summary>
    private Command.Patch? Restart(int chance) => style == Style.Mixed && SeesBallot && chance / 1000 % 8 == 0 && Replica.ViewOf(Writing.Sheet) is not null
        ? new(Writing.Sheet, JsonFields.Empty.With(Writing.FieldOf(chance), Writing.Marker("new")), null)
        : null;

    /// <summary>The same command as Tests/Web/world-host.js makes of the same chance and the same view.</summary>
    private Command MakeCommand(int chance)
    {
        string[] cards = [.. Replica.View.Entities.Where(entity => entity.Value.Kind == "card").Select(entity => entity.Key)];
        var some = cards.Length == 0 ? "nothing" : cards[chance / 10 % cards.Length];
        var value = chance / 1000 % 100;
        switch (chance % 10)
        {
            case < 4:
                _myVotes++;
                return new Command.Increment(World.Ballot, [new FieldDelta("by-" + name, 1)], null);
            case 4:
                return new Command.Create(Id(), "marker", Data("of", value));
            case 5:
                return new Command.Create(Id(), "card", Data("title", value));
            case < 8:
                long? ifVersion = value % 3 == 0 ? Replica.View.Entities.GetValueOrDefault(some)?.Version : null;
                return new Command.Patch(some, Data("title", value), ifVersion);
            case 8:
                return new Command.Delete(some, null);
            default:
                return new Command.Batch([new Command.Create(Id(), "card", JsonFields.Empty), new Command.Patch(some, Data("note", 1), null)]);
        }
    }

    private string Id() => string.Create(CultureInfo.InvariantCulture, $"{name}-{_asked}");

    private static JsonFields Data(string field, int value) => JsonFields.Empty.With(field, CanonicalValue.Of(value));

    public void Flush(int chance)
    {
        for (; Line is not null && Replica.Next() is { } next; chance = (chance / 2) + 1)
        {
            Send(next);
            if (chance % 16 == 0)
                Send(next);
        }
    }

    public void ReleaseHeld()
    {
        _held.ForEach(Replica.Release);
        _held.Clear();
    }

    private void Send(ClientMessage message)
    {
        _output.Clear();
        WireCodec.Encode(_output, message);
        Line!.Say(_output.Written);
    }

    public void Hear(IReadOnlyList<byte[]> messages)
    {
        foreach (var text in messages)
        {
            if (Line is null)
                return;
            _codec.TryDecode(text, out ServerMessage? message, out var fault).Should().BeTrue(fault?.Message);
            Remember(message!);
            foreach (var effect in Replica.Receive(message!))
                Heed(effect);
            _writer?.Check();
            CheckVotes();
        }
    }

    private void Remember(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Joined joined:
                _adventures.UnionWith(joined.Outcomes.Select(outcome => outcome.Fate.ToString()));
                break;
            case ServerMessage.State told when Replica.IsLive && told.Seq == Replica.Seq:
                _adventures.Add("Checked");
                break;
            case ServerMessage.Ack { Duplicate: true }:
                _adventures.Add("Duplicate");
                break;
            case ServerMessage.Reject reject:
                _adventures.Add(reject.Refusal.Code.ToString());
                break;
        }
    }

    private void Heed(ReplicaEffect effect)
    {
        _writer?.Heed(effect);
        switch (effect)
        {
            case ReplicaEffect.Live live:
                _adventures.Add(live.Mode.ToString());
                break;
            case ReplicaEffect.Settled settled:
                Answer(settled.Command);
                if (settled.Command.Command is Command.Create { Kind: "marker", Entity: { } id })
                    _markers.Add(id);
                break;
            case ReplicaEffect.Failed failed:
                Answer(failed.Command);
                if (failed.Command.Command is Command.Increment && !isForgetful)
                    _troubles.Add("A vote was refused.");
                break;
            case ReplicaEffect.Wait wait:
                _held.Add(wait.N);
                break;
            case ReplicaEffect.Diverged:
            case ReplicaEffect.Rejoin when _troubles.Count == 0: // after an edit that the server would not transform again and again
                _adventures.Add("Rejoin");
                Send(new ClientMessage.Leave("l" + ++_joins, "sim"));
                Send(Replica.Join("j" + ++_joins));
                break;
            case ReplicaEffect.Rejoin:
            case ReplicaEffect.Trouble:
                _troubles.Add(effect.ToString());
                break;
        }
    }

    private void Answer(PendingCommand command)
    {
        foreach (var ticket in command.Tickets)
        {
            if (!_answered.Add(ticket))
                _troubles.Add($"Command {ticket} was answered twice.");
        }
    }

    /// <summary>A sender sees its own votes, each once, from the moment it gave them: never one too many, never one too few, whatever the line does.</summary>
    private void CheckVotes()
    {
        if (SeesBallot && !isForgetful)
            World.VotesOf(name, Replica.View).Should().Be(_myVotes, $"{name} sees its own votes");
    }

    /// <summary>A shared snapshot may be older than the ballot; its tail then brings it.</summary>
    private bool SeesBallot => Replica.Confirmed.Entities.ContainsKey(World.Ballot);

    public RestReport Report() =>
        new(Replica.Confirmed.Hash.ToString(), World.TextOf(Replica.View), _asked, _answered.Count, _myVotes, _markers, LinesAtOnce: 1, _troubles, _adventures)
        {
            Typed = _writer?.Typed ?? [], Refused = _writer?.Refused ?? [],
        };
}
