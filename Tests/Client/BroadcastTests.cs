using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class BroadcastTests : ClientBench
{
    [Test]
    public async Task Own_broadcasts_are_never_delivered()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        var heard = client.BroadcastsAsync();

        await line.SayAsync(
            new ServerMessage.Broadcast("p", "wave", CanonicalValue.Of(1), "ann", Said.Me),
            new ServerMessage.Broadcast("p", "wave", CanonicalValue.Of(2), "ann", Said.Other)); // the same user in another session is somebody else

        await using var reader = heard.GetAsyncEnumerator(Server.Deadline);
        (await reader.MoveNextAsync()).Should().BeTrue();
        reader.Current.Session.Should().Be(Said.Other);
    }
}
