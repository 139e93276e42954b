using System.Buffers.Binary;
using EventOnly.Protocol.Wire;
using EventOnly.Server.Projects;

namespace EventOnly.Server.Connections;

/// <summary>
/// What the WebSocket reader sees as its stream: it reads from the connection, but its pongs go to the mailbox, so that the connection has one
/// writer. A peer that floods pings and reads nothing stalls its own reader here. The close that the reader would send after a malformed frame
/// is not sent but made known: the connection ends in the way it always ends.
/// </summary>
internal sealed class FrameStream(Stream inner, Mailbox mailbox, Action wake, Action<CloseCode> close, CancellationToken ended) : Stream
{
    private const int OpcodeMask = 0x0F;
    private const int CloseOpcode = 0x08;


    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if ((buffer.Span[0] & OpcodeMask) == CloseOpcode)
        {
            close(CodeOf(buffer.Span));
            return;
        }
        var frame = buffer.ToArray();
        while (!mailbox.TryPost(frame))
            await mailbox.RoomAsync(frame.Length, ended);
        wake();
    }

    /// <summary>The reader knows two faults: text that is not UTF-8, and what breaks RFC 6455 otherwise.</summary>
    private static CloseCode CodeOf(ReadOnlySpan<byte> frame) =>
        frame.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(frame[2..]) == (int)CloseCode.NotUtf8 ? CloseCode.NotUtf8 : CloseCode.ProtocolError;

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
