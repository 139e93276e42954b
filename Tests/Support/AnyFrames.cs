using System.Buffers.Binary;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>Frames by chance, as they go over the line and as they are to be read: text and binary in fragments, control frames between them.</summary>
internal sealed class AnyFrames(Random chance)
{
    private static readonly string[] s_characters = ["a", "\u00e9", "\u20ac", "\ud83d\ude00", "\"", " "];

    public sealed record Frame(FrameOpcode Opcode, bool IsFinal, byte[] Payload);

    /// <summary>So many messages, and what stands between their fragments.</summary>
    public List<Frame> Some(int messages)
    {
        var frames = new List<Frame>();
        for (var i = 0; i < messages; i++)
        {
            var isText = chance.Next(3) > 0;
            var message = isText ? Given.Utf8(AnyText(AnyLength())) : AnyBytes(AnyLength());
            var fragments = chance.Next(3) == 0 ? chance.Next(1, 6) : 1;
            for (var f = 0; f < fragments; f++)
            {
                if (chance.Next(4) == 0)
                    frames.Add(new(chance.Next(2) == 0 ? FrameOpcode.Ping : FrameOpcode.Pong, true, AnyBytes(chance.Next(126))));
                var isLast = f == fragments - 1;
                var part = message[..(isLast ? message.Length : chance.Next(message.Length + 1))];
                message = message[part.Length..];
                frames.Add(new(f > 0 ? FrameOpcode.Continuation : isText ? FrameOpcode.Text : FrameOpcode.Binary, isLast, part));
            }
        }
        return frames;
    }

    /// <summary>The frames as they go over the line, each with a key of its own where they are masked.</summary>
    public byte[] OnTheLine(IEnumerable<Frame> frames, bool masked) =>
        [.. frames.SelectMany(frame => Encode((byte)((frame.IsFinal ? 0x80 : 0) | (int)frame.Opcode), frame.Payload, masked ? AnyBytes(4) : null))];

    /// <summary>A frame byte for byte, by nothing but RFC 6455 section 5.2.</summary>
    public static byte[] Encode(byte first, byte[] payload, byte[]? key)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
        var (seven, more) = payload.Length switch { < 126 => (payload.Length, 0), < 65536 => (126, 2), _ => (127, 8) };
        return [first, (byte)(seven | (key is null ? 0 : 0x80)), .. length[(8 - more)..], .. key ?? [], .. payload.Select((b, i) => (byte)(b ^ (key?[i % 4] ?? 0)))];
    }

    private int AnyLength() => chance.Next(8) switch { 0 => 0, 1 => chance.Next(120, 132), 2 => chance.Next(300, 1000), 3 when chance.Next(5) == 0 => 65536, _ => chance.Next(40) };

    private string AnyText(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => s_characters[chance.Next(s_characters.Length)]));

    private byte[] AnyBytes(int length)
    {
        var bytes = new byte[length];
        chance.NextBytes(bytes);
        return bytes;
    }
}
