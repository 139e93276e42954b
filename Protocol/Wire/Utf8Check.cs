using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace EventOnly.Protocol.Wire;

/// <summary>
/// Checks UTF-8 (RFC 3629) that comes in pieces, wherever they are cut. Says no at the first byte that cannot stand where it stands, though the
/// character it is part of may not be complete.
/// </summary>
public struct Utf8Check
{
    private uint _begun; // the bytes of a character that is not complete yet, the first lowest
    private int _begunCount;

    /// <summary>Whether the text so far ends with a complete character.</summary>
    public readonly bool IsComplete => _begunCount == 0;

    /// <summary>Takes the next bytes; false where the text cannot be UTF-8 any more, whatever follows.</summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes)
    {
        for (; _begunCount > 0 && !bytes.IsEmpty; bytes = bytes[1..])
        {
            if (!TryAddToBegun(bytes[0]))
                return false;
        }
        var complete = bytes.Length - BegunAtTheEnd(bytes);
        if (!Utf8.IsValid(bytes[..complete]))
            return false;
        foreach (var last in bytes[complete..])
        {
            if (!TryAddToBegun(last))
                return false;
        }
        return true;
    }

    private bool TryAddToBegun(byte next)
    {
        Span<byte> character = stackalloc byte[4];
        var bytes = _begun | (uint)next << (8 * _begunCount);
        BinaryPrimitives.WriteUInt32LittleEndian(character, bytes);
        var status = Rune.DecodeFromUtf8(character[..(_begunCount + 1)], out _, out _);
        (_begun, _begunCount) = status == OperationStatus.NeedMoreData ? (bytes, _begunCount + 1) : (0, 0);
        return status != OperationStatus.InvalidData;
    }

    /// <summary>How many of the last bytes look like the beginning of a character whose rest is not there.</summary>
    private static int BegunAtTheEnd(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count <= 3 && count <= bytes.Length; count++)
        {
            var first = bytes[^count];
            if ((first & 0xC0) == 0x80)
                continue; // a later byte of a character
            var length = first switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            return count < length ? count : 0;
        }
        return 0;
    }
}
