using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EventOnly.Tests.Support;

/// <summary>
/// A client made by hand on a TCP connection, so that it can do what no library would: speak malformed HTTP and frames, stop in the middle,
/// read nothing. Every wait has a deadline.
/// </summary>
internal sealed class RawClient : IAsyncDisposable
{
    public const int Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    /// <summary>How long a test waits for what must happen at once. Only a failing test waits so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly byte[] s_mask = [0x12, 0x34, 0x56, 0x78];
    private static int s_lastRequest;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private RawClient(Socket socket) => _socket = socket;

    internal sealed record Frame(bool Final, int Reserved, int Opcode, byte[] Payload)
    {
        /// <summary>A close frame's status code.</summary>
        public int Code => BinaryPrimitives.ReadUInt16BigEndian(Payload);
    }

    /// <summary>The server's answer to a request that was not upgraded, or the head of one that was.</summary>
    internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

    /// <summary>All messages heard so far, in order.</summary>
    public List<Heard> Transcript { get; } = [];

    /// <summary>Its public session id in the project it joined last.</summary>
    public string Session { get; private set; } = "";

    /// <summary>The secret it joined last with.</summary>
    public string Secret { get; private set; } = "";

    public static async Task<RawClient> DialAsync(int port, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
            socket.ReceiveBufferSize = bytes; // before connecting: it bounds the window
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new(socket);
    }

    /// <summary>Speaks HTTP: sends a request's text as it stands and reads the answer.</summary>
    public async Task<HttpAnswer> AskAsync(string request)
    {
        await SendRawAsync(Encoding.Latin1.GetBytes(request));
        var lines = (await ReadToBlankLineAsync()).Split("\r\n");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        var status = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        return new(status, headers, status == 101 ? "" : await ReadBodyAsync(headers));
    }

    public static string Handshake(int port, string headers = "Sec-WebSocket-Protocol: eventonly.v1\r\n", string path = "/ws") =>
        $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n";

    public async Task UpgradeAsync()
    {
        var answer = await AskAsync(Handshake(((IPEndPoint)_socket.RemoteEndPoint!).Port));
        answer.Status.Should().Be(101, answer.Body);
        answer.Headers["Sec-WebSocket-Accept"].Should().Be("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "RFC 6455 section 1.3 says so for this key");
    }

    public async Task<Heard> IntroduceAsync(string user)
    {
        await SayAsync($$$"""{"type":"connect","user":{"name":"{{{user}}}"}}""");
        return await HearAsync("connected");
    }

    /// <summary>Joins and hears <c>joined</c> and, unless it resumed, the whole snapshot.</summary>
    /// <param name="more">More properties of the message, beginning with a comma.</param>
    public async Task<Heard> JoinAsync(string project, string more = "", string? secret = null)
    {
        Secret = secret ?? Guid.NewGuid().ToString("n");
        var id = NewId();
        await SayAsync($$$"""{"type":"join","id":"{{{id}}}","project":"{{{project}}}","session":"{{{Secret}}}"{{{more}}}}""");
        var joined = await HearAsync("joined");
        joined.Word("id").Should().Be(id);
        Session = joined.Word("session")!;
        if (!joined.Flag("recovered"))
            await HearSnapshotAsync();
        return joined;
    }

    public async Task<List<Heard>> HearSnapshotAsync()
    {
        var parts = new List<Heard>();
        do
            parts.Add(await HearAsync("snapshot"));
        while (!parts[^1].Has("hash"));
        return parts;
    }

    /// <summary>Says a request and hears its answer, whatever else comes before. <c>$id</c> in the text stands for a new id.</summary>
    public async Task<Heard> RequestAsync(string json)
    {
        var id = NewId();
        await SayAsync(json.Replace("$id", id, StringComparison.Ordinal));
        while (true)
        {
            var heard = await NextAsync();
            if (heard.Word("id") == id)
                return heard;
        }
    }

    public Task SayAsync(string text) => SendAsync(Text, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends one frame, well-formed unless asked otherwise.</summary>
    public Task SendAsync(int opcode, ReadOnlyMemory<byte> payload, bool final = true, int reserved = 0, bool masked = true) =>
        SendRawAsync(Encode(opcode, payload.Span, final, reserved, masked));

    public static byte[] Encode(int opcode, ReadOnlySpan<byte> payload, bool final = true, int reserved = 0, bool masked = true)
    {
        var frame = new List<byte>(payload.Length + 14) { (byte)((final ? 0x80 : 0) | reserved << 4 | opcode) };
        var maskBit = masked ? 0x80 : 0;
        Span<byte> length = stackalloc byte[8];
        switch (payload.Length)
        {
            case <= 125:
                frame.Add((byte)(maskBit | payload.Length));
                break;
            case <= ushort.MaxValue:
                frame.Add((byte)(maskBit | 126));
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
                frame.AddRange(length[..2]);
                break;
            default:
                frame.Add((byte)(maskBit | 127));
                BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
                frame.AddRange(length);
                break;
        }
        if (masked)
            frame.AddRange(s_mask);
        for (var i = 0; i < payload.Length; i++)
            frame.Add((byte)(payload[i] ^ (masked ? s_mask[i % 4] : 0)));
        return [.. frame];
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (bytes.Length > 0)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, deadline.Token)..];
    }

    /// <summary>Sends until the peer takes no more for a while; how many bytes it took. For those who want to see a server push back.</summary>
    public async Task<long> FloodAsync(ReadOnlyMemory<byte> bytes, long bytesMax, TimeSpan stalled)
    {
        var sent = 0L;
        try
        {
            while (sent < bytesMax)
            {
                using var deadline = new CancellationTokenSource(stalled);
                for (var rest = bytes; rest.Length > 0;)
                {
                    var count = await _socket.SendAsync(rest, SocketFlags.None, deadline.Token);
                    rest = rest[count..];
                    sent += count;
                }
            }
        }
        catch (Exception stop) when (stop is OperationCanceledException or SocketException)
        {
        }
        return sent;
    }

