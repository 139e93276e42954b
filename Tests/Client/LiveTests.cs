using System.Collections.Immutable;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

[Parallelizable]
public sealed class LiveTests
{
    [Test]
    public void It_tells_when_the_items_are_others_and_not_when_something_else_changed()
    {
        var live = new LiveQuery(new() { Kind = "card", Sort = "votes", Descending = true, Limit = 2 });
        var (b, c) = (Card("b", 2), Card("c", 3)); // what does not change stays the same object
        Ids(live.Look(Given.State(Card("a", 1), b, c))).Should().Be("c b");

        live.Look(Given.State(Card("a", 0), b, c)).Should().BeNull();

        Ids(live.Look(Given.State(Card("a", 0), b))).Should().Be("b a", "the next moves up");
    }

    [Test]
    public void It_tells_when_an_item_is_the_same_one_and_looks_otherwise()
    {
        var live = new LiveQuery(new());
        live.Look(Given.State(Card("a", 1)));

        Ids(live.Look(Given.State(Card("a", 2)))).Should().Be("a");
    }

    [Test]
    public async Task What_is_pending_is_in_it_and_what_others_do_comes_to_it()
    {
        using var server = new FakeServer();
        var (client, line) = await server.ConnectedAsync(seq: 1, entities: [Said.Card("a", "{}")]);
        await using var _ = client;
        await using var live = client.LiveAsync(new() { Kind = "card" }, server.Deadline).GetAsyncEnumerator();
        Ids(await NextAsync(live)).Should().Be("a");

        var creating = client.CreateAsync("card", JsonFields.Empty, "b");
        Ids(await NextAsync(live)).Should().Be("a b");
        await line.HearAsync<ClientMessage.Submit>();
        await line.SayAsync(Said.Created(2, "b", session: Said.Me), Said.Happened(3, new Change.Deleted("a")));

        await creating;
        string ids;
        do
        {
            ids = Ids(await NextAsync(live));
        }
        while (ids != "b");
    }

    [Test]
    public async Task It_ends_when_the_client_does()
    {
        using var server = new FakeServer();
        var (client, _) = await server.ConnectedAsync();
        await using var live = client.LiveAsync(new(), server.Deadline).GetAsyncEnumerator();
        await NextAsync(live);

        await client.DisposeAsync();

        await live.Invoking(async each => await NextAsync(each)).Should().ThrowAsync<ClosedException>();
    }

    private static async Task<ImmutableArray<Entity>?> NextAsync(IAsyncEnumerator<ImmutableArray<Entity>> live)
    {
        (await live.MoveNextAsync()).Should().BeTrue();
        return live.Current;
    }

    private static Entity Card(string id, int votes) => Given.Entity(id, $$"""{"votes":{{votes}}}""");

    private static string Ids(ImmutableArray<Entity>? items) => string.Join(' ', items!.Value.Select(item => item.Id));
}
