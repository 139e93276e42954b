using System.Diagnostics;
using System.Text;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// All connections of the load, on one thread: waits for what is ready, reads it into the one buffer, finds the frames, has each checked. It must
/// never be what limits a server, so it does nothing else per delivery.
/// </summary>
/// <remarks>
/// <code>
/// connecting --writable--> upgrading --101--> joining --the dialect says so--> joined --the peer closes--> ended
/// </code>
/// </remarks>
internal sealed class LoadLoop : IDisposable
{
    private const int ReadBytes = 256 * 1024;
    private const int ReadyMax = 64;

    /// <summary>A message larger than this is passed over but for its beginning.</summary>
    private const int WholeBytesMax = 4096;

    private static long s_secret;

    private readonly int _poll = Libc.NewPoll();
    private readonly int _urgent = Libc.NewPoll(); // what is ready there makes the other ready
    private readonly byte[] _buffer = new byte[ReadBytes];
    private readonly Libc.Ready[] _ready = new Libc.Ready[ReadyMax];
    private readonly Libc.Ready[] _readyUrgent = new Libc.Ready[ReadyMax];
    private readonly Dictionary<int, int> _ports = [];
    private LoadConnection?[] _connections = new LoadConnection?[1024];
    private bool _hasUrgent;
    private long _now;

    public LoadLoop() => Libc.Control(_poll, Libc.Add, _urgent, Libc.Readable);

    public FrameWriter Output { get; } = new();

    /// <summary>Frames with an event that were read and checked, of all connections.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Events that receivers are further: deliveries, and those that they missed.</summary>
    public long Advanced { get; set; }

    /// <summary>Own events and acks that came back.</summary>
    public long Acknowledged { get; private set; }

    public long BytesRead { get; private set; }

    public int JoinedCount { get; private set; }

    public int ConnectedCount { get; private set; }

    /// <summary>Connections of the slow that the server closed, by close code.</summary>
    public Dictionary<int, int> Ends { get; } = [];

    /// <summary>Hears of each delivery: who, number, time of the read.</summary>
    public Action<LoadConnection, long, long>? OnDelivery { get; set; }

    /// <summary>Hears of each own event or ack that came back: its number, and the time of the read.</summary>
    public Action<LoadConnection, long, long>? OnAcknowledged { get; set; }

    /// <summary>Hears of each connection that has become a member.</summary>
    public Action<LoadConnection>? OnJoined { get; set; }

    /// <summary>Called between one connection and the next, so that what has a time of its own does not wait for the rest.</summary>
    public Action? Between { get; set; }

    public LoadConnection Open(Dialect dialect, int port, int member, int group, int source, byte from = 1, int receiveBufferBytes = 0, bool isUrgent = false)
    {
        var socket = Libc.Connect(port, from, receiveBufferBytes);
        if (_connections.Length <= socket)
            Array.Resize(ref _connections, Math.Max(socket + 1, _connections.Length * 2));
        var connection = new LoadConnection(socket, dialect, member, group, source) { Poll = isUrgent ? _urgent : _poll };
        _connections[socket] = connection;
        _ports[socket] = port;
        _hasUrgent |= isUrgent;
        Libc.Control(connection.Poll, Libc.Add, socket, Libc.Readable | Libc.Writable);
        return connection;
    }

    public void Close(LoadConnection connection)
    {
        if (_connections[connection.Socket] != connection)
            return;
        _connections[connection.Socket] = null;
        connection.Stage = Stage.Ended;
        Libc.Close(connection.Socket);
    }

    /// <summary>Reads nothing of it from now on, as a member does that hangs; or reads again.</summary>
    public void SetReading(LoadConnection connection, bool reads) => Libc.Control(connection.Poll, Libc.Modify, connection.Socket, reads ? Libc.Readable : 0);

