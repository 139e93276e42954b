using EventOnly.Protocol.Wire;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventOnly.Tests.Server.Projects;

/// <summary>A project that nobody is in closes, and who joins meanwhile notices nothing.</summary>
[Parallelizable]
public sealed class IdleProjectsTests
{
    private static ProjectDirectory Directory(IJournal journal, ProjectOptions? options = null, TimeProvider? time = null) =>
        new(journal, options ?? new(), new(), time ?? TimeProvider.System, NullLogger<ProjectDirectory>.Instance);

    private static Inbound.Enter Enter(Guest guest) => new Inbound.Enter(guest.Member, guest.Session, Given.Join());

    private static async Task<Guest> EnterAsync(ProjectLoop loop, string name)
    {
        var guest = new Guest(name);
        (await loop.BringAsync(Enter(guest), CancellationToken.None)).Should().BeTrue();
        await guest.HearAsync<ServerMessage.Joined>();
        return guest;
    }

    private static async Task LeaveAsync(ProjectLoop loop, Guest guest)
    {
        await loop.BringAsync(new Inbound.Exit(guest.Member, "l"), CancellationToken.None);
        await Eventually.IsAsync(() => loop.IdleSince is not null, "nobody is in");
    }

    [Test]
    public async Task A_project_that_nobody_is_in_closes_after_a_while_and_its_journal_too()
    {
        var (time, closed) = (new ManualTime(), 0);
        var journal = new ScriptedJournal(Given.AJournal()) { OnClose = () => { closed++; return default; } };
        await using var directory = Directory(journal, time: time);
        var loop = (await directory.FindAsync("apollo"))!;
        var ann = await EnterAsync(loop, "ann");
        time.Advance(TimeSpan.FromMinutes(10));
        loop.HasRetired.Should().BeFalse("ann is in");
        await LeaveAsync(loop, ann);
        time.Advance(TimeSpan.FromSeconds(59));
        loop.HasRetired.Should().BeFalse("it is not a minute yet");

        time.Advance(TimeSpan.FromSeconds(31));

        await Eventually.IsAsync(() => closed == 1, "the project closed");
        (await loop.BringAsync(Enter(new("bob")), CancellationToken.None)).Should().BeFalse();
        (await directory.FindAsync("apollo")).Should().NotBeSameAs(loop);
        journal.Opened.Should().Be(2);
    }

