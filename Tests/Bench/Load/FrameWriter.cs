using System.Buffers.Binary;
using System.Buffers.Text;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// Frames as a client sends them, back to back in one buffer. The key of the mask is the same for each: to choose one is no work that is measured, and to
/// apply it is the servers' work as with any other. (Not zeros: some servers look for them and have less to do.)
/// </summary>
internal sealed class FrameWriter
{
    private const int HeadMax = 8;

    private const uint Key = 0x5AC3_9E17;

    private byte[] _bytes = new byte[64 * 1024];
    private int _frame;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Begin()
    {
        _frame = Length;
        Length += HeadMax;
        EnsureRoom(0);
    }

    public FrameWriter Say(ReadOnlySpan<byte> text)
    {
        EnsureRoom(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
        return this;
    }

    public FrameWriter Say(long number)
    {
        EnsureRoom(20);
        Utf8Formatter.TryFormat(number, _bytes.AsSpan(Length), out var written);
        Length += written;
        return this;
    }

    /// <summary>Makes what was said since <see cref="Begin"/> a frame. A payload is below 64 KiB.</summary>
    public void End(int opcode = FrameScan.Text)
    {
        var payload = _bytes.AsSpan(_frame + HeadMax, Length - _frame - HeadMax);
        var head = payload.Length < 126 ? 6 : 8;
        Masking.Copy(payload, payload, Key);
        payload.CopyTo(_bytes.AsSpan(_frame + head));
        Length -= HeadMax - head;
        var frame = _bytes.AsSpan(_frame, head);
        frame.Clear();
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(0x80 | Math.Min(payload.Length, 126));
        BinaryPrimitives.WriteUInt32LittleEndian(frame[(head - 4)..], Key);
        if (head == HeadMax)
            BinaryPrimitives.WriteUInt16BigEndian(frame[2..], checked((ushort)payload.Length));
    }

    private void EnsureRoom(int more)
    {
        if (_bytes.Length < Length + more)
            Array.Resize(ref _bytes, Math.Max(Length + more, _bytes.Length * 2));
    }
}
