using EventOnly.Protocol.State;

namespace EventOnly.Tests.Simulation;

/// <summary>
/// A server and several clients in one seeded, single-threaded world: lines delay, clog and break, messages are sent twice, dead sockets speak
/// late, the server dies and comes back. Within a line order holds, as in TCP.
/// </summary>
internal sealed class World
{
    private readonly Random _random;
    private readonly SimulatedServer _server;
    private readonly List<SimulatedClient> _clients = [];
    private readonly List<(SimulatedServer.Port Port, Queue<byte[]> Unheard)> _ghosts = [];

    public World(int seed, int clients = 4)
    {
        _random = new(seed);
        _server = new(new Random(seed + 1));
        for (var i = 0; i < clients; i++)
            _clients.Add(new((i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), seed * 31 + i));
        SetUpBallot();
    }

    public SimulatedServer Server => _server;

    public IReadOnlyList<SimulatedClient> Clients => _clients;

    private void SetUpBallot()
    {
        var founder = new SimulatedClient("founder", 0);
        founder.Connect();
        founder.Replica.Submit(new Command.Create(SimulatedClient.Ballot, "ballot", JsonFields.Empty));
        while (_server.State.Seq == 0)
            Step(founder);
        if (founder.Port is { } port)
            _server.Leave(port);
    }

    public void Run(int turns)
    {
        for (var turn = 0; turn < turns; turn++)
            Act(_clients[_random.Next(_clients.Count)], _random.Next(100));
    }

    private void Act(SimulatedClient client, int dice)
    {
        switch (dice)
        {
            case < 25:
                client.Submit();
                break;
            case < 35:
                client.Flush();
                break;
            case < 55:
                DeliverToServer(client);
                break;
            case < 65:
                if (!_server.Turn())
                    CutAll();
                break;
            case < 75:
                Pump(client);
                break;
            case < 92:
                DeliverToClient(client);
                break;
            case < 94:
                client.ReleaseHeld();
                break;
            case 94:
                Cut(client);
                break;
            case < 98:
                if (client.WantsToComeBack)
                    client.Connect();
                break;
            case 98:
                if (_ghosts.Count > 0)
                    LetAGhostSpeak();
                break;
            default:
                if (_random.Next(20) == 0)
                {
                    _server.Die();
                    CutAll();
                }
                break;
        }
    }

    /// <summary>Mends every line and lets everything come to rest.</summary>
    public void RunUntilQuiet()
    {
        for (var round = 0; round < 10_000; round++)
        {
            foreach (var client in _clients)
                Step(client);
            if (_clients.All(client => client.Replica is { IsCaughtUp: true, PendingCount: 0 } replica && replica.Seq == _server.State.Seq))
                return;
        }
        throw new AssertionException("The world does not come to rest.");
    }

    private void Step(SimulatedClient client)
    {
        if (client.WantsToComeBack)
            client.Connect();
        client.ReleaseHeld();
        client.Flush();
        while (DeliverToServer(client))
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
        while (DeliverToClient(client))
        {
        }
    }

    private bool DeliverToServer(SimulatedClient client)
    {
        if (client.Port is not { IsEnded: false } port || !client.ToServer.TryDequeue(out var frame))
            return false;
        _server.Hear(port, frame);
        return true;
    }

    /// <summary>The server writes what it has for a client. One that fell behind, or was replaced, is sent away.</summary>
    private bool Pump(SimulatedClient client)
    {
        if (client.Port is not { } port)
            return false;
        var some = port.Outbox.TryTake(out var bytes);
        if (some)
            client.FromServer.Enqueue(bytes.ToArray());
        if (!port.Outbox.FellBehind && !port.IsEnded)
            return some;
        _server.Leave(port);
        client.Cut();
        return false;
    }

    private static bool DeliverToClient(SimulatedClient client)
    {
        if (client.Port is null || !client.FromServer.TryDequeue(out var bytes))
            return false;
        client.Receive(bytes);
        return true;
    }

    /// <summary>The client notices at once; the server sometimes only later, and hears until then what was already on its way.</summary>
    private void Cut(SimulatedClient client)
    {
        if (client.Port is not { } port)
            return;
        if (_random.Next(2) == 0)
            _ghosts.Add((port, new(client.ToServer)));
        else
            _server.Leave(port);
        client.Cut();
    }

    private void LetAGhostSpeak()
    {
        var ghost = _ghosts[_random.Next(_ghosts.Count)];
        if (!ghost.Port.IsEnded && ghost.Unheard.TryDequeue(out var frame))
        {
            _server.Hear(ghost.Port, frame);
            return;
        }
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
