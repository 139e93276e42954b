using System.Buffers;
using System.IO.Pipelines;
using System.Text.Unicode;
using EventOnly.Protocol.Wire;

namespace EventOnly.Server.Connections;

/// <summary>What came from the peer, or how its side ended.</summary>
internal enum Came
{
    Message,

    /// <summary>A ping; what is to be answered is in <see cref="Received.Bytes"/>, a whole frame.</summary>
    Ping,

    /// <summary>The peer's close.</summary>
    Close,

    /// <summary>The line ended without a close.</summary>
    LineEnd,

    /// <summary>A reason to close the connection: <see cref="Received.Code"/>.</summary>
    Fault,
}

/// <param name="Bytes">The message, valid until <see cref="MessageReader.Release"/>; or a pong.</param>
/// <param name="IsText">Whether the message is text, not binary.</param>
/// <param name="WasCompressed">Whether it came compressed.</param>
/// <param name="Code">Why the connection is to be closed, or the code that the peer closed with.</param>
internal readonly record struct Received(Came Came, ReadOnlyMemory<byte> Bytes = default, bool IsText = true, bool WasCompressed = false, CloseCode? Code = null);

/// <summary>What a connection's reader takes.</summary>
/// <param name="MessageBytesMax">Bytes of a message, inflated.</param>
/// <param name="MayCompress">Whether permessage-deflate was agreed on.</param>
/// <param name="TakesBinary">Whether binary messages are heard as well.</param>
internal sealed record ReadingRules(int MessageBytesMax, bool MayCompress = false, bool TakesBinary = false)
{
    /// <summary>
    /// Frames of one message: as many as there may be if each carries 16 bytes. More is an endless trickle of fragments, not a message.
    /// </summary>
    public int FramesMax => MessageBytesMax / 16;

    /// <summary>Bytes of a compressed message as it comes: what cannot be compressed grows a little.</summary>
    public int CompressedBytesMax => MessageBytesMax + MessageBytesMax / 16 + 64;
}

/// <summary>
/// Whole messages from what comes in, within the limits. Waits for nothing: who owns it waits with <see cref="WaitAsync"/>, gives what came to
/// <see cref="Take"/>, and then reads until there is nothing more to read. Memory is rented for a message only while one is being read or heard, as much as
/// has come of it, never as much as is announced; between messages it owns none. At most one reader.
/// </summary>
internal sealed class MessageReader(PipeReader input, ReadingRules rules, TimeProvider time) : IDisposable
{
    private const int FirstBytes = 1024;
    private const int PongHead = 2;
    private const byte FinPong = 0x8A;

    private readonly FrameReader _frames = new(masked: true, rules.MayCompress);
    private ReadOnlySequence<byte> _unread;
    private bool _holds; // what the pipe gave is not given back yet
    private bool _hasEnded;
    private bool _isSkipping;
    private byte[]? _rented;
    private int _length;
    private int _frameCount;
    private byte[]? _control; // the payload of a close, or the pong for a ping
    private int _controlLength;
    private long _begunAt;

    /// <summary>How long what is coming in has been coming and is not complete; zero between messages.</summary>
    public TimeSpan Receiving => Volatile.Read(ref _begunAt) is var begun and not 0 ? time.GetElapsedTime(begun) : TimeSpan.Zero;

    /// <summary>Waits until something comes. To be called when <see cref="TryRead"/> found nothing more.</summary>
    public ValueTask<ReadResult> WaitAsync() => input.ReadAsync();

    public void Take(ReadResult came)
    {
        (_unread, _holds, _hasEnded) = (came.Buffer, true, came.IsCompleted || came.IsCanceled);
        GiveBackIfRead();
    }

    /// <summary>From here on only the peer's close or the end of the line is told: what else still comes is read and forgotten.</summary>
    public void Skip()
    {
        _isSkipping = true;
        Volatile.Write(ref _begunAt, 0);
        Release();
    }

    /// <summary>The next that came; false where more has to come first.</summary>
    public bool TryRead(out Received received)
    {
        received = default;
        while (!_unread.IsEmpty)
        {
            var part = _unread.FirstSpan;
            var rest = part;
            var isSomething = TryReadPart(ref rest, out received);
            _unread = part.IsEmpty ? WithoutFirst(_unread) : _unread.Slice(part.Length - rest.Length);
            if (isSomething)
            {
                GiveBackIfRead();
                return true;
            }
        }
        GiveBackIfRead();
        NoticeBeginning();
        if (_hasEnded)
            received = new(Came.LineEnd);
        return _hasEnded;
    }

    private static ReadOnlySequence<byte> WithoutFirst(ReadOnlySequence<byte> bytes)
    {
        var next = bytes.Start;
        bytes.TryGet(ref next, out _);
        return bytes.Slice(next);
    }

    private void GiveBackIfRead()
    {
        if (!_holds || !_unread.IsEmpty)
            return;
        input.AdvanceTo(_unread.End);
        (_unread, _holds) = (default, false);
    }

