using System.Globalization;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// A server and several clients in one seeded, single-threaded world: lines delay, clog, go silent and break at any byte, messages are sent twice,
/// dead sockets speak late, the server dies and comes back, in some worlds without the end of its journal. Within a line order holds, as in TCP.
/// The world draws all chance, and as much of it each turn whatever comes of it: every crew lives through the same schedule.
/// </summary>
internal sealed class World
{
    /// <summary>The entity that everybody votes on and nobody deletes.</summary>
    public const string Ballot = "ballot";

    private readonly Random _random;
    private readonly SimulatedServer _server;
    private readonly ISimulatedClient[] _clients;
    private readonly List<SimulatedLine> _ghosts = [];
    private readonly bool _isForgetful;
    private readonly Style? _style;

    /// <param name="style">How texts are written here; null: there is none.</param>
    public World(int seed, Crew crew = Crew.CSharp, NodeHost? host = null, int clients = 4, Style? style = null)
    {
        _isForgetful = IsForgetful(seed);
        _style = style;
        _random = new(seed);
        _server = style is null ? new(new Random(seed + 1)) : new(new Random(seed + 1), textWindow: seed % 3 == 0 ? 3 : 4096, kept: 2);
        host?.Clear();
        _clients = [.. Enumerable.Range(0, clients).Select(i => Member(crew, i, host, seed))];
        SetUpBallot();
    }

    /// <summary>Whether the server of this world may lose events that it has told.</summary>
    public static bool IsForgetful(int seed) => seed % 5 == 0;

    public SimulatedServer Server => _server;

    public IReadOnlyList<ISimulatedClient> Clients => _clients;

    /// <summary>The votes of somebody, as a state counts them.</summary>
    public static long VotesOf(string name, ProjectState state) => state.Entities.GetValueOrDefault(Ballot)?.Data["by-" + name]?.AsInteger() ?? 0;

    /// <summary>All entities in one canonical text, the same in both languages.</summary>
    public static string TextOf(ProjectState state) =>
        string.Join('\n', state.Entities.Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Key} {each.Value.Kind} {each.Value.Version} {Plain(each.Value)}")));

    /// <summary>With its texts as strings, as JavaScript has them.</summary>
    private static JsonFields Plain(Entity entity) =>
        entity.Texts.Aggregate(entity.Data, (data, text) => data.With(text.Key, CanonicalValue.Of(text.Value.Text.ToString())));

    private ISimulatedClient Member(Crew crew, int i, NodeHost? host, int seed)
    {
        var name = (i + 1).ToString(CultureInfo.InvariantCulture);
        return crew == Crew.JavaScript || (crew == Crew.Mixed && i % 2 == 1)
            ? new NodeClient(name, host!, seed * 31 + i, _isForgetful, _style ?? Style.Mixed)
            : new SimulatedClient(name, _isForgetful, _style ?? Style.Mixed);
    }

    private void SetUpBallot()
    {
        var founder = new SimulatedClient("founder");
        founder.Connect();
        founder.Replica.Submit(new Command.Create(Ballot, "ballot", JsonFields.Empty));
        if (_style is { } style)
            founder.Replica.Submit(new Command.Create(Writing.Sheet, "sheet", Writing.Blank(style == Style.Mixed ? "begin" : "")));
        while (_server.State.Entities.Count < (_style is null ? 1 : 2))
            Step(founder);
        if (founder.Line is { } line)
            _server.Leave(line.Port);
    }

    public void Run(int turns)
    {
        for (var turn = 0; turn < turns; turn++)
            Act(_clients[_random.Next(_clients.Length)], _random.Next(100), _random.Next());
    }

    private void Act(ISimulatedClient client, int dice, int chance)
    {
        switch (dice)
        {
            case < 25 when _style is null:
                client.Submit(chance);
                break;
            case < 25:
                client.Write(chance);
                break;
            case < 35:
                client.Flush(chance);
                break;
            case < 55:
                DeliverToServer(client.Line, chance);
                break;
            case < 65:
                if (!_server.Turn())
                    CutAll();
                break;
            case < 75:
                Pump(client);
                break;
            case < 91:
                DeliverToClient(client, chance);
                break;
            case < 94:
                client.ReleaseHeld();
                break;
            case 94:
                Break(client, chance);
                break;
            case < 98:
                if (client.Line is null)
                    client.Connect();
                else if (client.Line.IsBlack)
                    Silence(client);
                break;
            case 98:
                if (_ghosts.Count > 0)
                    LetAGhostSpeak(chance);
                break;
            default:
                LetTheServerDie(chance);
                break;
        }
    }

