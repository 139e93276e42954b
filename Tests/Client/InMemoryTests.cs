using System.Collections.Concurrent;
using System.Net.WebSockets;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>Lines in memory, and a thousand clients on them.</summary>
[Parallelizable]
public sealed class InMemoryTests
{
    [Test]
    public async Task Messages_arrive_whole_and_in_order_and_then_the_close()
    {
        var (client, server) = InMemoryTransport.Pair();

        await client.SendAsync("one"u8.ToArray(), default);
        await client.SendAsync("two"u8.ToArray(), default);
        await client.CloseAsync(4409, "replaced");

        Given.Text((await server.ReceiveAsync(default))!.Value.Span).Should().Be("one");
        Given.Text((await server.ReceiveAsync(default))!.Value.Span).Should().Be("two");
        (await server.ReceiveAsync(default)).Should().BeNull();
        (server.CloseCode, server.CloseReason, client.CloseCode).Should().Be((4409, "replaced", null));
    }

    [Test]
    public async Task An_end_that_is_dropped_breaks_the_line_for_both()
    {
        var (client, server) = InMemoryTransport.Pair();

        server.Abort();

        await client.Invoking(async line => await line.ReceiveAsync(default)).Should().ThrowAsync<WebSocketException>();
        await client.Invoking(async line => await line.SendAsync("x"u8.ToArray(), default)).Should().ThrowAsync<WebSocketException>();
        await server.Invoking(async line => await line.ReceiveAsync(default)).Should().ThrowAsync<WebSocketException>();
    }

    [Test]
    public async Task A_thousand_clients_see_what_each_of_them_does_without_a_socket()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var hub = new Hub(deadline.Token);
        var options = new ClientOptions { Project = "p", Connection = new() { Transport = new InMemoryTransportFactory(hub.Accept) } };
        var clients = await Task.WhenAll(Enumerable.Range(0, 1000)
            .Select(i => EventOnlyClient.ConnectAsync(new Uri("ws://memory/ws"), options with { Random = new Random(i) }, deadline.Token)));

        await Task.WhenAll(clients.Take(20).Select((client, i) => client.CreateAsync("card", JsonFields.Empty, $"card-{i}", deadline.Token)));
        foreach (var client in clients)
            await client.WaitForSeqAsync(20, deadline.Token);

        clients.Select(client => client.StateHash).Distinct().Should().ContainSingle();
        clients[999].Store.List("card").Should().HaveCount(20);
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        await hub.EndAsync();
    }

    /// <summary>As little of a server as is needed: it decides nothing, and tells everybody.</summary>
    private sealed class Hub(CancellationToken ct) : IDisposable
    {
        private readonly SemaphoreSlim _gate = new(1);
        private readonly List<(InMemoryTransport Line, string Session)> _members = [];
        private readonly ConcurrentBag<Task> _serving = [];
        private long _seq;

        public void Accept(InMemoryTransport line) => _serving.Add(ServeAsync(line));

        public Task EndAsync() => Task.WhenAll(_serving);

        public void Dispose() => _gate.Dispose();

        private async Task ServeAsync(InMemoryTransport line)
        {
            var codec = new WireCodec(WireLimits.Default);
            var session = "";
            while (await line.ReceiveAsync(ct) is { } frame)
            {
                codec.TryDecode(frame.Span, out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
                await _gate.WaitAsync(ct);
                switch (message)
                {
                    case ClientMessage.Join join:
                        session = join.Session;
                        _members.Add((line, session));
                        await SayAsync(line, Said.Joined(join.Id, _seq) with { Session = session });
                        await SayAsync(line, Said.Snapshot(_seq));
                        break;
                    case ClientMessage.Submit { Command: Command.Create create, N: var n }:
                        var happened = Said.Created(++_seq, create.Entity!, session: session, n: n);
                        foreach (var member in _members)
                            await SayAsync(member.Line, happened);
                        break;
                }
                _gate.Release();
            }
            await line.CloseAsync(ct);
        }

        private async Task SayAsync(InMemoryTransport line, ServerMessage message)
        {
            var output = new Utf8Buffer();
            WireCodec.Encode(output, message);
            await line.SendAsync(output.WrittenMemory, ct);
        }
    }
}
