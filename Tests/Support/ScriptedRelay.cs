using System.Net;
using System.Net.Sockets;
using System.Text;
using EventOnly.Tests.Bench.Load;

namespace EventOnly.Tests.Support;

/// <summary>A server of one connection of a bench's load that says what a test tells it to, cut as the test wants.</summary>
internal sealed class ScriptedRelay : IDisposable
{
    public const string Answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Socket _socket;

    public ScriptedRelay(Dialect dialect, int source = -1)
    {
        _listener.Start();
        Connection = Loop.Open(dialect, ((IPEndPoint)_listener.LocalEndpoint).Port, 0, 0, source);
        _socket = _listener.AcceptSocket();
        _socket.NoDelay = true;
        Loop.TurnUntil(() => _socket.Available > 0, RawClient.Patience, "the request");
    }

    public LoadLoop Loop { get; } = new();

    public LoadConnection Connection { get; }

    /// <summary>An unmasked frame of a text.</summary>
    public static byte[] Frame(string text, int first = 0x80 | RawClient.Text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        byte[] head = payload.Length switch
        {
            < 126 => [(byte)first, (byte)payload.Length],
            < 65536 => [(byte)first, 126, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [(byte)first, 127, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        return [.. head, .. payload];
    }

    /// <summary>Sends, and has the load read it before anything else is sent.</summary>
    public void Say(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return;
        _socket.Send(bytes);
        var read = Loop.BytesRead + bytes.Length;
        Loop.TurnUntil(() => Loop.BytesRead == read, RawClient.Patience, "what was sent was read");
    }

    /// <summary>Ends the connection, and has the load see it.</summary>
    public void End()
    {
        _socket.Shutdown(SocketShutdown.Send);
        Loop.TurnUntil(() => Connection.Stage == Stage.Ended, RawClient.Patience, "the end was seen");
    }

    public void Dispose()
    {
        Loop.Dispose();
        _socket.Dispose();
        _listener.Dispose();
    }
}
