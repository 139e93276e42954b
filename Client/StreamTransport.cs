using System.Buffers;
using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Client;

/// <summary>
/// The client's side of RFC 6455 over a stream, lean enough for thousands in one process: a buffer is rented while there is data and returned when
/// the last message in it has been taken, and several messages that came together are handed out without asking the system again.
/// <code>
///   buffer:  [ ... | message so far | ... | not read yet | room ]      A payload never moves, unless its message is in several frames.
/// </code>
/// </summary>
/// <param name="rest">What came behind the answer to the handshake.</param>
internal sealed class StreamTransport(Stream stream, string? subprotocol, int messageBytesMax, ReadOnlySpan<byte> rest) : ITransport
{
    private const byte FinText = 0x81, FinClose = 0x88, FinPong = 0x8A, Masked = 0x80;
    private const int ControlBytesMax = 125;
    private const int BufferBytes = 4096;
    private const int NoCloseCode = 1005; // RFC 6455 section 7.1.5: a close frame without one

    private readonly SemaphoreSlim _sending = new(1); // pongs are sent by whoever receives
    private readonly FrameReader _frames = new(masked: false, mayCompress: false);
    private byte[] _buffer = Keep(rest);
    private int _end = rest.Length;
    private int _start;
    private int _messageStart;
    private int _messageEnd;
    private byte[]? _control;
    private int _controlBytes;
    private bool _isClosed;
    private int _closesSaid;
    private ProtocolException? _fault;

    private enum Turn
    {
        Starved,
        Message,
        Pinged,
        Closed,
    }

    public string? Subprotocol => subprotocol;

    public int? CloseCode { get; private set; }