    public Task SendCloseAsync(int code = 1000)
    {
        var payload = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        return SendAsync(Close, payload);
    }

    public async Task<Frame> HearFrameAsync()
    {
        await FillAsync(2);
        var (first, second) = (_buffer[_start], _buffer[_start + 1]);
        (second & 0x80).Should().Be(0, "a server masks nothing");
        var (head, length) = (2, (long)second);
        if (length == 126)
        {
            await FillAsync(4);
            (head, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start + 2)));
        }
        else if (length == 127)
        {
            await FillAsync(10);
            (head, length) = (10, BinaryPrimitives.ReadInt64BigEndian(_buffer.AsSpan(_start + 2)));
        }
        await FillAsync(head + (int)length);
        var payload = _buffer.AsSpan(_start + head, (int)length).ToArray();
        _start += head + (int)length;
        return new((first & 0x80) != 0, first >> 4 & 7, first & 0xF, payload);
    }

    /// <summary>The next message; pongs are passed over. A close frame instead of one fails the test.</summary>
    public async Task<Heard> NextAsync()
    {
        var frame = await HearFrameAsync();
        while (frame.Opcode == Pong)
            frame = await HearFrameAsync();
        frame.Opcode.Should().Be(Text, "a message was expected; before it came:\n" + string.Join('\n', Transcript.TakeLast(5)));
        frame.Final.Should().BeTrue();
        frame.Reserved.Should().Be(0);
        var heard = new Heard(frame.Payload);
        Transcript.Add(heard);
        return heard;
    }

    /// <summary>The next message of a type; others that come before it are passed over.</summary>
    public async Task<Heard> HearAsync(string type, Predicate<Heard>? where = null, string? orType = null)
    {
        while (true)
        {
            var heard = await NextAsync();
            if ((heard.Type == type || heard.Type == orType) && (where is null || where(heard)))
                return heard;
        }
    }

    /// <summary>
    /// All that is on its way to a member, told by a broadcast of its own, which comes after everything else. The broadcast is not among them.
    /// </summary>
    public async Task<List<Heard>> HearAllAsync(string project = "apollo")
    {
        var topic = "fence-" + NewId();
        var from = Transcript.Count;
        await SayAsync($$$"""{"type":"broadcast","project":"{{{project}}}","topic":"{{{topic}}}","data":0}""");
        await HearAsync("broadcast", heard => heard.Word("topic") == topic);
        return Transcript[from..^1];
    }

    /// <summary>Listens until the server closes; the status code. What was said before it is in <see cref="Transcript"/>.</summary>
    public async Task<int> HearCloseAsync()
    {
        while (true)
        {
            var frame = await HearFrameAsync();
            if (frame.Opcode == Close)
                return frame.Code;
            if (frame.Opcode == Text)
                Transcript.Add(new(frame.Payload));
        }
    }

    /// <summary>Bytes that came before the line ended and were not looked at.</summary>
    public long Rest { get; private set; }

    /// <summary>Reads what is left until the server ends the TCP connection; whether it ended it in order, not by a reset.</summary>
    public async Task<bool> HearEndAsync()
    {
        try
        {
            do
            {
                Rest += _end - _start;
                _start = _end;
            }
            while (await ReceiveAsync());
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Cuts the line without a word.</summary>
    public void Vanish() => _socket.Close(0);

    /// <summary>Says that nothing more will be sent, and goes on listening.</summary>
    public void ShutDownSending() => _socket.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private static string NewId() => $"r{Interlocked.Increment(ref s_lastRequest)}";

    private async Task<string> ReadToBlankLineAsync()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
            {
                var head = Encoding.Latin1.GetString(_buffer, _start, at);
                _start += at + 4;
                return head;
            }
            await FillAsync(_end - _start + 1);
        }
    }

    private async Task<string> ReadBodyAsync(Dictionary<string, string> headers)
    {
        var body = new StringBuilder();
        if (!headers.TryGetValue("Transfer-Encoding", out _))
            return await ReadTextAsync(int.Parse(headers.GetValueOrDefault("Content-Length", "0"), System.Globalization.CultureInfo.InvariantCulture));
        while (true)
        {
            var length = Convert.ToInt32(await ReadLineAsync(), 16);
            body.Append(await ReadTextAsync(length));
            await ReadLineAsync();
            if (length == 0)
                return body.ToString();
        }
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (await ReadTextAsync(1) is var c && c != "\n")
            line.Append(c);
        return line.ToString().TrimEnd('\r');
    }

    private async Task<string> ReadTextAsync(int length)
    {
        await FillAsync(length);
        var text = Encoding.UTF8.GetString(_buffer, _start, length);
        _start += length;
        return text;
    }

    /// <summary>Makes sure that so many bytes stand in the buffer.</summary>
    private async Task FillAsync(int count)
    {
        while (_end - _start < count)
        {
            if (!await ReceiveAsync(count))
                throw new EndOfStreamException("The server ended the line. Before that came:\n" + string.Join('\n', Transcript.TakeLast(5)));
        }
    }

    private async Task<bool> ReceiveAsync(int wanted = 1)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_buffer.Length < wanted || _end == _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, wanted));
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, deadline.Token);
            _end += count;
            return count > 0;
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException("The server said nothing for too long. Before that came:\n" + string.Join('\n', Transcript.TakeLast(5)), late);
        }
    }
}
