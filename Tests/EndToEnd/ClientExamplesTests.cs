using System.Text.RegularExpressions;
using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.EndToEnd;

/// <summary>The examples of docs/clients.md, against a real server: the JavaScript ones as they stand there, the C# ones as they stand here, which is compared.</summary>
public sealed partial class ClientExamplesTests
{
    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blank();

    private static string Page => File.ReadAllText(Repository.PathOf("docs", "clients.md"));

    [Test]
    [Category("Node")]
    public async Task The_JavaScript_examples_of_the_page_run()
    {
        await using var server = await LiveServer.StartAsync();

        var said = await Programs.RunNodeAsync($"import {{ runExamples }} from './doc-examples.js'; await runExamples('{server.Uri}');");

        said.Should().Contain("durable at 1 Buy milk").And.Contain("conflict").And.MatchRegex(@"\d examples");
    }

    [Test]
    public void The_CSharp_examples_of_the_page_stand_here()
    {
        var here = Blank().Replace(File.ReadAllText(Repository.PathOf("Tests", "EndToEnd", "ClientExamplesTests.cs")), " ");

        var examples = CSharpBlock().Matches(Page).Select(match => match.Groups["code"].Value.Trim()).ToArray();

        examples.Should().HaveCountGreaterThan(4);
        examples.Where(example => !here.Contains(Blank().Replace(example, " "), StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Test]
    public async Task The_CSharp_examples_run()
    {
        await using var server = await LiveServer.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await Begin(server.Uri, deadline.Token);
        await using var client = await EventOnlyClient.ConnectAsync(server.Uri, new() { Project = "demo" }, deadline.Token);
        await Act(client, deadline.Token);
        await BeRefused(client, deadline.Token);
        await Undo(client, deadline.Token);
        await Write(client, deadline.Token);
        await Sort(client, deadline.Token);
        await Hear(client, deadline.Token);
        await Ask(client, deadline.Token);
        await LookBack(client, deadline.Token);
        await Stream(client, deadline.Token);

        client.Store.Get("card-3").Should().NotBeNull();
        client.Store.Get("card-2").Should().BeNull();
    }

    private static async Task LookBack(EventOnlyClient client, CancellationToken ct)
    {
        var then = await client.AtAsync(1, key: "slider", ct); // of several with one key the last wins
        Console.WriteLine($"{then.At} {then.Live} {then.Get("card-1")?.Version}"); // when, how many events are newer, what there was
        await foreach (var happened in client.ReplayAsync(from: 1, to: 2, speed: double.PositiveInfinity, ct: ct))
            Console.WriteLine(happened.Seq);
    }

    private static async Task Stream(EventOnlyClient client, CancellationToken ct)
    {
        using var changes = client.StateChangesAsync();
        using var created = client.EventsAsync(EventFilter.OfType("create"), fromSeq: 1); // what was is read first, then what happens
        await foreach (var happened in created.WithCancellation(ct))
            break;
    }

    private static async Task Begin(Uri uri, CancellationToken ct)
    {
        await using var client = await EventOnlyClient.ConnectAsync(uri, new() { Project = "demo", UserName = "Ann" }, ct);
        var ack = await client.CreateAsync("card", JsonFields.Parse("""{"title":"Buy milk","votes":0}"""u8), "card-1", ct);
        Console.WriteLine($"durable at {ack.Seq}: {client.Store.Get("card-1")!.Data["title"]}");
    }

    private static async Task Act(EventOnlyClient client, CancellationToken ct)
    {
        await client.CreateAsync("card", JsonFields.Parse("""{"title":"Buy milk","votes":0}"""u8), "card-2", ct);
        await client.UpdateAsync("card-2", JsonFields.Parse("""{"title":"Oat milk","due":null}"""u8), ct: ct); // a merge patch: null removes
        await client.IncrementAsync("card-2", "votes", ct: ct); // simultaneous ones all count
        await client.BatchAsync([new Command.Create("card-3", "card", JsonFields.Parse("""{"title":"Eggs"}"""u8)), new Command.Delete("card-2", null)], ct);
    }

    private static async Task BeRefused(EventOnlyClient client, CancellationToken ct)
    {
        await client.CreateAsync("card", JsonFields.Parse("""{"title":"Tea"}"""u8), "card-4", ct);
        try
        {
            await client.UpdateAsync("card-4", JsonFields.Parse("""{"title":"Green tea"}"""u8), ifVersion: 1, ct);
        }
        catch (RejectedException refused)
        {
            Console.WriteLine($"{refused.Code} {refused.Current?.Version}"); // conflict, and what there is instead
        }
    }

    private static async Task Undo(EventOnlyClient client, CancellationToken ct)
    {
        Task renaming = Task.CompletedTask, voting = Task.CompletedTask;
        await client.CreateAsync("card", JsonFields.Parse("""{"title":"Jam","votes":0}"""u8), "card-6", ct);
        client.Group("rename", () =>
        {
            renaming = client.UpdateAsync("card-6", JsonFields.Parse("""{"title":"Marmalade"}"""u8), ct: ct);
            voting = client.IncrementAsync("card-6", "votes", ct: ct);
        });
        await client.UndoAsync(ct); // both at once; a batch is one step as well
        await client.RedoAsync(ct);
        await client.RestoreAsync("card-6", client.Seq, ct); // as it was at a seq; nothing to do here
        await Task.WhenAll(renaming, voting);
        client.Store.Get("card-6")!.Data["title"]!.Value.AsString().Should().Be("Marmalade");
    }

    private static async Task Write(EventOnlyClient client, CancellationToken ct)
    {
        await client.CreateAsync("card", JsonFields.Parse("""{"notes":{"$text":"Milk"}}"""u8), "card-8", ct);
        using var notes = client.OpenText("card-8", "notes");
        using var refused = notes.RefusedAsync(); // what we wrote and could not stay, so that nobody has to write it again
        await notes.InsertAsync(4, " and eggs", ct); // completes when it is in the journal; Value has it before
        notes.Caret = new(notes.Length); // told by presence, and kept at its place while others write
        await notes.UndoAsync(ct); // takes back what we wrote, and nothing of others
        Console.WriteLine(notes.Value);
        notes.Value.Should().Be("Milk");
    }

    private static async Task Sort(EventOnlyClient client, CancellationToken ct)
    {
        using var changes = client.Store.ChangesAsync("card-6"); // which entities look otherwise, and why
        await client.MoveAsync("card-6", "todo", ct: ct); // one write: fields list and order
    }

    private static async Task Hear(EventOnlyClient client, CancellationToken ct)
    {
        using var events = client.EventsAsync(); // takes part from here on, not from the first read
        client.Broadcast("wave", CanonicalValue.Of(1)); // false: dropped; never queued
        await client.CreateAsync("card", JsonFields.Empty, "card-5", ct);
        await foreach (var happened in events.WithCancellation(ct))
            break;
    }

    private static async Task Ask(EventOnlyClient client, CancellationToken ct)
    {
        var page = await client.QueryAsync(new Query { Kind = "card", Limit = 10 }, ct);
        var refusal = await client.ValidateAsync(new Command.Delete("nobody", null), ct);
        await foreach (var happened in client.HistoryAsync(from: 1, to: 2, ct))
            Console.WriteLine($"{happened.Seq} {happened.By}");
        var past = await client.AtAsync(1, ct);
        (page.Items.Length, refusal!.Code, past.Seq).Should().Be((6, ErrorCode.NotFound, 1));
    }
}