    /// <summary>The clock is looked at only for what did not come in one piece.</summary>
    private void NoticeBeginning()
    {
        if (_frames.IsBetweenMessages || _isSkipping)
            Volatile.Write(ref _begunAt, 0);
        else if (_begunAt == 0)
            Volatile.Write(ref _begunAt, time.GetTimestamp());
    }

    private bool TryReadPart(ref ReadOnlySpan<byte> part, out Received received)
    {
        received = default;
        while (true)
        {
            var written = 0;
            var step = IsForgotten ? _frames.Skip(ref part) : _frames.Read(ref part, Room, out written);
            Count(written);
            switch (step)
            {
                case FrameStep.Starved:
                    return false;
                case FrameStep.Began when Begin(part.Length) is { } fault:
                    received = new(Came.Fault, Code: fault);
                    return true;
                case FrameStep.Full:
                    Grow();
                    break;
                case FrameStep.Ended when End() is { } something:
                    received = something;
                    return true;
                case FrameStep.Broken when _isSkipping:
                    part = default; // no frame can be told from another any more: the line's end is all that can come
                    return false;
                case FrameStep.Broken:
                    received = new(Came.Fault, Code: _frames.Fault);
                    return true;
            }
        }
    }

    /// <summary>A pong asks for nothing; of what is skipped only the close matters, and that it comes.</summary>
    private bool IsForgotten => _isSkipping || _frames.Head.Opcode == FrameOpcode.Pong;

    private Span<byte> Room => _frames.Head.IsControl ? _control.AsSpan(_controlLength) : _rented.AsSpan(_length);

    private void Count(int written)
    {
        if (_frames.Head.IsControl)
            _controlLength += written;
        else
            _length += written;
    }

    /// <summary>Looks at a frame's head, before anything is kept of it. Why the connection is to be closed, if it is.</summary>
    private CloseCode? Begin(int come)
    {
        var head = _frames.Head;
        if (_isSkipping)
            return null;
        if (head.IsControl)
        {
            _controlLength = 0;
            _control = head.Opcode switch
            {
                FrameOpcode.Ping => new byte[PongHead + head.Length],
                FrameOpcode.Close when head.Length > 0 => new byte[head.Length],
                _ => null,
            };
            if (head.Opcode == FrameOpcode.Ping)
                (_control![0], _control[1], _controlLength) = (FinPong, (byte)head.Length, PongHead);
            return null;
        }
        if (_frames.MessageOpcode == FrameOpcode.Binary && !rules.TakesBinary)
            return CloseCode.NotText;
        if (head.Length > (_frames.IsMessageCompressed ? rules.CompressedBytesMax : rules.MessageBytesMax) - _length || ++_frameCount > rules.FramesMax)
            return CloseCode.MessageTooLarge;
        MakeRoomFor((int)Math.Min(head.Length, Math.Max(come, FirstBytes)));
        return null;
    }

    private Received? End()
    {
        var head = _frames.Head;
        if (head.Opcode == FrameOpcode.Close && _isSkipping)
            return new(Came.Close);
        if (head.Opcode == FrameOpcode.Close)
        {
            return ClosePayload.TryRead(_control, out var code)
                ? new(Came.Close, Code: (CloseCode?)code)
                : new(Came.Fault, Code: CloseCode.ProtocolError);
        }
        if (head.Opcode == FrameOpcode.Ping && !_isSkipping)
        {
            var pong = _control;
            (_control, _controlLength) = (null, 0); // the mailbox's now
            return new(Came.Ping, pong);
        }
        return head.IsControl || !head.IsFinal || _isSkipping ? null : EndMessage();
    }

    private Received EndMessage()
    {
        if (_begunAt != 0)
            Volatile.Write(ref _begunAt, 0); // how long it is heard is not how long it comes
        if (_frames.IsMessageCompressed)
            MakeRoomFor(MessageDeflate.TailBytes);
        var (isText, length) = (_frames.MessageOpcode == FrameOpcode.Text, _length);
        (_length, _frameCount) = (0, 0);
        if (!_frames.IsMessageCompressed)
            return new(Came.Message, _rented.AsMemory(0, length), isText);

        var fault = MessageDeflate.Inflate(_rented!, length, rules.MessageBytesMax, out var inflated, out var bytes);
        Release();
        _rented = inflated;
        if (fault is null && isText && !Utf8.IsValid(inflated.AsSpan(0, bytes)))
            fault = CloseCode.NotUtf8;
        return fault is null
            ? new(Came.Message, inflated.AsMemory(0, bytes), isText, WasCompressed: true)
            : new(Came.Fault, Code: fault);
    }

    private void Grow() => MakeRoomFor(Math.Max(FirstBytes, _length)); // twice as much

    private void MakeRoomFor(int more)
    {
        if (more == 0 || (_rented is not null && _rented.Length - _length >= more))
            return;
        var larger = ArrayPool<byte>.Shared.Rent(_length + more);
        _rented.AsSpan(0, _length).CopyTo(larger);
        Release();
        _rented = larger;
    }

    /// <summary>Gives a message's memory back. To be called once it has been heard, not while another is coming.</summary>
    public void Release()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }

    public void Dispose() => Release();
}
