using System.Text;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// What is said to one kind of server and how its answers are read: only the few bytes that are checked. One object serves all connections of a
/// crew.
/// </summary>
internal abstract class Dialect
{
    /// <summary>Bytes of the message by which each server of the comparison delivers an event, give or take the digits of its numbers; 4 of the frame's head come before.</summary>
    public const int EventBytes = 208;

    /// <summary>The key of RFC 6455's example; the floor knows its answer by heart.</summary>
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    /// <summary>Whether a message may come in several frames.</summary>
    public virtual bool CutsMessages => false;

    /// <summary>Whether the numbers are given by the server, one row of them for all publishers of a group, or by each publisher.</summary>
    public virtual bool NumbersAreTheServers => false;

    /// <summary>Whether events may be dropped for who is behind.</summary>
    public virtual bool MayMiss => false;

    /// <summary>Publishers of each group.</summary>
    public int Sources { get; set; } = 1;

    /// <summary>Whether a publisher hears its own events; else it is answered.</summary>
    public virtual bool AuthorHears => true;

    public byte[] Request(LoadConnection connection, int port) => Encoding.ASCII.GetBytes(
        $"GET {PathFor(connection)} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: {Key}\r\n{Headers}\r\n");

    protected virtual string Headers => "";

    protected abstract string PathFor(LoadConnection connection);

    /// <summary>The connection is open: says all that makes it a member, or that it is one already.</summary>
    public abstract void Upgraded(LoadConnection connection, LoadLoop loop);

    /// <summary>A message came (of a large one its beginning): tells the loop what it means.</summary>
    public abstract void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop);

    /// <summary>Some of a message came of which only the beginning was read.</summary>
    public virtual void Passing(LoadConnection connection, ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>All of a message came of which only the beginning was read.</summary>
    public virtual void Passed(LoadConnection connection, LoadLoop loop)
    {
    }

    /// <summary>Says the publisher's next: 1, 2, 3, …</summary>
    public abstract void Publish(LoadConnection connection, FrameWriter output, long number);

    /// <summary>The digits at a place.</summary>
    protected static long NumberAt(ReadOnlySpan<byte> text, int at, out int end)
    {
        long number = 0;
        for (end = at; end < text.Length && (uint)(text[end] - '0') <= 9; end++)
            number = (number * 10) + (text[end] - '0');
        return end > at ? number : throw new BrokenPromiseException($"No number where one should be: {Encoding.UTF8.GetString(text[..Math.Min(text.Length, 200)])}");
    }
}