    private void LetTheServerDie(int chance)
    {
        if (chance % 20 != 0)
            return;
        _server.Die(_isForgetful ? chance / 20 % 12 : 0);
        CutAll();
    }

    /// <summary>Mends every line and lets everything come to rest.</summary>
    public void RunUntilQuiet()
    {
        foreach (var client in _clients.Where(client => client.Line is { IsBlack: true }))
            Silence(client);
        for (var round = 0; round < 10_000; round++)
        {
            foreach (var client in _clients)
                Step(client);
            if (_clients.All(client => client.IsAtRest(_server.State.Seq)))
                return;
        }
        throw new AssertionException("The world does not come to rest.");
    }

    private void Step(ISimulatedClient client)
    {
        if (client.Line is null)
            client.Connect();
        client.ReleaseHeld();
        client.Flush(1);
        while (DeliverToServer(client.Line, 1))
        {
        }
        if (!_server.Turn())
        {
            CutAll();
            client.Cut();
            return;
        }
        while (Pump(client))
        {
        }
        while (DeliverToClient(client, 1))
        {
        }
    }

    private bool DeliverToServer(SimulatedLine? line, int chance)
    {
        if (line is not { Port.IsEnded: false } || line.ToServer(chance) is not { } messages)
            return false;
        foreach (var message in messages)
            _server.Hear(line.Port, message);
        return true;
    }

    /// <summary>The server writes what it has for a client. One that fell behind, or was replaced, is sent away.</summary>
    private bool Pump(ISimulatedClient client)
    {
        if (client.Line is not { } line)
            return false;
        var some = line.Port.Outbox.TryTake(out var bytes);
        if (some)
            line.Write(bytes.Span);
        if (!line.Port.Outbox.FellBehind && !line.Port.IsEnded)
            return some;
        _server.Leave(line.Port);
        client.Cut();
        return false;
    }

    /// <summary>The client may hang up upon what it hears; the server learns of it later.</summary>
    private bool DeliverToClient(ISimulatedClient client, int chance)
    {
        if (client.Line is not { } line || line.ToClient(chance) is not { } messages)
            return false;
        client.Hear(messages);
        if (client.Line is null)
            _ghosts.Add(line);
        return true;
    }

    /// <summary>The line breaks, or goes silent.</summary>
    private void Break(ISimulatedClient client, int chance)
    {
        if (client.Line is not { } line)
            return;
        if (chance % 4 == 0)
            line.GoBlack();
        else
            Cut(client, line, chance / 4);
    }

    private void Silence(ISimulatedClient client)
    {
        _ghosts.Add(client.Line!);
        client.NoticeSilence();
        client.Line.Should().BeNull("who hears nothing for so long must hang up");
    }

    /// <summary>Cut at some byte. The client notices at once; the server sometimes only later, and hears until then what was already on its way.</summary>
    private void Cut(ISimulatedClient client, SimulatedLine line, int chance)
    {
        line.Tear(chance / 2);
        while (DeliverToClient(client, 1))
        {
        }
        if (chance % 2 == 0)
            _ghosts.Add(line);
        else
            _server.Leave(line.Port);
        client.Cut();
    }

    private void LetAGhostSpeak(int chance)
    {
        var ghost = _ghosts[chance % _ghosts.Count];
        if (DeliverToServer(ghost, chance))
            return;
        _server.Leave(ghost.Port);
        _ghosts.Remove(ghost);
    }

    private void CutAll()
    {
        _ghosts.Clear(); // their sockets died with the server
        foreach (var client in _clients)
            client.Cut();
    }
}

/// <summary>Who lives in a world.</summary>
public enum Crew
{
    /// <summary>The C# client alone.</summary>
    CSharp,

    /// <summary>The JavaScript client alone.</summary>
    JavaScript,

    /// <summary>Both, in turns.</summary>
    Mixed,
}
