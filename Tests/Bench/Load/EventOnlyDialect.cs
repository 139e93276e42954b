using System.Text;

namespace EventOnly.Tests.Bench.Load;

/// <summary>
/// <c>eventonly.v1</c>. A publisher's first command creates its entity, the others change it; what is checked is the project's <c>seq</c>. Or
/// broadcasts, of which each publisher's own number is checked. A project is new with its crew unless one is named that is there.
/// </summary>
/// <param name="projects">What the projects' names begin with; the group's number follows.</param>
internal class EventOnlyDialect(string projects, bool broadcasts = false) : Dialect
{
    private const int TypeAt = 9; // {"type":"
    private const int SessionBytes = 22;

    private static readonly byte[] s_updatePadding = Padding("""{"type":"update","project":"f1-0","seq":12345,"at":"2026-11-21T08:00:00.123Z","by":"ann","session":"1234567890123456789012","n":1234,"entity":"e1","version":12345,"patch":{"x":""}}""");
    private static readonly byte[] s_broadcastPadding = Padding("""{"type":"broadcast","project":"f1-0","topic":"b","data":{"n":1234,"p":1,"x":""},"by":"ann","session":"1234567890123456789012"}""");

    public override bool NumbersAreTheServers => !broadcasts;

    public override bool MayMiss => broadcasts;

    private readonly byte[] _projects = Encoding.ASCII.GetBytes(projects);

    protected override string Headers => "Sec-WebSocket-Protocol: eventonly.v1\r\n";

    protected override string PathFor(LoadConnection connection) => "/ws";

    /// <summary>Whether members join as soon as they are connected; else when they are told to.</summary>
    public bool JoinsAtOnce { get; init; } = true;

    public override void Upgraded(LoadConnection connection, LoadLoop loop)
    {
        loop.Begin().Say("""{"type":"connect","user":{"name":"ann"},"client":{"name":"bench","version":"1"}}"""u8).End();
        if (JoinsAtOnce)
            SayJoin(connection, loop);
        loop.Send(connection);
    }

    public void Join(LoadConnection connection, LoadLoop loop)
    {
        loop.Clear();
        SayJoin(connection, loop);
        loop.Send(connection);
    }

    private void SayJoin(LoadConnection connection, LoadLoop loop)
    {
        var output = loop.Output;
        output.Begin();
        output.Say("{\"type\":\"join\",\"id\":\"j\",\"project\":\""u8);
        SayProject(output, connection.Group);
        output.Say("\",\"session\":\"bench-"u8).Say(LoadLoop.NextSecret()).Say("-"u8).Say(1_000_000_000 + connection.Member).Say("\"}"u8);
        output.End();
    }

    public override void Read(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        switch ((char)message[TypeAt], (char)message[TypeAt + 1])
        {
            case ('u', 'p') or ('c', 'r') or ('d', 'e') or ('b', 'a'):
                ReadEvent(connection, message, loop);
                break;
            case ('b', 'r'):
                ReadBroadcast(connection, message, loop);
                break;
            case ('s', 'n'):
                ReadSnapshot(connection, message);
                break;
            case ('j', 'o'):
                connection.Session = message.Slice(Find(message, "\"session\":\""u8), SessionBytes).ToArray();
                break;
            case ('c', 'o'):
                loop.Connected(connection);
                break;
            case ('p', 'i'):
                loop.Begin().Say("""{"type":"pong","t":"""u8).Say(NumberAt(message, Find(message, "\"t\":"u8), out _)).Say("}"u8).End();
                loop.Send(connection);
                break;
            case ('p', 'o') or ('p', 'r') or ('s', 't'):
                break;
            case ('d', 'i') when connection.MayEnd:
                break;
            default:
                loop.Refused(connection, message);
                break;
        }
        if (connection.SnapshotAt is { } seq && connection.Skip == 0)
            Complete(connection, seq, loop);
    }

    /// <summary>Only snapshots are so large. Their texts have no braces here.</summary>
    public override void Passing(LoadConnection connection, ReadOnlySpan<byte> bytes) => connection.SnapshotObjects += bytes.Count((byte)'{');

    public override void Passed(LoadConnection connection, LoadLoop loop)
    {
        if (connection.SnapshotAt is { } seq)
            Complete(connection, seq, loop);
    }

    /// <summary>Entities that each command creates: then a publisher says batches.</summary>
    public int EntitiesPerBatch { get; init; }

