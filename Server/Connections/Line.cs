using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace EventOnly.Server.Connections;

/// <summary>What a connection's bytes travel over. One reads and one writes at a time.</summary>
internal abstract class Line
{
    /// <summary>What comes in. It owns no buffer while nothing comes.</summary>
    public abstract PipeReader Input { get; }

    /// <summary>Writes all bytes: at once where the line takes them, which is the rule; else it completes when they have gone. Throws where the line is broken.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Cuts the line: whoever reads or writes is told so.</summary>
    public abstract void Abort();
}

/// <summary>
/// Plain TCP: writes go straight from the tape into the kernel, on the thread that fans out, without a copy and without waiting. The socket must
/// not block. Only what the kernel does not take at once waits for room there.
/// </summary>
internal sealed class SocketLine(ConnectionContext connection, Socket socket) : Line
{
    public override PipeReader Input => connection.Transport.Input;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var sent = socket.Send(bytes.Span, SocketFlags.None, out var error);
        if (sent == bytes.Length)
            return default;
        if (error is not (SocketError.Success or SocketError.WouldBlock))
            throw new SocketException((int)error);
        return WriteRestAsync(bytes[Math.Max(sent, 0)..]);
    }

    private async ValueTask WriteRestAsync(ReadOnlyMemory<byte> rest)
    {
        while (rest.Length > 0)
            rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
    }

    public override void Abort() => connection.Abort();
}

/// <summary>What TLS or a proxy's reused connection leaves us with: a stream.</summary>
internal sealed class StreamLine(Stream stream, Action abort) : Line
{
    public override PipeReader Input { get; } = PipeReader.Create(stream, new(leaveOpen: true, useZeroByteReads: true));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes, CancellationToken.None);

    public override void Abort() => abort();
}