    [Test]
    public async Task Where_memory_runs_short_the_longest_empty_close_before_their_time_and_nobody_is_sent_away()
    {
        var time = new ManualTime();
        await using var directory = Directory(Given.AJournal(), new() { OpenBytesMax = 2 * 1024 * 1024, IdleAfter = TimeSpan.FromHours(1) }, time);
        var loops = new List<ProjectLoop>();
        var guests = new List<Guest>();
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            var loop = (await directory.FindAsync(id))!;
            var guest = await EnterAsync(loop, "ann");
            for (var n = 1; n <= 4; n++)
                await loop.BringAsync(new Inbound.Submit(guest.Member, n, Given.Create($"e{n}", $$"""{"text":"{{new string('x', 100_000)}}"}""")), CancellationToken.None);
            await loop.LookAsync(guest.Member, CancellationToken.None);
            loops.Add(loop);
            guests.Add(guest);
        }
        loops.Should().AllSatisfy(loop => loop.Bytes.Should().BeGreaterThan(400_000));
        foreach (var at in (int[])[2, 1, 3])
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await LeaveAsync(loops[at], guests[at]);
        }

        time.Advance(TimeSpan.FromSeconds(6));

        await Eventually.IsAsync(() => loops.Count(loop => loop.HasRetired) >= 2, "some closed");
        loops.Select(loop => loop.HasRetired).Should().Equal([false, true, true, false], "ann is in the first, and the last has been empty for the shortest time");
    }

    [Test]
    public async Task A_project_in_which_nothing_happens_lets_go_of_its_tapes_and_those_who_are_in_notice_nothing()
    {
        var time = new ManualTime();
        await using var directory = Directory(Given.AJournal(), time: time);
        var loop = (await directory.FindAsync("apollo"))!;
        var ann = await EnterAsync(loop, "ann");
        await loop.BringAsync(new Inbound.Submit(ann.Member, 1, Given.Create("a")), CancellationToken.None);
        await ann.HearAsync<ServerMessage.Happened>();
        await loop.LookAsync(ann.Member, CancellationToken.None);
        var before = loop.Bytes;

        await Eventually.IsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                ann.Heard(); // what the state hashes to, for one
                return loop.Bytes <= before - 4096;
            },
            "the tape is let go");
        await loop.BringAsync(new Inbound.Submit(ann.Member, 2, Given.Create("b")), CancellationToken.None);
        await ann.HearAsync<ServerMessage.Happened>(told => told.Event.N == 2);
        ann.FellBehind.Should().BeFalse();
        var bob = await EnterAsync(loop, "bob");
        bob.Heard<ServerMessage.Snapshot>().Entities.Should().HaveCount(2);
    }

    [Test]
    public async Task Who_is_about_to_come_in_keeps_a_project_open()
    {
        var bench = await LoopBench.OpenAsync(Given.AJournal());
        await bench.BringInAsync("ann");

        bench.Loop.TryRetire().Should().BeFalse("ann waits in the inbox");

        bench.Run();
        await bench.EnterAsync("bob");
        bench.Loop.TryRetire().Should().BeFalse("bob is in");
        await bench.DisposeAsync();
    }

    [Test]
    public async Task Whoever_comes_while_a_project_closes_is_in_it_or_told_to_look_again_but_never_lost()
    {
        const int rounds = 20_000;
        var loops = new ProjectLoop[rounds];
        for (var round = 0; round < rounds; round++)
            loops[round] = (await LoopBench.OpenAsync(Given.AJournal(), new() { InboxMax = 16 })).Loop;
        var guest = new Guest("ann");
        using var together = new Barrier(2);
        var brought = new bool[rounds];
        var coming = Task.Run(async () =>
        {
            for (var round = 0; round < rounds; round++)
            {
                together.SignalAndWait();
                brought[round] = await loops[round].BringAsync(Enter(guest), CancellationToken.None);
            }
        });
        var retired = new bool[rounds];
        for (var round = 0; round < rounds; round++)
        {
            together.SignalAndWait();
            retired[round] = loops[round].TryRetire();
        }
        await coming;

        brought.Should().Equal(retired.Select(hasRetired => !hasRetired));
    }

    [Test]
    public async Task One_that_looks_for_a_project_while_it_closes_gets_it_opened_anew_after_that()
    {
        var (closing, mayClose) = (new TaskCompletionSource(), new TaskCompletionSource());
        var journal = new ScriptedJournal(Given.AJournal()) { OnClose = async () => { closing.TrySetResult(); await mayClose.Task; } };
        await using var directory = Directory(journal);
        var loop = (await directory.FindAsync("apollo"))!;
        loop.TryRetire().Should().BeTrue();
        await closing.Task.WaitAsync(RawClient.Patience);

        var finding = directory.FindAsync("apollo").AsTask();

        finding.IsCompleted.Should().BeFalse("two books of one project must not be open at once");
        journal.Opened.Should().Be(1);
        mayClose.SetResult();
        (await finding.WaitAsync(RawClient.Patience)).Should().NotBeSameAs(loop).And.NotBeNull();
    }

    [Test]
    public async Task Beyond_as_many_as_may_be_open_the_longest_empty_one_closes()
    {
        var time = new ManualTime();
        await using var directory = Directory(Given.AJournal(), new() { OpenMax = 3 }, time);
        var loops = new List<ProjectLoop>();
        foreach (var id in (string[])["apollo", "borealis", "cygnus"])
        {
            loops.Add((await directory.FindAsync(id))!);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        await EnterAsync(loops[0], "ann");

        (await directory.FindAsync("draco")).Should().NotBeNull();

        loops.Select(loop => loop.HasRetired).Should().Equal(false, true, false);
    }

    [Test]
    public async Task Beyond_as_many_as_may_be_open_there_is_none_where_somebody_is_in_each()
    {
        await using var directory = Directory(Given.AJournal(), new() { OpenMax = 1 });
        var first = (await directory.FindAsync("apollo"))!;
        var ann = await EnterAsync(first, "ann");

        (await directory.FindAsync("borealis")).Should().BeNull();

        (await directory.FindAsync("apollo")).Should().BeSameAs(first);
        await LeaveAsync(first, ann);
        (await directory.FindAsync("borealis")).Should().NotBeNull();
    }

    [Test]
    public async Task A_client_that_joins_while_its_project_closes_gets_the_one_opened_anew()
    {
        var time = new ManualTime();
        var (closing, mayClose) = (new TaskCompletionSource(), new TaskCompletionSource());
        var journal = new ScriptedJournal(Given.AJournal()) { OnClose = async () => { closing.TrySetResult(); await mayClose.Task; } };
        await using var server = await LiveServer.StartAsync(
            time, services => services.Replace(ServiceDescriptor.Singleton<IJournal>(journal)),
            "--EventOnly:Connections:PingInterval=00:05:00", "--EventOnly:Connections:PingTimeout=00:10:00");
        await using var ann = await server.JoinAsync();
        await ann.SayAsync("""{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}""");
        await ann.HearAsync("create");
        await ann.RequestAsync("""{"type":"leave","id":"$id","project":"apollo"}""");
        await Eventually.IsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10)); // the leaving and the loop's rest after it are two moments
            return closing.Task.IsCompleted;
        }, "the project closes");

        var joining = ann.JoinAsync("apollo");
        mayClose.SetResult();

        (await joining).Number("seq").Should().Be(1);
        journal.Opened.Should().Be(2);
    }

    [Test]
    public async Task Clients_that_crowd_each_other_out_of_their_projects_are_at_most_told_to_come_again()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:OpenMax=1");
        var joined = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            await using var client = await server.ConnectAsync($"c{i}");
            for (var round = 0; round < 100; round++)
            {
                var answer = await client.RequestAsync($$"""{"type":"join","id":"$id","project":"p{{(i + round) % 5}}","session":"a-secret-of-a-session-{{i}}"}""");
                if (answer.Type == "error")
                {
                    answer.Word("code").Should().Be("unavailable");
                    continue;
                }
                Interlocked.Increment(ref joined);
                await client.RequestAsync($$"""{"type":"leave","id":"$id","project":"p{{(i + round) % 5}}"}""");
            }
        }));
        joined.Should().BePositive();
    }

    [Test]
    public async Task One_client_may_go_through_more_projects_than_may_be_open()
    {
        await using var server = await LiveServer.StartAsync("--EventOnly:Projects:OpenMax=2");
        await using var ann = await server.ConnectAsync();
        for (var round = 1; round <= 2; round++)
        {
            for (var project = 0; project < 20; project++)
            {
                (await ann.JoinAsync($"p{project}")).Number("seq").Should().Be(round - 1, "what was written before it closed is there");
                await ann.SayAsync($$"""{"type":"create","project":"p{{project}}","n":1,"entity":"e{{round}}","kind":"card","data":{} }""");
                await ann.HearAsync("create", heard => heard.Word("project") == $"p{project}");
                await ann.RequestAsync($$"""{"type":"leave","id":"$id","project":"p{{project}}"}""");
            }
        }
    }
}
