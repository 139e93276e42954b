using System.Numerics;

namespace EventOnly.Protocol.Wire;

/// <summary>The masking of RFC 6455 section 5.3: byte i of a payload is XORed with byte i mod 4 of its frame's key. Doing it twice undoes it.</summary>
public static class Masking
{
    /// <summary>Copies bytes and masks them on the way; gives the key as the frame's next bytes need it, wherever it was cut.</summary>
    /// <param name="from">A part of a frame's payload.</param>
    /// <param name="to">Where it goes: as long at least; may be the same memory.</param>
    /// <param name="key">The key, its first byte lowest, turned to where the part begins.</param>
    public static uint Copy(ReadOnlySpan<byte> from, Span<byte> to, uint key)
    {
        var i = 0;
        if (BitConverter.IsLittleEndian && from.Length >= Vector<byte>.Count)
        {
            var keys = Vector.AsVectorByte(new Vector<uint>(key));
            for (; i <= from.Length - Vector<byte>.Count; i += Vector<byte>.Count)
                (new Vector<byte>(from[i..]) ^ keys).CopyTo(to[i..]);
        }
        for (; i < from.Length; i++)
            to[i] = (byte)(from[i] ^ (key >> (8 * (i & 3))));
        return BitOperations.RotateRight(key, 8 * (from.Length & 3));
    }
}
