using BenchmarkDotNet.Attributes;
using EventOnly.Protocol.Wire;

namespace EventOnly.Tests.Bench.Micro;

/// <summary>Frames taken apart: heads, masks, UTF-8.</summary>
public class FrameBenches
{
    private readonly byte[] _room = new byte[64 * 1024];
    private byte[] _frame = [];

    /// <summary>Bytes of a message.</summary>
    [Params(200, 16 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Write()
    {
        const int key = 0x12345678;
        var payload = new byte[Bytes];
        payload.AsSpan().Fill((byte)'x');
        Span<byte> mask = stackalloc byte[4];
        BitConverter.TryWriteBytes(mask, key);
        for (var i = 0; i < payload.Length; i++)
            payload[i] ^= mask[i % 4];
        var frame = FrameHeader.Frame(0x81, payload);
        var head = FrameHeader.BytesOf(frame);
        frame[1] |= 0x80;
        _frame = [.. frame[..head], .. mask, .. payload];
    }

    [Benchmark]
    public FrameStep ReadFrame()
    {
        var reader = new FrameReader(masked: true, mayCompress: false);
        ReadOnlySpan<byte> input = _frame;
        var room = _room.AsSpan();
        var step = FrameStep.Starved;
        while (step != FrameStep.Ended)
        {
            step = reader.Read(ref input, room, out var written);
            room = room[written..];
        }
        return step;
    }
}
