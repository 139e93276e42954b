using System.IO.Pipelines;

namespace EventOnly.Tests.Support;

/// <summary>One end of a connection in memory. Disposing an end is what dropping the line is: the other end reads to its end, and cannot write.</summary>
internal sealed class PipeStream : Stream
{
    private readonly PipeReader _in;
    private readonly PipeWriter _out;
    private readonly Stream _reading;
    private readonly Stream _writing;

    private PipeStream(PipeReader input, PipeWriter output)
    {
        (_in, _out) = (input, output);
        (_reading, _writing) = (input.AsStream(), output.AsStream());
    }

    public static (Stream Client, Stream Server) Pair()
    {
        var (up, down) = (new Pipe(), new Pipe());
        return (new PipeStream(down.Reader, up.Writer), new PipeStream(up.Reader, down.Writer));
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reading.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _writing.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _writing.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => _reading.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _writing.Write(buffer, offset, count);

    public override void Flush() => _writing.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _in.CancelPendingRead(); // a reader of our own end must notice too
        _out.Complete();
        base.Dispose(disposing);
    }
}
