using System.Buffers.Binary;

namespace EventOnly.Protocol.Wire;

/// <summary>What a frame is (RFC 6455 section 11.8); all others are reserved.</summary>
public enum FrameOpcode
{
    /// <summary>More of the message that an earlier frame began.</summary>
    Continuation = 0,

    /// <summary>Begins a text message.</summary>
    Text = 1,

    /// <summary>Begins a binary message.</summary>
    Binary = 2,

    /// <summary>The last frame of its sender.</summary>
    Close = 8,

    /// <summary>Asks for a pong with the same payload.</summary>
    Ping = 9,

    /// <summary>Answers a ping, or nothing.</summary>
    Pong = 10,
}

/// <summary>
/// The head of a frame as it came in (RFC 6455 section 5.2):
/// <code>
///   FIN 1 bit, RSV1..3 3 bits, opcode 4 bits | MASK 1 bit, length 7 bits | 126: length 2 bytes, 127: length 8 bytes | MASK: key 4 bytes
/// </code>
/// </summary>
/// <param name="Opcode">What the frame is.</param>
/// <param name="IsFinal">Whether its message ends with it.</param>
/// <param name="IsCompressed">RSV1: the message that begins with it is compressed (RFC 7692 section 6).</param>
/// <param name="Length">Bytes of its payload.</param>
/// <param name="Key">What the payload is masked with, the first byte lowest; 0 where it is not.</param>
public readonly record struct FrameHead(FrameOpcode Opcode, bool IsFinal, bool IsCompressed, long Length, uint Key)
{
    internal const int BytesMax = 14;

    private const int Fin = 0x80, Rsv1 = 0x40, Rsv2And3 = 0x30, OpcodeBits = 0x0F, Mask = 0x80, LengthBits = 0x7F;
    private const int ControlBytesMax = 125;

    /// <summary>Whether it is a close, ping or pong, which may stand between the frames of a message.</summary>
    public bool IsControl => Opcode >= FrameOpcode.Close;

    /// <summary>How many bytes the head has whose second byte this is.</summary>
    internal static int BytesOf(byte second) => 2 + (second & LengthBits) switch { 126 => 2, 127 => 8, _ => 0 } + (IsMasked(second) ? 4 : 0);

    private static bool IsMasked(byte second) => (second & Mask) != 0;

    /// <summary>Whether a peer may send a frame that begins like this; the rest of the head need not be there for it to be known.</summary>
    /// <param name="first">The head's first byte.</param>
    /// <param name="second">The head's second byte.</param>
    /// <param name="masked">Whether the peer must mask: clients must, servers must not.</param>
    /// <param name="mayCompress">Whether RSV1 was given a meaning at the handshake.</param>
    internal static bool IsLawful(byte first, byte second, bool masked, bool mayCompress)
    {
        var opcode = (FrameOpcode)(first & OpcodeBits);
        if (IsMasked(second) != masked || (first & Rsv2And3) != 0)
            return false;
        return opcode switch
        {
            FrameOpcode.Text or FrameOpcode.Binary => mayCompress || (first & Rsv1) == 0,
            FrameOpcode.Continuation => (first & Rsv1) == 0, // the bit speaks for the message, so it stands on its first frame
            FrameOpcode.Close or FrameOpcode.Ping or FrameOpcode.Pong => (first & (Fin | Rsv1)) == Fin && (second & LengthBits) <= ControlBytesMax,
            _ => false,
        };
    }

    /// <summary>Reads a head that is all there. False where its length is not written in the shortest form, or has its highest bit set.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> head, out FrameHead read)
    {
        var (length, shortest) = (head[1] & LengthBits) switch
        {
            126 => (BinaryPrimitives.ReadUInt16BigEndian(head[2..]), ControlBytesMax + 1),
            127 => (BinaryPrimitives.ReadInt64BigEndian(head[2..]), ushort.MaxValue + 1),
            var small => (small, 0),
        };
        var key = IsMasked(head[1]) ? BinaryPrimitives.ReadUInt32LittleEndian(head[^4..]) : 0;
        read = new((FrameOpcode)(head[0] & OpcodeBits), (head[0] & Fin) != 0, (head[0] & Rsv1) != 0, length, key);
        return length >= shortest;
    }
}
