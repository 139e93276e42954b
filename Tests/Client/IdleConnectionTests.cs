using System.Net.Sockets;
using EventOnly.Client;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

/// <summary>What a connection costs that only waits. Not beside other tests: the whole process is weighed.</summary>
[NonParallelizable]
public sealed class IdleConnectionTests
{
    private const int Count = 1000;
    private const int BytesMax = 12 * 1024;

    [Test]
    public async Task An_idle_connection_costs_less_than_12_KiB_though_it_has_heard_large_messages()
    {
        using var server = new BareServer();
        var (near, far, waiting) = (new List<EventOnlyConnection>(), new List<NetworkStream>(), new List<Task>());
        await OpenAsync(server, near, far, waiting, 20); // what is made once
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await OpenAsync(server, near, far, waiting, Count);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;

        await TestContext.Out.WriteLineAsync($"{each} bytes of managed memory each, both ends together");
        each.Should().BeInRange(500, BytesMax, "both ends of it, and the buffers of its messages have gone back");
        foreach (var connection in near)
            connection.Abort();
        await Task.WhenAll(waiting.Select(wait => wait.ContinueWith(_ => { }, TaskScheduler.Default)));
        far.ForEach(stream => stream.Dispose());
    }

    private static async Task OpenAsync(BareServer server, List<EventOnlyConnection> near, List<NetworkStream> far, List<Task> waiting, int count)
    {
        var large = FrameHeader.Frame(0x81, new byte[50_000].Select(_ => (byte)'x').ToArray());
        for (var i = 0; i < count; i++)
        {
            var accepting = server.AcceptAsync();
            var connection = await EventOnlyConnection.ConnectAsync(server.Uri);
            var stream = await accepting;
            var sending = stream.WriteAsync(large);
            (await connection.ReceiveAsync())!.Value.Length.Should().Be(50_000);
            await sending;
            await connection.SendAsync("{}"u8.ToArray());
            near.Add(connection);
            far.Add(stream);
            waiting.Add(connection.ReceiveAsync().AsTask());
        }
    }
}