    public string? CloseReason { get; private set; }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct) => SendFrameAsync(FinText, message, ct);

    public ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken ct)
    {
        (_messageStart, _messageEnd) = (_start, _start);
        var turn = Next();
        return turn == Turn.Message ? new(Message) : ReceiveMoreAsync(turn, ct);
    }

    public async ValueTask CloseAsync(CancellationToken ct)
    {
        if (Interlocked.Exchange(ref _closesSaid, 1) == 1)
            return;
        var code = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(code, (ushort)Protocol.Wire.CloseCode.Normal);
        await SendFrameAsync(FinClose, code, ct).ConfigureAwait(false);
    }

    public void Abort() => stream.Dispose();

    public ValueTask DisposeAsync()
    {
        stream.Dispose();
        ReturnBuffer();
        return default;
    }

    private ReadOnlyMemory<byte>? Message => _buffer.AsMemory(_messageStart, _messageEnd - _messageStart);

    private async ValueTask<ReadOnlyMemory<byte>?> ReceiveMoreAsync(Turn turn, CancellationToken ct)
    {
        for (; ; turn = Next())
        {
            switch (turn)
            {
                case Turn.Message:
                    return Message;
                case Turn.Closed:
                    return null;
                case Turn.Pinged:
                    await SendFrameAsync(FinPong, _control.AsMemory(0, _controlBytes), ct).ConfigureAwait(false);
                    break;
                default:
                    await FillAsync(ct).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Reads what is in the buffer, up to something that must be acted on.</summary>
    private Turn Next()
    {
        if (_fault is not null)
            throw _fault;
        while (!_isClosed)
        {
            ReadOnlySpan<byte> input = _buffer.AsSpan(_start, _end - _start);
            var isControl = _frames.Head.IsControl;
            var step = _frames.Read(ref input, isControl ? _control.AsSpan(_controlBytes) : _buffer.AsSpan(_messageEnd, _end - _messageEnd), out var written);
            _start = _end - input.Length;
            if (isControl)
                _controlBytes += written;
            else
                _messageEnd += written;
            switch (step)
            {
                case FrameStep.Began:
                    Begin(_frames.Head);
                    break;
                case FrameStep.Ended when isControl:
                    if (HearControl() is { } turn)
                        return turn;
                    break;
                case FrameStep.Ended when _frames.Head.IsFinal:
                    return Turn.Message;
                case FrameStep.Broken:
                    var fault = _frames.Fault!.Value.Describe();
                    throw Broken(fault.Word, $"The server sent what no server may: {fault.Reason}");
                case FrameStep.Starved:
                    return Turn.Starved;
            }
        }
        return Turn.Closed;
    }

    private void Begin(FrameHead head)
    {
        if (head.IsControl)
        {
            (_control, _controlBytes) = (_control ?? new byte[ControlBytesMax], 0);
            return;
        }
        if (_frames.MessageOpcode == FrameOpcode.Binary)
            throw Broken("not_text", "The server sent a binary message.");
        if (head.Opcode != FrameOpcode.Continuation)
            (_messageStart, _messageEnd) = (_start, _start);
        if (head.Length > messageBytesMax - (_messageEnd - _messageStart))
            throw Broken("message_too_large", $"A message is larger than {messageBytesMax} bytes.");
    }

    /// <summary>What a frame that was refused goes on with is nobody's: nothing more is read, and each receive says why.</summary>
    private ProtocolException Broken(string code, string message)
    {
        _fault = new(code, message);
        Abort();
        return _fault;
    }

    private Turn? HearControl()
    {
        switch (_frames.Head.Opcode)
        {
            case FrameOpcode.Ping:
                return Turn.Pinged;
            case FrameOpcode.Close:
                var payload = _control.AsSpan(0, _controlBytes);
                if (!ClosePayload.TryRead(payload, out var code))
                    throw Broken("protocol_error", "The server sent a close frame that breaks a rule.");
                (CloseCode, CloseReason) = (code ?? NoCloseCode, payload.Length > 2 ? Encoding.UTF8.GetString(payload[2..]) : null);
                _isClosed = true;
                return Turn.Closed;
            default:
                return null; // a pong nobody asked for
        }
    }

    /// <summary>All that came has been read. Waits for more: without a buffer where nothing has begun.</summary>
    private async ValueTask FillAsync(CancellationToken ct)
    {
        try
        {
            if (_frames.IsBetweenMessages)
            {
                ReturnBuffer();
                await stream.ReadAsync(Memory<byte>.Empty, ct).ConfigureAwait(false);
                _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            }
            else
            {
                MakeRoom();
            }
            var count = await stream.ReadAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
            if (count == 0)
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, "The connection ended without a close frame.");
            _end += count;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, failure);
        }
        catch (OperationCanceledException)
        {
            Abort(); // as a WebSocket does: what came meanwhile is nobody's
            throw;
        }
    }

    /// <summary>Room for the rest of the frame, as far as it is known; the message so far moves to the front of a larger buffer where it must.</summary>
    private void MakeRoom()
    {
        var length = _messageEnd - _messageStart;
        if (_buffer.Length - _messageEnd < BufferBytes / 2)
        {
            var expected = _frames.Head.IsControl ? 0 : (int)Math.Min(_frames.Head.Length, messageBytesMax);
            var larger = ArrayPool<byte>.Shared.Rent(length + Math.Max(BufferBytes, expected));
            _buffer.AsSpan(_messageStart, length).CopyTo(larger);
            ReturnBuffer();
            (_buffer, _messageEnd) = (larger, length);
        }
        (_start, _end) = (_messageEnd, _messageEnd);
    }

    private async ValueTask SendFrameAsync(byte first, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var frame = ArrayPool<byte>.Shared.Rent(FrameHeader.BytesMax + 4 + payload.Length);
        try
        {
            var length = Write(frame, first, payload.Span);
            await _sending.WaitAsync(ct).ConfigureAwait(false);
            try
            {
                if (first == FinText && Volatile.Read(ref _closesSaid) == 1)
                    throw new WebSocketException(WebSocketError.InvalidState, "Nothing can be said after the goodbye."); // section 5.5.1
                await stream.WriteAsync(frame.AsMemory(0, length), ct).ConfigureAwait(false);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, failure);
        }
        catch (OperationCanceledException)
        {
            Abort(); // half a frame cannot be taken back
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>A final frame, masked with a key of its own (section 5.3).</summary>
    private static int Write(Span<byte> frame, byte first, ReadOnlySpan<byte> payload)
    {
        var head = FrameHeader.Write(frame, first, payload.Length);
        frame[1] |= Masked;
        var key = frame.Slice(head, 4);
        RandomNumberGenerator.Fill(key);
        Masking.Copy(payload, frame[(head + 4)..], BinaryPrimitives.ReadUInt32LittleEndian(key));
        return head + 4 + payload.Length;
    }

    private static byte[] Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return [];
        var kept = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(kept);
        return kept;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end, _messageStart, _messageEnd) = ([], 0, 0, 0, 0);
    }
}
