// A bot in C#: votes for every new card.  dotnet run --project examples/Bot -- ws://localhost:8080/ws demo
using EventOnly.Client;
using EventOnly.Protocol.State;

var (uri, project) = args is [var first, var second] ? (new Uri(first), second) : (new Uri("ws://localhost:8080/ws"), "demo");
await using var bot = await EventOnlyClient.ConnectAsync(uri, new ClientOptions { Project = project, UserName = "bot" });
using var events = bot.EventsAsync();
Console.WriteLine("ready");
await foreach (var happened in events)
{
    foreach (var card in happened.Changes.OfType<Change.Created>().Where(created => created.Kind == "card"))
    {
        await bot.IncrementAsync(card.Entity, "votes");
        Console.WriteLine($"{happened.By} made {card.Entity}");
    }
}
