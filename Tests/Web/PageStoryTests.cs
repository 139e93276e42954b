using EventOnly.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>A, B and C at their browsers, on one project.</summary>
[Category("Browser")]
public sealed class PageStoryTests
{
    private readonly RequestLog _requests = new();
    private Chromium _chromium = null!;
    private LiveServer _server = null!;
    private FaultProxy _linesOfA = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chromium = await Chromium.StartAsync();
        _server = await LiveServer.StartAsync(null, services => services.AddSingleton<IStartupFilter>(_requests));
        _linesOfA = new(_server.Port);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _chromium.DisposeAsync();
        await _linesOfA.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task<(IPage Page, NoAjaxProbe Probe)> OpenAsync(string name, string project, int? port = null, bool bypassCsp = false)
    {
        var context = await _chromium.PersonAsync(bypassCsp);
        var page = await context.NewPageAsync();
        var probe = await NoAjaxProbe.WatchAsync(page);
        await page.GotoAsync($"http://127.0.0.1:{port ?? _server.Port}/?test=1&project={project}&name={name}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "live");
        return (page, probe);
    }

    private static async Task AddCardAsync(IPage page, string title)
    {
        await ToDo(page).GetByTestId("add-card").ClickAsync();
        await ToDo(page).GetByTestId("card-title-input").FillAsync(title);
        await ToDo(page).GetByTestId("card-title-input").PressAsync("Enter");
    }

    private static ILocator ToDo(IPage page) => page.Locator("[data-testid=list][data-id=list-todo]");

    private static ILocator Card(IPage page, string title) => page.GetByTestId("card").Filter(new() { HasText = title });

    private static Task<string> HashAsync(IPage page) =>
        page.EvaluateAsync<string>("window.eventOnly.client.pending === 0 ? window.eventOnly.client.stateHash : 'pending'");

    /// <summary>Waits until all pages say the same hash, nothing being under way in any of them.</summary>
    private static async Task ExpectConvergedAsync(params IPage[] pages)
    {
        var seqs = await Task.WhenAll(pages.Select(page => page.EvaluateAsync<long>("window.eventOnly.client.seq")));
        await Task.WhenAll(pages.Select(page => page.WaitForFunctionAsync(
            "seq => window.eventOnly.client.pending === 0 && window.eventOnly.client.seq >= seq", seqs.Max())));
        (await Task.WhenAll(pages.Select(HashAsync))).Distinct().Should().ContainSingle().Which.Should().NotBe("pending");
    }

    [Test]
    public async Task A_creates_B_and_C_see_it_and_a_cut_line_comes_back_all_without_a_single_request()
    {
        var (a, probeA) = await OpenAsync("Ann", "story", _linesOfA.Port);
        var (b, probeB) = await OpenAsync("Bob", "story");
        var (c, probeC) = await OpenAsync("Cid", "story");
        var requestsWhenLoaded = _requests.Paths.Count;
        await Expect(a.GetByTestId("avatars").Locator("[title]")).Not.ToHaveCountAsync(0);

        await a.GetByTestId("setup").ClickAsync();
        await AddCardAsync(a, "Buy milk");
        await Expect(Card(b, "Buy milk")).ToBeVisibleAsync();
        await Expect(Card(c, "Buy milk")).ToBeVisibleAsync();
        await Task.WhenAll(new[] { a, b, c }.Select(page => Card(page, "Buy milk").GetByTestId("vote").ClickAsync()));
        foreach (var page in new[] { a, b, c })
            await Expect(Card(page, "Buy milk").GetByTestId("votes")).ToHaveTextAsync("3");
        await c.GetByTestId("chat-input").FillAsync("Hello");
        await c.GetByTestId("chat-input").PressAsync("Enter");
        await Expect(a.GetByTestId("chat-log")).ToContainTextAsync("Hello");

        _linesOfA.Cut();
        await Expect(a.GetByTestId("connection")).Not.ToHaveAttributeAsync("data-state", "live");
        await AddCardAsync(a, "Made offline");
        await AddCardAsync(b, "Made meanwhile");
        await Expect(Card(a, "Made offline")).ToBeVisibleAsync();
        await Expect(a.GetByTestId("connection")).ToContainTextAsync("1");
        _linesOfA.Heal();
        await Expect(a.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "live", new() { Timeout = 20_000 });
        await Expect(Card(a, "Made meanwhile")).ToBeVisibleAsync();
        await Expect(Card(b, "Made offline")).ToHaveCountAsync(1);
        await Expect(Card(c, "Made offline")).ToHaveCountAsync(1);

        await ExpectConvergedAsync(a, b, c);
        (await a.EvaluateAsync<string>("window.eventOnly.client.stateHash")).Should().NotBe("0000000000000000");
        foreach (var probe in new[] { probeA, probeB, probeC })
            (await probe.FindingsAsync()).Should().BeEmpty();
        probeB.Sockets.Should().Be(1, "nothing happened to B's line");
        _requests.Paths.Skip(requestsWhenLoaded).Where(path => path != "/ws").Should().BeEmpty("after the files only upgrades reach the server");
    }

    [Test]
    public async Task Autocomplete_and_the_title_check_go_over_the_socket()
    {
        var (a, probe) = await OpenAsync("Ann", "search");
        await a.GetByTestId("setup").ClickAsync();
        await AddCardAsync(a, "Buy milk");
        await ExpectConvergedAsync(a);

        await a.GetByTestId("search").FillAsync("buy");
        await Expect(a.GetByTestId("search-results")).ToContainTextAsync("Buy milk");
        await a.GetByTestId("search").FillAsync("");
        await ToDo(a).GetByTestId("add-card").ClickAsync();
        await ToDo(a).GetByTestId("card-title-input").FillAsync("Buy milk");

        await Expect(ToDo(a).GetByTestId("title-taken")).ToBeVisibleAsync();
        (await probe.FindingsAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task Hostile_text_stays_text()
    {
        var (a, probe) = await OpenAsync("%3Cimg%20src=x%20onerror=window.hurt=1%3E", "hostile");
        var (b, _) = await OpenAsync("Bob", "hostile");
        await a.GetByTestId("setup").ClickAsync();

        await AddCardAsync(a, "<img src=x onerror=window.hurt=1>");
        await a.GetByTestId("chat-input").FillAsync("<script>window.hurt=1</script>");
        await a.GetByTestId("chat-input").PressAsync("Enter");

        await Expect(b.GetByTestId("chat-log")).ToContainTextAsync("<script>");
        await Expect(Card(b, "<img src=x")).ToBeVisibleAsync();
        (await b.EvaluateAsync<bool>("'hurt' in window")).Should().BeFalse();
        (await probe.FindingsAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task The_probe_finds_ajax_where_there_is_some()
    {
        var (strict, strictProbe) = await OpenAsync("Ann", "control");
        var (loose, looseProbe) = await OpenAsync("Bob", "control", bypassCsp: true);

        await strict.EvaluateAsync("fetch('/ajax').catch(() => 0)");
        await loose.EvaluateAsync("fetch('/ajax').catch(() => 0)");

        (await strictProbe.FindingsAsync()).Should().Contain("called: fetch").And.Contain(finding => finding.StartsWith("policy: connect-src", StringComparison.Ordinal));
        (await looseProbe.FindingsAsync()).Should().Contain(finding => finding.StartsWith("after load: fetch", StringComparison.Ordinal));
        _requests.Paths.Should().ContainSingle(path => path == "/ajax", "the policy stopped one of the two before it left the browser");
    }
}
