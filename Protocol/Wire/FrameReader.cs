using System.Runtime.CompilerServices;

namespace EventOnly.Protocol.Wire;

/// <summary>What a <see cref="FrameReader"/> came to.</summary>
public enum FrameStep
{
    /// <summary>All input is used up, and the frame goes on.</summary>
    Starved,

    /// <summary>The head of a frame has been read: <see cref="FrameReader.Head"/>. Its payload follows, be it empty.</summary>
    Began,

    /// <summary>There is no more room, and the payload goes on.</summary>
    Full,

    /// <summary>The payload is complete, and with it the frame.</summary>
    Ended,

    /// <summary>The peer broke a rule: <see cref="FrameReader.Fault"/>. Nothing more can be read.</summary>
    Broken,
}

/// <summary>
/// Reads the frames of one side of a connection (RFC 6455 section 5) from bytes that come in pieces, wherever those are cut, and knows all rules of frames
/// and of how they follow each other. No input, no waiting, no buffer but for a head: whoever calls says where a payload goes. A text that is not
/// compressed is checked for UTF-8 as it comes, and fails with the first byte that is not.
/// <code>
///   head --Began--▶ payload --Ended--▶ head         Starved: come again with more input      Full: come again with more room
/// </code>
/// </summary>
/// <param name="masked">Whether the peer must mask: clients must, servers must not.</param>
/// <param name="mayCompress">Whether permessage-deflate (RFC 7692) was agreed on.</param>
public sealed class FrameReader(bool masked, bool mayCompress)
{
    private HeadBytes _head;
    private int _headBytes;
    private bool _inPayload;
    private bool _inMessage;
    private long _left;
    private uint _key;
    private Utf8Check _text;

    [InlineArray(FrameHead.BytesMax)]
    private struct HeadBytes
    {
        private byte _first;
    }

    /// <summary>The head of the frame that is being read, or was last.</summary>
    public FrameHead Head { get; private set; }

    /// <summary>Text or binary: what the message is whose frames are being read, or were last.</summary>
    public FrameOpcode MessageOpcode { get; private set; }

    /// <summary>Whether that message is compressed.</summary>
    public bool IsMessageCompressed { get; private set; }

    /// <summary>Which rule the peer broke; null where it broke none.</summary>
    public CloseCode? Fault { get; private set; }

    /// <summary>Whether nothing of a frame and nothing of a message has come that is not complete.</summary>
    public bool IsBetweenMessages => !_inPayload && !_inMessage && _headBytes == 0;

    /// <summary>Reads on.</summary>
    /// <param name="input">What has come; moved behind what was read.</param>
    /// <param name="room">Where the payload goes, unmasked.</param>
    /// <param name="written">How much of it was written: also where the step is <see cref="FrameStep.Ended"/> or <see cref="FrameStep.Starved"/>.</param>
    public FrameStep Read(ref ReadOnlySpan<byte> input, Span<byte> room, out int written)
    {
        written = 0;
        if (Fault is not null)
            return FrameStep.Broken;
        if (!_inPayload)
            return TryReadHead(ref input) ? FrameStep.Began : Fault is null ? FrameStep.Starved : FrameStep.Broken;

        written = (int)Math.Min(_left, Math.Min(input.Length, room.Length));
        var from = input[..written];
        var to = room[..written];
        if (masked)
            _key = Masking.Copy(from, to, _key);
        else
            from.CopyTo(to);
        input = input[written..];
        _left -= written;
        if (ChecksText && !_text.TryAdd(to))
            return Break(CloseCode.NotUtf8);
        if (_left > 0)
            return input.IsEmpty ? FrameStep.Starved : FrameStep.Full;
        return End();
    }

    /// <summary>Reads on like <see cref="Read"/>, but forgets the payload and looks at no text. Once begun, for the rest of the connection or of a control frame.</summary>
    public FrameStep Skip(ref ReadOnlySpan<byte> input)
    {
        if (Fault is not null || !_inPayload)
            return Read(ref input, default, out _);
        var count = (int)Math.Min(_left, input.Length);
        input = input[count..];
        _left -= count;
        if (_left > 0)
            return FrameStep.Starved;
        if (!Head.IsControl)
            _text = default;
        return End();
    }

    private bool ChecksText => MessageOpcode == FrameOpcode.Text && !IsMessageCompressed && !Head.IsControl;

    private FrameStep End()
    {
        _inPayload = false;
        if (Head is { IsControl: false, IsFinal: true })
        {
            _inMessage = false;
            if (ChecksText && !_text.IsComplete)
                return Break(CloseCode.NotUtf8);
        }
        return FrameStep.Ended;
    }

    private FrameStep Break(CloseCode fault)
    {
        Fault = fault;
        return FrameStep.Broken;
    }

    private bool TryReadHead(ref ReadOnlySpan<byte> input)
    {
        if (_headBytes == 0 && input.Length >= 2 && input.Length >= FrameHead.BytesOf(input[1]))
        {
            var length = FrameHead.BytesOf(input[1]);
            var head = input[..length];
            input = input[length..];
            return IsLawful(head) && TryBegin(head);
        }
        return TryGather(ref input, 2) && IsLawful(_head) && TryGather(ref input, FrameHead.BytesOf(_head[1])) && TryBegin(_head[.._headBytes]);
    }

    private bool TryGather(ref ReadOnlySpan<byte> input, int wanted)
    {
        for (; _headBytes < wanted && !input.IsEmpty; input = input[1..])
            _head[_headBytes++] = input[0];
        return _headBytes >= wanted;
    }

    private bool IsLawful(ReadOnlySpan<byte> head)
    {
        if (FrameHead.IsLawful(head[0], head[1], masked, mayCompress))
            return true;
        Fault = CloseCode.ProtocolError;
        return false;
    }

    private bool TryBegin(ReadOnlySpan<byte> bytes)
    {
        // A message's first frame is text or binary, the others are continuations.
        if (!FrameHead.TryRead(bytes, out var head) || (!head.IsControl && head.Opcode == FrameOpcode.Continuation != _inMessage))
        {
            Fault = CloseCode.ProtocolError;
            return false;
        }
        if (!head.IsControl && !_inMessage)
            (_inMessage, MessageOpcode, IsMessageCompressed, _text) = (true, head.Opcode, head.IsCompressed, default);
        (Head, _left, _key, _inPayload, _headBytes) = (head, head.Length, head.Key, true, 0);
        return true;
    }
}
