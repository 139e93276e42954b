using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using EventOnly.Server.Connections;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Support;

/// <summary>A line that takes everything at once and keeps only count: what is measured through it is the connection's own cost.</summary>
internal sealed class NullLine : Line
{
    /// <summary>What comes in goes on within the call that brings it.</summary>
    private readonly Pipe _input = new(new(new Unpooled(), PipeScheduler.Inline, PipeScheduler.Inline, minimumSegmentSize: 128, useSynchronizationContext: false));

    public override PipeReader Input => _input.Reader;

    /// <summary>What the peer says.</summary>
    public PipeWriter Peer => _input.Writer;

    public int Writes { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Where in memory the last write's bytes lie: of two lines with the same, nothing was copied or encoded for either.</summary>
    public (byte[]? Array, int Offset) Last { get; private set; }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        (Writes, Bytes) = (Writes + 1, Bytes + bytes.Length);
        MemoryMarshal.TryGetArray(bytes, out var part);
        Last = (part.Array, part.Offset);
        return default;
    }

    public override void Abort() => _input.Writer.Complete();

    /// <summary>A connection over such a line, with nothing else around it.</summary>
    public static Connection Connect(NullLine line, Surroundings around) => new(1, line, around);

    public static Surroundings Around()
    {
        var journal = Given.AJournal();
        return new(new(), new ProjectDirectory(journal, new(), new JournalOptions(), TimeProvider.System, NullLogger<ProjectDirectory>.Instance), new History(journal, new()), TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>The pipe is the test's: what it holds must not be taken for what the connection rents.</summary>
    private sealed class Unpooled : MemoryPool<byte>
    {
        public override int MaxBufferSize => int.MaxValue;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Owned(new byte[Math.Max(minBufferSize, 128)]);

        protected override void Dispose(bool disposing)
        {
        }

        private sealed record Owned(Memory<byte> Memory) : IMemoryOwner<byte>
        {
            public void Dispose()
            {
            }
        }
    }
}
