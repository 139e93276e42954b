using System.Diagnostics.Tracing;
using System.Text;
using EventOnly.Server.Connections;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Connections;

/// <summary>What a connection holds while nothing is said on it.</summary>
[NonParallelizable, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IdleCostTests
{
    private const int Connections = 500;

    /// <summary>Of one connection, in bytes.</summary>
    private const int IdleBytesMax = 2_500;

    private readonly Surroundings _around = NullLine.Around();

    /// <summary>All that is ours: connection, reader, conversation, mailbox, member. The socket and Kestrel's share come on top.</summary>
    [Test]
    public async Task A_joined_connection_that_is_idle_holds_little_memory()
    {
        await OpenAsync(20, "warm-up"); // what the first ones make is not theirs
        NullLine[] lines = [.. Enumerable.Range(0, Connections).Select(_ => new NullLine())];
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var open = await OpenAsync(lines, "apollo");

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Connections;
        each.Should().BeInRange(300, IdleBytesMax);
        GC.KeepAlive(open);
    }

    [Test]
    public async Task Between_messages_a_connection_owns_no_rented_buffer([Values(1, 300, 1000)] int piece)
    {
        using var rented = new Rented();
        var line = new NullLine();
        using var connection = NullLine.Connect(line, _around);
        var running = connection.RunAsync();
        await SayAsync(line, """{"type":"connect","user":{"name":"ann"},"client":{"name":"test","version":"1"}}""");
        var most = 0;

        for (var i = 0; i < 20; i++)
        {
            var message = RawClient.Encode(RawClient.Text, Encoding.UTF8.GetBytes($$"""{"type":"ping","t":"{{new string('x', 3000)}}"}"""));
            for (var at = 0; at < message.Length; at += piece)
            {
                await line.Peer.WriteAsync(message.AsMemory(at, Math.Min(piece, message.Length - at)));
                most = Math.Max(most, rented.Now);
            }
            rented.Now.Should().Be(0, "the message was heard and answered");
        }

        most.Should().BePositive("in the middle of a message there is one, or this test sees nothing");
        line.Writes.Should().Be(21, "each was answered");
        await line.Peer.CompleteAsync();
        await running.WaitAsync(RawClient.Patience);
    }

    private Task<List<Connection>> OpenAsync(int count, string project) => OpenAsync([.. Enumerable.Range(0, count).Select(_ => new NullLine())], project);

    private async Task<List<Connection>> OpenAsync(NullLine[] lines, string project)
    {
        var open = new List<Connection>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            open.Add(NullLine.Connect(lines[i], _around));
            _ = open[i].RunAsync();
            await SayAsync(lines[i], $$$"""{"type":"connect","user":{"name":"ann{{{i}}}"},"client":{"name":"test","version":"1"}}""");
            await SayAsync(lines[i], $$"""{"type":"join","id":"j","project":"{{project}}","session":"a-secret-of-a-session-{{i}}"}""");
        }
        await Eventually.IsAsync(() => Array.TrueForAll(lines, line => line.Writes >= 3), "all have joined, and have their snapshot");
        return open;
    }

    private static async Task SayAsync(NullLine line, string json) => await line.Peer.WriteAsync(RawClient.Encode(RawClient.Text, Encoding.UTF8.GetBytes(json)));

    /// <summary>Counts what this thread rents from the shared pool of bytes and has not given back.</summary>
    private sealed class Rented : EventListener
    {
        private const int BufferRented = 1, BufferReturned = 3;

        private readonly int _thread = Environment.CurrentManagedThreadId;
        private readonly HashSet<int> _out = [];

        public int Now => _out.Count;

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name == "System.Buffers.ArrayPoolEventSource")
                EnableEvents(source, EventLevel.Verbose);
        }

        protected override void OnEventWritten(EventWrittenEventArgs happened)
        {
            if (_out is null || Environment.CurrentManagedThreadId != _thread || happened.Payload is not [int buffer, ..])
                return;
            if (happened.EventId == BufferRented)
                _out.Add(buffer);
            else if (happened.EventId == BufferReturned)
                _out.Remove(buffer);
        }
    }
}
