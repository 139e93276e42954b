using Microsoft.Playwright;

namespace EventOnly.Tests.Web;

/// <summary>A headless Chromium for one fixture. Each person gets a context of their own: storage, offline switch, cookies.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <param name="keepsPages">Whether a page that is left may be kept as it is, for who goes back.</param>
    public static async Task<Chromium> StartAsync(bool keepsPages = false)
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
            Headless = true,
            IgnoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [],
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-features=Translate,OptimizationHints",
            ],
        });
        return new(playwright, browser);
    }

    public Task<IBrowserContext> PersonAsync(bool bypassCsp = false, ColorScheme colors = ColorScheme.Light, int width = 1280, int height = 800) =>
        _browser.NewContextAsync(new()
        {
            BypassCSP = bypassCsp, ColorScheme = colors, ViewportSize = new() { Width = width, Height = height },
        });

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
