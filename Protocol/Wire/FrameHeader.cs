using System.Buffers.Binary;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// The head of an unmasked, final frame (RFC 6455 section 5.2): 1 byte FIN and opcode, then the length in 1 byte (to 125), 1 + 2 (126) or
/// 1 + 8 bytes (127), big-endian. Server frames are never masked, so one encoding serves every connection.
/// </summary>
public static class FrameHeader
{
    private const byte FinText = 0x81;
    private const byte FinClose = 0x88;

    /// <summary>The longest head a frame can have, in bytes.</summary>
    public const int BytesMax = 10;

    /// <summary>Puts the head before the message that was written from <paramref name="start"/> on, and so makes it a frame.</summary>
    public static void Frame(Utf8Buffer output, int start)
    {
        var length = output.Length - start;
        Span<byte> head = stackalloc byte[BytesMax];
        head = head[..Write(head, FinText, length)];
        head.CopyTo(output.InsertAt(start, head.Length));
    }

    /// <summary>A whole close frame: the code and a reason of at most 123 bytes.</summary>
    public static byte[] Close(CloseCode code)
    {
        var reason = System.Text.Encoding.UTF8.GetBytes(code.Describe().Word);
        var frame = new byte[2 + 2 + reason.Length];
        Write(frame, FinClose, 2 + reason.Length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)code);
        reason.CopyTo(frame, 4);
        return frame;
    }

    /// <summary>A whole frame of a payload.</summary>
    /// <param name="first">The first byte: FIN, reserved bits and opcode.</param>
    /// <param name="payload">What it carries.</param>
    public static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[BytesMax];
        head = head[..Write(head, first, payload.Length)];
        var frame = new byte[head.Length + payload.Length];
        head.CopyTo(frame);
        payload.CopyTo(frame.AsSpan(head.Length));
        return frame;
    }

    /// <summary>How many bytes the head of an unmasked frame has.</summary>
    public static int BytesOf(ReadOnlySpan<byte> frame) => FrameHead.BytesOf(frame[1]);

    /// <summary>Writes the head of an unmasked frame, which may need <see cref="BytesMax"/> bytes; gives how many it has.</summary>
    /// <param name="head">Where it goes.</param>
    /// <param name="first">The first byte: FIN, reserved bits and opcode.</param>
    /// <param name="length">Bytes of the payload.</param>
    public static int Write(Span<byte> head, byte first, int length)
    {
        head[0] = first;
        switch (length)
        {
            case <= 125:
                head[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                head[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)length);
                return 4;
            default:
                head[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(head[2..], (ulong)length);
                return 10;
        }
    }
}
