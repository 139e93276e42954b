using EventOnly.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EventOnly.Tests.EndToEnd;

/// <summary>Who asks for much is answered, and stays: neither its small answers nor what happens live suffers from it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class LargeAnswersTests
{
    private static readonly string s_text = new('x', 60_000);

    [Test]
    public async Task Commands_are_answered_beside_as_many_large_pages_as_may_be_asked_for()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Connections:MailboxBytesMax=16384");
        await FillAsync(server, 20);
        await using var ann = await server.UpgradeAsync(receiveBufferBytes: 8 * 1024);
        await ann.IntroduceAsync("ann");
        await ann.JoinAsync("apollo", ""","listen":false""");
        for (var round = 0; round < 3; round++)
        {
            for (var page = 0; page < 4; page++)
                await ann.SayAsync($$"""{"type":"history","id":"h{{round}}-{{page}}","project":"apollo","last":20}""");
            for (var n = 1; n <= 40; n++)
                await ann.SayAsync($$"""{"type":"delete","project":"apollo","n":{{round * 40 + n}},"entity":"nobody"}""");

            var (pages, rejects) = (0, 0);
            while (pages < 4 || rejects < 40)
            {
                var heard = await ann.NextAsync();
                (pages, rejects) = (pages + (heard.Type == "result" ? 1 : 0), rejects + (heard.Type == "reject" ? 1 : 0));
            }
        }
        ann.Transcript.FindIndex(heard => heard.Type == "reject").Should().BeLessThan(ann.Transcript.FindLastIndex(heard => heard.Type == "result"));
    }

    [Test]
    public async Task Events_are_heard_live_while_a_long_moment_is_told()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:TapeBytesMax=65536");
        await FillAsync(server, 200); // twelve megabytes
        await using var bob = await server.JoinAsync("bob");
        await using var ann = await server.UpgradeAsync(receiveBufferBytes: 8 * 1024);
        await ann.IntroduceAsync("ann");
        await ann.JoinAsync("apollo");

        await ann.SayAsync("""{"type":"history","id":"h1","project":"apollo","at":199}""");
        await ann.HearAsync("snapshot", heard => heard.Word("id") == "h1");
        for (var n = 1; n <= 5; n++)
        {
            await bob.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"live{{{n}}}","kind":"card","data":{"text":"{{{new string('x', 5000)}}}"}}""");
            await ann.HearAsync("create", heard => heard.Word("entity") == $"live{n}");
        }

        if (!ann.Transcript.Exists(heard => heard.Word("id") == "h1" && heard.Has("hash")))
            await ann.HearAsync("snapshot", heard => heard.Has("hash"));
    }

    [Test]
    public async Task A_page_of_either_kind_and_a_look_at_the_past_end_at_the_bytes_that_are_set()
    {
        await using var server = await LiveServer.StartAsync(
            "--EventOnly:Connections:PageBytesMax=130000", "--EventOnly:Connections:HistoryScanBytesMax=1048576");
        await FillAsync(server, 40);
        await using var ann = await server.JoinAsync();

        var page = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","last":10}""");
        var items = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo","limit":10}""");
        var none = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":1,"by":"nobody"}""");

        (page.List("events").Count(), page.Number("next")).Should().Be((2, 39));
        (items.List("items").Count(), items.Flag("more")).Should().Be((2, true));
        none.Number("next").Should().BeInRange(17, 20);
    }

    [Test]
    public async Task Of_one_connection_one_question_about_the_past_is_worked_on_at_a_time_and_others_come_in_between()
    {
        var journal = new ScriptedJournal(Given.AJournal());
        await using var server = await LiveServer.StartAsync(
            time: null, services => services.Replace(ServiceDescriptor.Singleton<IJournal>(journal)), "--EventOnly:Projects:LookingBackMax=8");
        await FillAsync(server, 1);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        using var goOn = new SemaphoreSlim(0);
        var reading = 0;
        journal.OnRead = async () =>
        {
            Interlocked.Increment(ref reading);
            await goOn.WaitAsync(RawClient.Patience);
        };

        foreach (var id in new[] { "h1", "h2", "h3" })
            await ann.SayAsync($$"""{"type":"history","id":"{{id}}","project":"apollo","last":1}""");
        await bob.SayAsync("""{"type":"history","id":"h1","project":"apollo","last":1}""");
        var query = await ann.RequestAsync("""{"type":"query","id":"$id","project":"apollo"}""");
        await Eventually.IsAsync(() => Volatile.Read(ref reading) >= 2, "one of each is worked on");

        query.List("items").Should().ContainSingle("the present does not wait for the past");
        Volatile.Read(ref reading).Should().Be(2);
        goOn.Release(4);
        await bob.HearAsync("result");
        for (var answer = 0; answer < 3; answer++)
            await ann.HearAsync("result");
    }

    private static async Task FillAsync(LiveServer server, int events)
    {
        await using var author = await server.ConnectAsync("author");
        await author.JoinAsync("apollo", ""","listen":false""");
        for (var n = 1; n <= events; n++)
        {
            await author.SayAsync($$$"""{"type":"create","project":"apollo","n":{{{n}}},"entity":"e{{{n}}}","kind":"card","data":{"text":"{{{s_text}}}"}}""");
            await author.HearAsync("ack");
        }
    }
}
