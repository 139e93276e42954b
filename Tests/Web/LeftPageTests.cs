using EventOnly.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>A page that is left, or not seen, in a real browser.</summary>
[Category("Browser")]
public sealed class LeftPageTests
{
    private Chromium _chromium = null!;
    private LiveServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chromium = await Chromium.StartAsync(keepsPages: true);
        _server = await LiveServer.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _chromium.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_page_that_the_browser_kept_goes_on_where_it_was_with_what_happened_meanwhile()
    {
        await using var ann = await _chromium.PersonAsync(bypassCsp: true);
        await using var bob = await _chromium.PersonAsync(bypassCsp: true);
        var (page, other) = (await OpenAsync(ann, "kept"), await OpenAsync(bob, "kept"));
        await page.EvaluateAsync(
            """
            () => addEventListener('pageshow', async ({ persisted }) => {
              const { client } = window.eventOnly;
              await client.ready();
              client.create('note', { persisted, found: client.store.get('n1')?.data.text ?? null }, { id: 'back' });
            })
            """);

        await page.GotoAsync($"http://127.0.0.1:{_server.Port}/client/codes.js");
        await other.EvaluateAsync("() => window.eventOnly.client.create('note', { text: 'hello' }, { id: 'n1' })");
        _ = page.EvaluateAsync("() => history.back()").ContinueWith(_ => { }, TaskScheduler.Default); // its own world ends with it

        await other.WaitForFunctionAsync("() => window.eventOnly.client.store.get('back')");
        (await other.EvaluateAsync<string>("() => JSON.stringify(window.eventOnly.client.store.get('back').data)")).Should().Be("""{"found":"hello","persisted":true}""");
    }

    [Test]
    public async Task A_page_that_nobody_sees_does_not_dial_until_it_is_seen()
    {
        await using var ann = await _chromium.PersonAsync(bypassCsp: true);
        await ann.AddInitScriptAsync(
            """
            window.dialled = 0;
            const Real = WebSocket;
            window.WebSocket = class extends Real { constructor(url, protocol) { super(url, protocol); window.dialled++; } };
            """);
        await using var proxy = new FaultProxy(_server.Port);
        var page = await OpenAsync(ann, "hidden", proxy.Port);
        await SeenAsync(page, false);
        var before = await page.EvaluateAsync<int>("window.dialled");

        proxy.Cut();
        proxy.Heal();
        await page.WaitForFunctionAsync("() => window.eventOnly.client.state === 'reconnecting'");
        await page.WaitForTimeoutAsync(1500); // a page that is seen dials within 250 ms
        (await page.EvaluateAsync<int>("window.dialled")).Should().Be(before);

        await SeenAsync(page, true);
        await page.WaitForFunctionAsync("() => window.eventOnly.client.state === 'connected'");
    }

    /// <summary>Tells the page what the browser would: one without a screen never hides a window.</summary>
    private static async Task SeenAsync(IPage page, bool seen) => await page.EvaluateAsync(
        """
        seen => {
          Object.defineProperty(document, 'hidden', { configurable: true, value: !seen });
          document.dispatchEvent(new Event('visibilitychange'));
        }
        """, seen);

    private async Task<IPage> OpenAsync(IBrowserContext context, string project, int? port = null)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{port ?? _server.Port}/?test=1&project={project}&name=Ann");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "live");
        return page;
    }
}
