using System.Buffers.Binary;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Simulation;

/// <summary>One direction of a line: bytes in order, in pieces as TCP gives them, read by the real reader of frames, which also gets the frame that is torn.</summary>
/// <param name="masked">Whether a client speaks.</param>
internal sealed class SimulatedDirection(bool masked)
{
    private const uint Mask = 0x5a17_c3e9;

    private readonly FrameReader _reader = new(masked, mayCompress: false);
    private readonly Queue<byte[]> _underWay = new();
    private byte[] _message = new byte[1024];
    private int _filled;

    /// <summary>Frames of which the end never came.</summary>
    public bool IsTorn => !_reader.IsBetweenMessages;

    /// <summary>Puts whole frames on the way.</summary>
    public void Write(ReadOnlySpan<byte> frames) => _underWay.Enqueue(frames.ToArray());

    /// <summary>Puts a text on the way, as a client frames it.</summary>
    public void WriteMasked(ReadOnlySpan<byte> text)
    {
        var head = text.Length < 126 ? 2 : 4;
        var frame = new byte[head + sizeof(uint) + text.Length];
        (frame[0], frame[1]) = (0x81, (byte)(0x80 | (head == 2 ? text.Length : 126)));
        if (head == 4)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), checked((ushort)text.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(head), Mask);
        Masking.Copy(text, frame.AsSpan(head + sizeof(uint)), Mask);
        _underWay.Enqueue(frame);
    }

    /// <summary>Brings the oldest write to the other end, now and then only its first bytes; false where nothing is under way.</summary>
    public bool TryDeliver(int chance, List<byte[]> messages)
    {
        if (!_underWay.TryPeek(out var write))
            return false;
        _underWay.Dequeue();
        if (chance % 8 == 0 && write.Length > 1)
        {
            var rest = _underWay.ToArray();
            var cut = 1 + chance / 8 % (write.Length - 1);
            _underWay.Clear();
            _underWay.Enqueue(write[cut..]);
            foreach (var later in rest)
                _underWay.Enqueue(later);
            write = write[..cut];
        }
        Read(write, messages);
        return true;
    }

    /// <summary>The line breaks at some byte: what is behind it never comes.</summary>
    public void Tear(int chance)
    {
        var left = chance % (_underWay.Sum(write => write.Length) + 1);
        foreach (var write in _underWay.ToArray())
        {
            _underWay.Dequeue();
            if (left > 0)
                _underWay.Enqueue(write[..Math.Min(left, write.Length)]);
            left -= Math.Min(left, write.Length);
        }
    }

    /// <summary>Everything is lost.</summary>
    public void Clear() => _underWay.Clear();

    private void Read(ReadOnlySpan<byte> input, List<byte[]> messages)
    {
        while (true)
        {
            var step = _reader.Read(ref input, _message.AsSpan(_filled), out var written);
            _filled += written;
            switch (step)
            {
                case FrameStep.Starved:
                    return;
                case FrameStep.Full:
                    Array.Resize(ref _message, _message.Length * 2);
                    break;
                case FrameStep.Ended:
                    messages.Add(_message[.._filled]);
                    _filled = 0;
                    break;
                case FrameStep.Broken:
                    throw new AssertionException($"The reader of frames found {_reader.Fault}.");
            }
        }
    }
}
