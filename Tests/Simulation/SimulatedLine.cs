namespace EventOnly.Tests.Simulation;

/// <summary>A line of one client, from the handshake on: two directions of bytes, and the server's end.</summary>
internal sealed class SimulatedLine
{
    private readonly List<byte[]> _messages = [];
    private readonly SimulatedDirection _toServer = new(masked: true);
    private readonly SimulatedDirection _fromServer = new(masked: false);

    public SimulatedServer.Port Port { get; } = new();

    /// <summary>Half open: bytes vanish in both directions, and nobody is told.</summary>
    public bool IsBlack { get; private set; }

    /// <summary>A frame was torn apart when it broke.</summary>
    public bool IsTorn => _fromServer.IsTorn || _toServer.IsTorn;

    /// <summary>The client says something.</summary>
    public void Say(ReadOnlySpan<byte> text)
    {
        if (!IsBlack)
            _toServer.WriteMasked(text);
    }

    /// <summary>The server writes whole frames.</summary>
    public void Write(ReadOnlySpan<byte> frames)
    {
        if (!IsBlack)
            _fromServer.Write(frames);
    }

    public void GoBlack()
    {
        IsBlack = true;
        _toServer.Clear();
        _fromServer.Clear();
    }

    /// <summary>The line breaks: of what is under way, either end still gets what came before some byte.</summary>
    public void Tear(int chance)
    {
        _toServer.Tear(chance);
        _fromServer.Tear(chance / 2);
    }

    /// <summary>The next messages that reach the client, perhaps none though bytes came; null where nothing is under way.</summary>
    public IReadOnlyList<byte[]>? ToClient(int chance) => Deliver(_fromServer, chance);

    /// <summary>The next messages that reach the server, likewise.</summary>
    public IReadOnlyList<byte[]>? ToServer(int chance) => Deliver(_toServer, chance);

    private byte[][]? Deliver(SimulatedDirection direction, int chance)
    {
        _messages.Clear();
        return direction.TryDeliver(chance, _messages) ? [.. _messages] : null;
    }
}
