using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Support;

/// <summary>What a <see cref="FrameReader"/> makes of bytes that come in pieces and go where there is little room.</summary>
internal sealed class FrameLog(FrameReader reader, int roomBytes = int.MaxValue)
{
    private readonly List<byte> _payload = [];

    public List<AnyFrames.Frame> Frames { get; } = [];

    public CloseCode? Fault => reader.Fault;

    /// <summary>Bytes that were read when a rule was found broken.</summary>
    public int ReadBytes { get; private set; }

    public FrameLog Take(ReadOnlySpan<byte> piece)
    {
        var room = new byte[Math.Min(roomBytes, piece.Length + 1)];
        var rest = piece;
        while (true)
        {
            var step = reader.Read(ref rest, room, out var written);
            _payload.AddRange(room[..written]);
            if (step == FrameStep.Ended)
            {
                Frames.Add(new(reader.Head.Opcode, reader.Head.IsFinal, [.. _payload]));
                _payload.Clear();
            }
            if (step is FrameStep.Starved or FrameStep.Broken)
                break;
        }
        ReadBytes += piece.Length - rest.Length;
        return this;
    }

    /// <summary>One byte at a time, until a rule is broken.</summary>
    public FrameLog Dribble(byte[] bytes)
    {
        for (var i = 0; i < bytes.Length && Fault is null; i++)
            Take(bytes.AsSpan(i, 1));
        return this;
    }

    public void ShouldHaveRead(List<AnyFrames.Frame> frames, string because)
    {
        Fault.Should().BeNull(because);
        Frames.Count.Should().Be(frames.Count, because);
        foreach (var (read, sent) in Frames.Zip(frames))
            (read.Opcode, read.IsFinal, Convert.ToHexString(read.Payload)).Should().Be((sent.Opcode, sent.IsFinal, Convert.ToHexString(sent.Payload)), because);
    }
}
