using EventOnly.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>What waits outlives the page that asked for it, in a real browser.</summary>
[Category("Browser")]
public sealed class ReloadTests
{
    /// <summary>A page that is told to has no line: it dials where nobody listens.</summary>
    private const string OfflineSwitch = """
        const Real = WebSocket;
        window.WebSocket = class extends Real {
          constructor(url, protocol) { super(sessionStorage.getItem('offline') ? 'ws://127.0.0.1:9/' : url, protocol); }
        };
        """;

    private Chromium _chromium = null!;
    private LiveServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chromium = await Chromium.StartAsync();
        _server = await LiveServer.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _chromium.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task<IPage> OpenAsync(IBrowserContext context, string project)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{_server.Port}/?test=1&project={project}&name=Ann");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "live");
        await WaitAsync(page, "client.pending === 0");
        return page;
    }

    private async Task<IBrowserContext> PersonAsync()
    {
        var context = await _chromium.PersonAsync(bypassCsp: true);
        await context.AddInitScriptAsync(OfflineSwitch);
        return context;
    }

    private static async Task WaitAsync(IPage page, string condition) =>
        await page.WaitForFunctionAsync($"() => {{ const client = window.eventOnly?.client; return client && ({condition}); }}");

    private static async Task GoOfflineAsync(IPage page)
    {
        await page.EvaluateAsync("() => { sessionStorage.setItem('offline', '1'); window.eventOnly.client.reconnect(); }");
        await WaitAsync(page, "client.state !== 'connected'");
    }

    private static async Task ComeBackAsync(IPage page) =>
        await page.EvaluateAsync("() => { sessionStorage.removeItem('offline'); window.eventOnly.client.reconnect(); }");

    private static async Task CreateAsync(IPage page, string id) =>
        await page.EvaluateAsync("id => { window.eventOnly.client.create('note', { text: id }, { id }); }", id);

    [Test]
    public async Task What_was_done_offline_survives_a_reload_and_is_sent_once()
    {
        await using var context = await PersonAsync();
        var page = await OpenAsync(context, "reload");
        var session = await page.EvaluateAsync<string>("window.eventOnly.client.session");
        await GoOfflineAsync(page);
        await CreateAsync(page, "n1");
        await page.EvaluateAsync("() => { window.eventOnly.client.increment('n1', 'votes'); }");

        await page.ReloadAsync();
        await WaitAsync(page, "client.pending === 2 && client.store.get('n1')?.data.votes === 1");
        await ComeBackAsync(page);
        await WaitAsync(page, "client.state === 'connected' && client.pending === 0");

        var other = await OpenAsync(context, "reload");
        (await other.EvaluateAsync<int>("window.eventOnly.client.store.get('n1').data.votes")).Should().Be(1);
        (await page.EvaluateAsync<string>("window.eventOnly.client.session")).Should().Be(session, "the same tab is the same session");
    }

    [Test]
    public async Task A_duplicated_tab_gets_a_session_of_its_own_and_an_empty_queue()
    {
        await using var context = await PersonAsync();
        var page = await OpenAsync(context, "duplicate");
        await GoOfflineAsync(page);
        await CreateAsync(page, "n1");
        await page.WaitForFunctionAsync("() => Object.values(sessionStorage).some(text => text.includes('n1'))");

        var copy = await context.RunAndWaitForPageAsync(() => page.EvaluateAsync("() => { window.open(location.href); }"));
        (await copy.EvaluateAsync<bool>("() => Object.values(sessionStorage).some(text => text.includes('n1'))")).Should().BeTrue("the storage is copied");
        await WaitAsync(copy, "true");
        await ComeBackAsync(copy);
        await WaitAsync(copy, "client.state === 'connected'");
        var waiting = await copy.EvaluateAsync<int>("window.eventOnly.client.pending");
        await ComeBackAsync(page);
        await WaitAsync(page, "client.state === 'connected' && client.pending === 0");

        waiting.Should().Be(0);
        var sessions = await Task.WhenAll(new[] { page, copy }.Select(each => each.EvaluateAsync<string>("window.eventOnly.client.session")));
        sessions.Should().OnlyHaveUniqueItems();
        await WaitAsync(copy, "client.store.get('n1') !== undefined");
    }

    [Test]
    public async Task In_a_database_what_waits_survives_a_closed_tab()
    {
        await using var context = await PersonAsync();
        var page = await OpenAsync(context, "closed");
        await MakeClientAsync(page, offline: true);
        await page.EvaluateAsync("() => { window.mine.create('note', { text: 'n1' }, { id: 'n1' }); }");
        await page.WaitForFunctionAsync(
            """
            () => new Promise(resolve => {
              const open = indexedDB.open('eventonly', 1);
              open.onsuccess = () => { open.result.transaction('queues').objectStore('queues').getAll().onsuccess = event => resolve(event.target.result.some(kept => kept.ops.length === 1)); };
            })
            """);
        // What a browser keeps for a private context is in memory, and may go with the last page that has it open.
        var witness = await OpenAsync(context, "another");
        await witness.EvaluateAsync("() => new Promise(resolve => { const open = indexedDB.open('eventonly', 1); open.onsuccess = () => { window.kept = open.result; resolve(); }; })");
        await page.CloseAsync();

        // A page that comes too soon, while the browser still holds what the closed tab had locked, leaves it to the one after it.
        string? found = null;
        for (var tries = 0; tries < 5 && found is null; tries++)
        {
            var next = await OpenAsync(context, "closed");
            await MakeClientAsync(next, offline: false);
            await next.WaitForFunctionAsync("() => window.mine.state === 'connected' && window.mine.pending === 0");
            found = await next.EvaluateAsync<string?>("() => window.mine.store.get('n1')?.data.text ?? null");
            await next.CloseAsync();
        }
        found.Should().Be("n1");
    }

    private static async Task MakeClientAsync(IPage page, bool offline) => await page.EvaluateAsync(
        """
        async offline => {
          const { EventOnlyClient } = await import('/client/eventonly.js');
          const { indexedDbQueue } = await import('/client/keep-idb.js');
          if (offline) sessionStorage.setItem('offline', '1');
          window.mine = new EventOnlyClient('/ws', { project: 'closed', user: { name: 'Ann' }, queue: { persist: indexedDbQueue() } });
          window.mine.connect();
        }
        """, offline);
}