    public override void Publish(LoadConnection connection, FrameWriter output, long number)
    {
        output.Begin();
        if (EntitiesPerBatch > 0)
        {
            SayBatch(connection, output, number);
            output.End();
            return;
        }
        output.Say(broadcasts ? "{\"type\":\"broadcast\",\"project\":\""u8 : number == 1 ? "{\"type\":\"create\",\"project\":\""u8 : "{\"type\":\"update\",\"project\":\""u8);
        SayProject(output, connection.Group);
        if (broadcasts)
            output.Say("\",\"topic\":\"b\",\"data\":{\"n\":"u8).Say(number).Say(""","p":"""u8).Say(connection.Source).Say(",\"x\":\""u8).Say(s_broadcastPadding).Say("\"}}"u8);
        else
            output.Say("\",\"n\":"u8).Say(number).Say(",\"entity\":\"e"u8).Say(connection.Source).Say(number == 1 ? "\",\"kind\":\"k\",\"data\":{\"x\":\""u8 : "\",\"patch\":{\"x\":\""u8).Say(s_updatePadding).Say("\"}}"u8);
        output.End();
    }

    private void SayBatch(LoadConnection connection, FrameWriter output, long number)
    {
        output.Say("{\"type\":\"batch\",\"project\":\""u8);
        SayProject(output, connection.Group);
        output.Say("\",\"n\":"u8).Say(number).Say(",\"ops\":["u8);
        for (var i = 0; i < EntitiesPerBatch; i++)
        {
            output.Say(i == 0 ? "{\"type\":\"create\",\"entity\":\"b"u8 : ",{\"type\":\"create\",\"entity\":\"b"u8).Say((number * EntitiesPerBatch) + i)
                .Say("\",\"kind\":\"k\",\"data\":{\"x\":\""u8).Say(s_updatePadding).Say("\"}}"u8);
        }
        output.Say("]}"u8);
    }

    protected void SayProject(FrameWriter output, int group) => output.Say(_projects).Say("-"u8).Say(group);

    private static void ReadEvent(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        var key = "\"seq\":"u8;
        var at = connection.NumberAt;
        if (message.Length < at + key.Length || !message.Slice(at, key.Length).SequenceEqual(key))
            connection.NumberAt = at = Find(message, key) - key.Length;
        var seq = NumberAt(message, at + key.Length, out var end);
        loop.Deliver(connection, 0, seq);
        if (connection.Source < 0)
            return;
        var own = message[end..].IndexOf(connection.Session);
        if (own >= 0)
            loop.Acknowledge(connection, NumberAt(message[(end + own)..], SessionBytes + "\",\"n\":".Length, out _));
    }

    private static void ReadBroadcast(LoadConnection connection, ReadOnlySpan<byte> message, LoadLoop loop)
    {
        var at = RelayText.Find(message, connection.NumberAt);
        connection.NumberAt = at - """{"n":""".Length;
        var number = NumberAt(message, at, out var end);
        var source = (int)NumberAt(message, end + ""","p":""".Length, out _);
        loop.Deliver(connection, source, number);
        if (source == connection.Source)
            loop.Acknowledge(connection, number);
    }

    private static void ReadSnapshot(LoadConnection connection, ReadOnlySpan<byte> message)
    {
        var seq = NumberAt(message, Find(message, "\"seq\":"u8), out _);
        var part = NumberAt(message, Find(message, "\"part\":"u8), out _);
        var parts = NumberAt(message, Find(message, "\"parts\":"u8), out _);
        if (part != ++connection.SnapshotParts)
            throw new BrokenPromiseException($"Part {part} of a snapshot came where {connection.SnapshotParts} should.");
        connection.SnapshotObjects += message.Count((byte)'{');
        if (part == parts)
            connection.SnapshotAt = seq;
    }

    /// <summary>The last part is here: from now on each event counts.</summary>
    private static void Complete(LoadConnection connection, long seq, LoadLoop loop)
    {
        connection.SnapshotAt = null;
        loop.Joined(connection, seq + 1);
    }

    private static int Find(ReadOnlySpan<byte> message, ReadOnlySpan<byte> key)
    {
        var at = message.IndexOf(key);
        return at >= 0 ? at + key.Length : throw new BrokenPromiseException($"{Encoding.UTF8.GetString(key)} is missing in {Encoding.UTF8.GetString(message[..Math.Min(message.Length, 200)])}");
    }

    private static byte[] Padding(string without) => [.. Enumerable.Repeat((byte)'x', EventBytes - without.Length)];
}
