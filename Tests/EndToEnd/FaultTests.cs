using System.Runtime.CompilerServices;
using EventOnly.Protocol.State;
using EventOnly.Server.Journals;
using EventOnly.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EventOnly.Tests.EndToEnd;

/// <summary>A journal that fails in a server that does not: one project suffers, and only as long as the fault lasts.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FaultTests
{
    private const string Create = """{"type":"create","project":"apollo","n":1,"entity":"a","kind":"card","data":{}}""";

    [Test]
    public async Task A_fault_sends_the_members_of_one_project_away_and_they_come_back()
    {
        var journal = new FailingJournal();
        await using var server = await StartAsync(journal);
        server.Log.Announce(201);
        await using var ann = await server.JoinAsync("ann");
        await using var bob = await server.JoinAsync("bob");
        await using var other = await server.JoinAsync("cid", "zeus");
        await ann.SayAsync(Create);
        await bob.HearAsync("create");

        journal.Fails = project => project == "apollo";
        await ann.SayAsync(Create.Replace("\"n\":1,\"entity\":\"a\"", "\"n\":2,\"entity\":\"b\"", StringComparison.Ordinal));
        (await ann.HearCloseAsync()).Should().Be(1011);
        (await bob.HearCloseAsync()).Should().Be(1011);
        journal.Fails = _ => false;
        await ann.SendCloseAsync();
        await using var again = await server.ConnectAsync("ann");
        var joined = await JoinWhenOpenAsync(server, again, ann.Secret);
        await other.SayAsync("""{"type":"create","project":"zeus","n":1,"kind":"card","data":{}}""");

        joined.Raw("outcomes").Should().Be("""[{"n":1,"outcome":"done"},{"n":2,"outcome":"unknown"}]""");
        ann.Transcript[^1].Text.Should().Be("""{"type":"disconnect","code":"server_fault","reason":"The server had a fault.","reconnect":true}""");
        await other.HearAsync("create");
    }

    [Test]
    public async Task A_journal_that_takes_nothing_just_now_leads_to_a_reject_that_may_be_retried()
    {
        var journal = new FailingJournal { IsUnavailable = true };
        await using var server = await StartAsync(journal);
        await using var ann = await server.JoinAsync();

        await ann.SayAsync(Create);
        var reject = await ann.HearAsync("reject");
        journal.IsUnavailable = false;
        await ann.SayAsync(Create);
        var created = await ann.HearAsync("create");

        reject.Word("code").Should().Be("unavailable");
        reject.Flag("retryable").Should().BeTrue();
        reject.Number("retryAfterMs").Should().Be(250);
        created.Number("seq").Should().Be(1);
    }

    [Test]
    public async Task A_project_that_cannot_be_opened_is_unavailable_until_it_can()
    {
        var journal = new FailingJournal { Fails = _ => true };
        await using var server = await StartAsync(journal);
        server.Log.Announce(202);
        await using var ann = await server.ConnectAsync();

        var error = await ann.RequestAsync("""{"type":"join","id":"$id","project":"apollo","session":"0123456789abcdef"}""");
        journal.Fails = _ => false;
        await ann.JoinAsync("apollo");

        error.Word("code").Should().Be("unavailable");
        error.Number("retryAfterMs").Should().BePositive();
    }

    [Test]
    public async Task A_question_that_meets_a_fault_is_answered_and_the_connection_stays()
    {
        var journal = new FailingJournal();
        await using var server = await StartAsync(journal);
        server.Log.Announce(105);
        await using var ann = await server.JoinAsync();
        await ann.SayAsync(Create);
        await ann.HearAsync("create");

        journal.Fails = _ => true;
        var error = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":1}""");
        journal.Fails = _ => false;
        var page = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":1}""");

        error.Word("code").Should().Be("internal");
        error.Text.Should().NotContain("disk", "what the fault was is for the log, not for a peer");
        page.List("events").Should().ContainSingle();
    }

    [Test]
    public async Task A_past_that_cannot_be_read_just_now_is_unavailable_until_it_can()
    {
        var journal = new FailingJournal();
        await using var server = await StartAsync(journal);
        server.Log.Announce(211);
        await using var ann = await server.JoinAsync();
        await ann.SayAsync(Create);
        await ann.HearAsync("create");

        journal.IsUnreadable = true;
        foreach (var question in new[] { "\"from\":1", "\"at\":0" })
        {
            var error = await ann.RequestAsync($$"""{"type":"history","id":"$id","project":"apollo",{{question}}}""");
            (error.Word("code"), error.Flag("retryable"), error.Number("retryAfterMs")).Should().Be(("unavailable", true, 1000));
        }
        journal.IsUnreadable = false;
        var page = await ann.RequestAsync("""{"type":"history","id":"$id","project":"apollo","from":1}""");

        page.List("events").Should().ContainSingle();
        server.Log.Entries.Count(entry => entry.Id == 211).Should().Be(1);
    }

    [Test]
    public async Task An_event_that_somebody_else_recorded_first_is_folded_and_heard()
    {
        var journal = new FailingJournal();
        await using var server = await StartAsync(journal);
        await using var ann = await server.JoinAsync();
        await journal.AppendAsync("apollo", 0, [new(1, """{"type":"create","project":"apollo","seq":1,"at":"2026-11-21T07:58:00.000Z","by":"far","session":"Xk2vT9aQmZ4rB8cLwE1yHs","n":1,"entity":"a","kind":"card","version":1,"data":{}}"""u8.ToArray())], CancellationToken.None);
        await ann.SayAsync(Create);

        var heard = await ann.HearAllAsync();

        heard.Select(one => one.Type).Should().BeEquivalentTo("create", "reject");
        heard.Find(one => one.Type == "create")!.Word("by").Should().Be("far");
        heard.Find(one => one.Type == "reject")!.Word("code").Should().Be("exists");
    }

    private static Task<LiveServer> StartAsync(FailingJournal journal) =>
        LiveServer.StartAsync(time: null, services => services.Replace(ServiceDescriptor.Singleton<IJournal>(journal)));

    /// <summary>The fault's project closes a moment after its members were told; a join in between is sent away once more.</summary>
    private static async Task<Heard> JoinWhenOpenAsync(LiveServer server, RawClient client, string secret)
    {
        try
        {
            return await client.JoinAsync("apollo", ""","pending":[1,2]""", secret);
        }
        catch (AssertionException)
        {
            var again = await server.ConnectAsync("ann");
            return await again.JoinAsync("apollo", ""","pending":[1,2]""", secret);
        }
    }

    private sealed class FailingJournal : IJournal
    {
        private readonly MemoryJournal _inner = new(() => "5f0c2a9e1b7d4c38");

        public Func<string, bool> Fails { get; set; } = _ => false;

        public bool IsUnavailable { get; set; }

        public bool IsUnreadable { get; set; }

        public ValueTask<JournalHead> OpenAsync(string project, CancellationToken stopping)
        {
            ThrowIfFailing(project);
            return _inner.OpenAsync(project, stopping);
        }

        public ValueTask<AppendResult> AppendAsync(string project, long expectedHead, IReadOnlyList<JournalEntry> entries, Succession succession, CancellationToken stopping)
        {
            ThrowIfFailing(project);
            return IsUnavailable
                ? ValueTask.FromResult(new AppendResult(AppendOutcome.Unavailable, expectedHead, RetryAfterMs: 250))
                : _inner.AppendAsync(project, expectedHead, entries, succession, stopping);
        }

        public async IAsyncEnumerable<JournalEntry> ReadAsync(string project, long from, [EnumeratorCancellation] CancellationToken stopping)
        {
            ThrowIfFailing(project);
            await foreach (var entry in _inner.ReadAsync(project, from, stopping))
                yield return entry;
        }

        public IAsyncEnumerable<JournalEntry> FollowAsync(string project, long from, CancellationToken stopping) => _inner.FollowAsync(project, from, stopping);

        public ValueTask<ProjectState?> LoadAsync(string project, Moment upTo, CancellationToken stopping) => _inner.LoadAsync(project, upTo, stopping);

        public ValueTask KeepAsync(string project, ProjectState state, CancellationToken stopping) => _inner.KeepAsync(project, state, stopping);

        public ValueTask<long> ForgetAsync(string project, long seq, CancellationToken stopping) => _inner.ForgetAsync(project, seq, stopping);

        public ValueTask CloseAsync(string project) => _inner.CloseAsync(project);

        private void ThrowIfFailing(string project)
        {
            if (Fails(project))
                throw new IOException("The disk is on fire.");
            if (IsUnreadable)
                throw new JournalUnavailableException("The journal cannot be read.");
        }
    }
}
