using System.Buffers.Binary;
using System.Text.Unicode;

namespace EventOnly.Protocol.Wire;

/// <summary>What a close frame may carry (RFC 6455 section 5.5.1): nothing, or a code of 2 bytes and a reason in UTF-8.</summary>
public static class ClosePayload
{
    /// <summary>The code that a peer gave; null where it gave none. False where the payload breaks a rule.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out int? code)
    {
        code = null;
        if (payload.IsEmpty)
            return true;
        if (payload.Length == 1)
            return false;
        code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return MayBeSent(code.Value) && Utf8.IsValid(payload[2..]);
    }

    /// <summary>Those of section 7.4.1 and of its registry, and those free for libraries and applications. 1004 to 1006 and 1015 are never sent.</summary>
    private static bool MayBeSent(int code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
}
