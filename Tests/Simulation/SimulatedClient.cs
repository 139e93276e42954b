using System.Buffers.Binary;
using System.Globalization;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// A client's core without its shell: the real <see cref="Replica"/> at the end of a line that is two queues of bytes. It checks at every step
/// what a user would notice.
/// </summary>
internal sealed class SimulatedClient(string name, int seed)
{
    private readonly Random _random = new(seed);
    private readonly WireCodec _codec = new(WireLimits.Trusted);
    private readonly Utf8Buffer _output = new();
    private readonly HashSet<long> _answered = [];
    private readonly List<long> _held = [];
    private long _myVotes;
    private int _joins;
    private int _asked;

    /// <summary>The entity that everybody votes on and nobody deletes.</summary>
    public const string Ballot = "ballot";

    public Replica Replica { get; } = new("sim", "secret-of-" + name.PadLeft(8, '0'));

    public SimulatedServer.Port? Port { get; private set; }

    public Queue<byte[]> ToServer { get; } = new();

    public Queue<byte[]> FromServer { get; } = new();

    public string Name => name;

    /// <summary>Commands asked for, and commands of which the outcome was told; each exactly once at the end.</summary>
    public (int Asked, int Answered) Commands => (_asked, _answered.Count);

    /// <summary>What this client went through, so that a world too mild to prove anything is noticed.</summary>
    public HashSet<string> Adventures { get; } = new(StringComparer.Ordinal);

    /// <summary>Votes of this client that took effect or may still.</summary>
    public long Votes => _myVotes;

    public bool WantsToComeBack { get; private set; } = true;

    public void Connect()
    {
        (Port, WantsToComeBack) = (new(), false);
        Send(Replica.Join("j" + ++_joins));
    }

    /// <summary>The line is cut: what was under way in either direction is lost.</summary>
    public void Cut()
    {
        Replica.Off();
        ToServer.Clear();
        FromServer.Clear();
        (Port, WantsToComeBack) = (null, true);
    }

    public void Submit()
    {
        if (!SeesBallot || Replica.PendingCount > 90)
            return;
        var command = MakeCommand();
        foreach (var effect in Replica.Submit(command, ++_asked))
            Heed(effect);
        CheckVotes();
    }

    private Command MakeCommand()
    {
        var some = Replica.View.Entities.Keys.Where(id => id != Ballot).OrderBy(_ => _random.Next()).FirstOrDefault() ?? "nothing";
        switch (_random.Next(10))
        {
            case < 4:
                _myVotes++;
                return new Command.Increment(Ballot, [new FieldDelta("by-" + name, 1)], null);
            case < 6:
                return new Command.Create(Id(), "card", Data("title", _random.Next(100)));
            case < 8:
                long? ifVersion = _random.Next(3) == 0 ? Replica.View.Entities.GetValueOrDefault(some)?.Version : null;
                return new Command.Patch(some, Data("title", _random.Next(100)), ifVersion);
            case 8:
                return new Command.Delete(some, null);
            default:
                return new Command.Batch([new Command.Create(Id(), "card", JsonFields.Empty), new Command.Patch(some, Data("note", 1), null)]);
        }
    }

    private string Id() => string.Create(CultureInfo.InvariantCulture, $"{name}-{_asked}");

    private static JsonFields Data(string field, int value) => JsonFields.Empty.With(field, CanonicalValue.Of(value));

    /// <summary>Puts on the line what may be sent; now and then twice, as a client does that is not sure.</summary>
    public void Flush()
    {
        while (Port is not null && Replica.Next() is { } next)
        {
            Send(next);
            if (_random.Next(20) == 0)
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
        ToServer.Enqueue(_output.Written.ToArray());
    }

    /// <summary>Takes the bytes of one write: one or more whole frames.</summary>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && Port is not null)
        {
            var text = TakeFrame(ref bytes);
            _codec.TryDecode(text, out ServerMessage? message, out var fault).Should().BeTrue(fault?.Message);
            Remember(message!);
            foreach (var effect in Replica.Receive(message!))
                Heed(effect);
            CheckVotes();
        }
    }

    private void Remember(ServerMessage message)
    {
        switch (message)
        {
            case ServerMessage.Joined joined:
                Adventures.UnionWith(joined.Outcomes.Select(outcome => outcome.Fate.ToString()));
                break;
            case ServerMessage.Ack { Duplicate: true }:
                Adventures.Add("Duplicate");
                break;
            case ServerMessage.Reject reject:
                Adventures.Add(reject.Refusal.Code.ToString());
                break;
        }
    }

    private void Heed(ReplicaEffect effect)
    {
        switch (effect)
        {
            case ReplicaEffect.Live live:
                Adventures.Add(live.Mode.ToString());
                break;
            case ReplicaEffect.Settled settled:
                Answer(settled.Command);
                break;
            case ReplicaEffect.Failed failed:
                Answer(failed.Command);
                failed.Command.Command.Should().NotBeOfType<Command.Increment>("a vote is never refused");
                break;
            case ReplicaEffect.Wait wait:
                _held.Add(wait.N);
                break;
            case ReplicaEffect.Rejoin:
            case ReplicaEffect.Trouble:
                throw new AssertionException($"{name}: {effect}");
        }
    }

    private void Answer(PendingCommand command)
    {
        foreach (var ticket in command.Tickets)
            _answered.Add(ticket).Should().BeTrue($"{name}'s command {ticket} is answered once");
    }

    /// <summary>A sender sees its own votes, each once, from the moment it gave them: never one too many, never one too few, whatever the line does.</summary>
    private void CheckVotes()
    {
        if (SeesBallot)
            VotesIn(Replica.View).Should().Be(_myVotes, $"{name} sees its own votes");
    }

    /// <summary>A shared snapshot may be older than the ballot; its tail then brings it.</summary>
    private bool SeesBallot => Replica.Confirmed.Entities.ContainsKey(Ballot);

    public long VotesIn(ProjectState state) =>
        state.Entities.GetValueOrDefault(Ballot)?.Data["by-" + name]?.AsInteger() ?? 0;

    private static ReadOnlySpan<byte> TakeFrame(ref ReadOnlySpan<byte> bytes)
    {
        var (head, length) = bytes[1] switch
        {
            126 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])),
            127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..])),
            var small => (2, small),
        };
        var text = bytes.Slice(head, length);
        bytes = bytes[(head + length)..];
        return text;
    }
}
