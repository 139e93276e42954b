using System.Buffers.Binary;

namespace EventOnly.Tests.Bench.Load;

/// <summary>Finds the frames in what a server sent (RFC 6455 section 5.2): unmasked.</summary>
internal static class FrameScan
{
    public const int Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private const int Final = 0x80;
    private const int TwoBytes = 126;

    /// <summary>Reads a frame's head; false where it is not all there yet.</summary>
    /// <param name="mayBeCut">Whether a message may come in several frames.</param>
    /// <param name="head">Bytes of the head: the payload follows.</param>
    /// <exception cref="BrokenPromiseException">No server may send this.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool mayBeCut, out int opcode, out int head, out long length)
    {
        (opcode, head, length) = (0, 2, 0);
        if (bytes.Length < 2)
            return false;
        opcode = bytes[0] & 0x0f;
        var isWhole = (bytes[0] & 0xf0) == Final && opcode is (Text or Binary or Close or Ping or Pong);
        var isPiece = mayBeCut && (bytes[0] & 0x70) == 0 && opcode is (Continuation or Text or Binary);
        if ((bytes[1] & 0x80) != 0 || !(isWhole || isPiece))
            throw new BrokenPromiseException($"A frame begins with {bytes[0]:x2} {bytes[1]:x2}.");
        length = bytes[1];
        if (length < TwoBytes)
            return true;
        head = length == TwoBytes ? 4 : 10;
        if (bytes.Length < head)
            return false;
        length = head == 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
        return true;
    }
}