    /// <summary>Reads what is ready now, or within a time.</summary>
    public void Turn(int timeoutMs)
    {
        ServerProcess.ThrowIfEnding();
        var count = Libc.Wait(_poll, _ready, timeoutMs);
        for (var i = 0; i < count; i++)
        {
            if (_connections[(int)_ready[i].Data] is { } connection)
                Serve(connection, _ready[i].Events);
            Between?.Invoke();
            if (_hasUrgent)
                TurnUrgent();
        }
    }

    private void TurnUrgent()
    {
        var count = Libc.Wait(_urgent, _readyUrgent, 0);
        for (var i = 0; i < count; i++)
        {
            if (_connections[(int)_readyUrgent[i].Data] is { } connection)
                Serve(connection, _readyUrgent[i].Events);
        }
    }

    /// <summary>Turns until something is so.</summary>
    /// <exception cref="BrokenPromiseException">It was not within the time: something is lost.</exception>
    public void TurnUntil(Func<bool> done, TimeSpan patience, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(began) > patience)
                throw new BrokenPromiseException($"Not within {patience.TotalSeconds:F0} s: {what}.");
            Turn(5);
        }
    }

    public void TurnFor(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
            Turn(5);
    }

    public FrameWriter Begin()
    {
        Output.Clear();
        Output.Begin();
        return Output;
    }

    public void Clear() => Output.Clear();

    /// <summary>What no other crew's secrets contain.</summary>
    public static long NextSecret() => Interlocked.Increment(ref s_secret);

    /// <summary>Sends what stands in <see cref="Output"/>.</summary>
    public void Send(LoadConnection connection) => Send(connection, Output.Bytes);

    public void Deliver(LoadConnection connection, int source, long number)
    {
        if (connection.Check is not { } check)
            throw new BrokenPromiseException("An event came before its snapshot.");
        Advanced += check.Take(source, number);
        Deliveries++;
        OnDelivery?.Invoke(connection, number, _now);
    }

    /// <summary>A connection's own event, or the answer to it, came back.</summary>
    public void Acknowledge(LoadConnection connection, long number)
    {
        if (number != connection.Acked + 1 && !connection.Dialect.MayMiss)
            throw new BrokenPromiseException($"{number} was acknowledged after {connection.Acked}.");
        connection.Acked = number;
        Acknowledged++;
        OnAcknowledged?.Invoke(connection, number, _now);
    }

    public void Connected(LoadConnection connection) => ConnectedCount += connection.Stage == Stage.Joining ? 1 : 0;

    /// <param name="first">The number of the first event it must hear.</param>
    public void Joined(LoadConnection connection, long first)
    {
        connection.Check = new(connection.Dialect.NumbersAreTheServers ? 1 : Math.Max(1, connection.Dialect.Sources), connection.Dialect.MayMiss, connection.Dialect.NumbersAreTheServers ? first : 1);
        connection.Stage = Stage.Joined;
        JoinedCount++;
        OnJoined?.Invoke(connection);
    }

    public void Refused(LoadConnection connection, ReadOnlySpan<byte> message) =>
        throw new BrokenPromiseException($"Member {connection.Member} was told {Encoding.UTF8.GetString(message[..Math.Min(message.Length, 300)])}");

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            if (connection is not null)
                Close(connection);
        }
        Libc.Close(_urgent);
        Libc.Close(_poll);
    }

    private void Serve(LoadConnection connection, uint events)
    {
        if (connection.Stage == Stage.Connecting)
        {
            connection.Stage = Stage.Upgrading;
            Libc.Control(connection.Poll, Libc.Modify, connection.Socket, Libc.Readable);
            Send(connection, connection.Dialect.Request(connection, _ports[connection.Socket]));
            return;
        }
        if ((events & Libc.Writable) != 0)
        {
            var unsent = connection.Unsent;
            connection.Unsent = [];
            Libc.Control(connection.Poll, Libc.Modify, connection.Socket, Libc.Readable);
            Send(connection, unsent);
        }
        if ((events & ~Libc.Writable) != 0)
            Read(connection);
    }

    private void Send(LoadConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (connection.Unsent.Length > 0)
        {
            connection.Unsent = [.. connection.Unsent, .. bytes];
            return;
        }
        var sent = Libc.Send(connection.Socket, bytes);
        if (sent < 0 && Libc.LastError != Libc.WouldBlock)
        {
            End(connection, $"error {Libc.LastError}");
            return;
        }
        if (Math.Max(0, sent) == bytes.Length)
            return;
        connection.Unsent = bytes[Math.Max(0, sent)..].ToArray();
        Libc.Control(connection.Poll, Libc.Modify, connection.Socket, Libc.Readable | Libc.Writable);
    }

    private void Read(LoadConnection connection)
    {
        var carried = connection.CarryLength;
        connection.Carry.AsSpan(0, carried).CopyTo(_buffer);
        var read = Libc.Receive(connection.Socket, _buffer.AsSpan(carried));
        if (read <= 0)
        {
            if (read == 0 || Libc.LastError is not (Libc.WouldBlock or Libc.Interrupted))
                End(connection, read == 0 ? "end" : $"error {Libc.LastError}");
            return;
        }
        if (OnDelivery is not null || OnAcknowledged is not null)
            _now = Stopwatch.GetTimestamp();
        BytesRead += read;
        var bytes = _buffer.AsSpan(0, carried + read);
        var taken = 0;
        if (connection.Stage == Stage.Upgrading && !TryReadAnswer(connection, bytes, out taken))
        {
            connection.Keep(bytes);
            return;
        }
        taken += Scan(connection, bytes[taken..]);
        connection.Keep(bytes[taken..]);
    }

    private bool TryReadAnswer(LoadConnection connection, ReadOnlySpan<byte> bytes, out int taken)
    {
        taken = bytes.IndexOf("\r\n\r\n"u8) + 4;
        if (taken < 4)
        {
            taken = 0;
            return false;
        }
        if (!bytes.StartsWith("HTTP/1.1 101"u8))
            Refused(connection, bytes);
        connection.Stage = Stage.Joining;
        connection.Dialect.Upgraded(connection, this);
        return true;
    }

    /// <summary>Reads all frames that are whole, and of large ones the beginning; how many bytes that were.</summary>
    private int Scan(LoadConnection connection, ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        var dialect = connection.Dialect;
        while (at < bytes.Length && connection.Stage != Stage.Ended)
        {
            if (connection.Skip > 0)
            {
                var passed = (int)Math.Min(connection.Skip, bytes.Length - at);
                dialect.Passing(connection, bytes.Slice(at, passed));
                at += passed;
                connection.Skip -= passed;
                if (connection.Skip == 0)
                    dialect.Passed(connection, this);
                continue;
            }
            if (!FrameScan.TryRead(bytes[at..], dialect.CutsMessages, out var opcode, out var head, out var length))
                break;
            var isLarge = length > WholeBytesMax && !dialect.CutsMessages;
            var need = isLarge ? WholeBytesMax : (int)length;
            if (bytes.Length - at - head < need)
                break;
            var message = bytes.Slice(at + head, need);
            at += head + need;
            connection.Skip = length - need;
            if (opcode <= FrameScan.Binary)
                dialect.Read(connection, message, this);
            else
                Control(connection, opcode, message);
        }
        return at;
    }

    private void Control(LoadConnection connection, int opcode, ReadOnlySpan<byte> payload)
    {
        if (opcode == FrameScan.Close && payload.Length >= 2)
            connection.CloseCode = (payload[0] << 8) | payload[1];
        if (opcode != FrameScan.Ping)
            return;
        Begin().Say(payload).End(FrameScan.Pong);
        Send(connection);
    }

    private void End(LoadConnection connection, string how)
    {
        if (!connection.MayEnd)
            throw new BrokenPromiseException($"Member {connection.Member} was cut off ({how}, close code {connection.CloseCode}).");
        Ends[connection.CloseCode] = Ends.GetValueOrDefault(connection.CloseCode) + 1;
        Close(connection);
    }
}
