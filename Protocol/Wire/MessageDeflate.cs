using System.Buffers;
using System.IO.Compression;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// permessage-deflate (RFC 7692) without context takeover: each message is compressed by itself, so what one receiver gets can be shared by all, and
/// nothing is kept from message to message.
/// </summary>
public static class MessageDeflate
{
    private const byte Rsv1 = 0x40;
    private const int RentedFirst = 4 * 1024;

    /// <summary>What a sender leaves out at the end of each message (section 7.2.1): an empty block, which flushing makes.</summary>
    private static ReadOnlySpan<byte> FlushTail => [0x00, 0x00, 0xFF, 0xFF];

    /// <summary>That, and an empty last block, so that a message that is cut short can be told from one that is complete.</summary>
    private static ReadOnlySpan<byte> Tail => [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];

    /// <summary>Room that <see cref="Inflate"/> needs behind a message.</summary>
    public const int TailBytes = 9;

    /// <summary>A whole text or binary frame of a server, compressed; or as it is, where that makes it no smaller.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="bytesMin">Bytes of a frame from which on it is worth trying; null where nothing may be compressed.</param>
    /// <param name="level">How hard to try: harder pays for what many receive.</param>
    public static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> frame, int? bytesMin, CompressionLevel level = CompressionLevel.Fastest)
    {
        var payload = frame[FrameHeader.BytesOf(frame.Span)..];
        if (!(frame.Length >= bytesMin) || payload.IsEmpty)
            return frame;
        using var output = new MemoryStream(payload.Length / 4 + 64);
        using (var deflate = new DeflateStream(output, level, leaveOpen: true))
        {
            deflate.Write(payload.Span);
            deflate.Flush();
            output.SetLength(output.Position - FlushTail.Length);
            if (output.Length >= payload.Length)
                return frame;
            return FrameHeader.Frame((byte)(frame.Span[0] | Rsv1), output.GetBuffer().AsSpan(0, (int)output.Length)); // before disposing adds a last block
        }
    }

    /// <summary>Inflates a message piece by piece, and stops at the first byte too many: what is announced or to come costs no memory.</summary>
    /// <param name="message">The payloads of its frames together, in memory with <see cref="TailBytes"/> of room behind them.</param>
    /// <param name="count">How many bytes those are.</param>
    /// <param name="bytesMax">Bytes it may come to.</param>
    /// <param name="rented">The inflated message, from the shared pool, to be given back by the caller; null where there is a fault.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Why the connection is to be closed; null where all is well.</returns>
    public static CloseCode? Inflate(byte[] message, int count, int bytesMax, out byte[]? rented, out int length)
    {
        ArgumentNullException.ThrowIfNull(message);
        Tail.CopyTo(message.AsSpan(count));
        using var input = new Input(message, count + TailBytes);
        using var inflate = new DeflateStream(input, CompressionMode.Decompress);
        rented = ArrayPool<byte>.Shared.Rent(Math.Min(bytesMax, Math.Max(RentedFirst, count * 4)) + 1);
        length = 0;
        var fault = TryRead(inflate, bytesMax, ref rented, ref length) && !input.WasShort
            ? (length > bytesMax ? CloseCode.MessageTooLarge : (CloseCode?)null)
            : CloseCode.NotUtf8;
        if (fault is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
            rented = null;
        }
        return fault;
    }

    private static bool TryRead(DeflateStream inflate, int bytesMax, ref byte[] rented, ref int length)
    {
        try
        {
            while (length <= bytesMax)
            {
                if (length == rented.Length)
                    Grow(ref rented, bytesMax);
                var count = inflate.Read(rented, length, Math.Min(rented.Length, bytesMax + 1) - length);
                if (count == 0)
                    break;
                length += count;
            }
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void Grow(ref byte[] rented, int bytesMax)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytesMax + 1L, rented.Length * 2L));
        rented.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(rented);
        rented = larger;
    }

    /// <summary>The message as a stream, which knows whether more was wanted of it than there is.</summary>
    private sealed class Input(byte[] bytes, int count) : MemoryStream(bytes, 0, count, writable: false)
    {
        public bool WasShort { get; private set; }

        public override int Read(byte[] buffer, int offset, int count) => Noticed(base.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Noticed(base.Read(buffer));

        private int Noticed(int read)
        {
            WasShort |= read == 0;
            return read;
        }
    }
}
