using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>Somebody at a browser of their own who has a card's notes open and writes in them.</summary>
internal sealed class Writer
{
    /// <summary>A page that is told to has no line: it dials where nobody listens.</summary>
    private const string OfflineSwitch = """
        const Real = WebSocket;
        window.WebSocket = class extends Real {
          constructor(url, protocol) { super(sessionStorage.getItem('offline') ? 'ws://127.0.0.1:9/' : url, protocol); }
        };
        """;

    private Writer(IPage page, NoAjaxProbe? probe) => (Page, Probe) = (page, probe);

    public IPage Page { get; }

    public NoAjaxProbe? Probe { get; }

    public ILocator Notes => Page.GetByTestId("notes");

    public ILocator State => Page.GetByTestId("notes-state");

    /// <param name="switched">The page can be told to be offline; then the policy of what it may dial is off, and nothing watches it.</param>
    public static async Task<Writer> ComeAsync(Chromium chromium, int port, string name, string project, bool switched = false)
    {
        var context = await chromium.PersonAsync(bypassCsp: switched);
        if (switched)
            await context.AddInitScriptAsync(OfflineSwitch);
        var page = await context.NewPageAsync();
        var probe = switched ? null : await NoAjaxProbe.WatchAsync(page);
        await page.GotoAsync($"http://127.0.0.1:{port}/?test=1&project={project}&name={name}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "live", new() { Timeout = 20_000 });
        return new(page, probe);
    }

    /// <summary>A list and a card in it, as another program would make them; without a text the card has no notes yet.</summary>
    public async Task MakeCardAsync(string? notes) => await Page.EvaluateAsync(
        """
        notes => window.eventOnly.client.batch(ops => {
          ops.create('list', { title: 'To do', order: 'V' }, { id: 'list-todo' });
          ops.create('card', { title: 'Plan', list: 'list-todo', order: 'V', ...(notes === null ? {} : { notes: { $text: notes } }) }, { id: 'card' });
        })
        """, notes);

    public async Task OpenNotesAsync()
    {
        await Page.Locator("[data-id=card]").GetByTestId("card-title").ClickAsync();
        await Expect(Notes).ToBeEditableAsync();
    }

    /// <summary>The focus is in the notes from here on, and every time it moves is remembered.</summary>
    public async Task PutCaretAsync(int start, int? end = null)
    {
        await Notes.FocusAsync();
        await Notes.EvaluateAsync(
            """
            (notes, [start, end]) => {
              notes.setSelectionRange(start, end);
              if (window.focusMoves === undefined) for (const type of ['focusin', 'focusout']) document.addEventListener(type, () => { window.focusMoves++; });
              window.focusMoves = 0;
            }
            """, new[] { start, end ?? start });
    }

    public async Task PressAsync(params IEnumerable<string> keys)
    {
        foreach (var key in keys)
            await Page.Keyboard.PressAsync(key);
    }

    /// <summary>Key by key, as fast as the browser takes them.</summary>
    public Task TypeAsync(string text) => Page.Keyboard.TypeAsync(text);

    public Task<string> ValueAsync() => Notes.EvaluateAsync<string>("notes => notes.value");

    public Task<int[]> SelectionAsync() => Notes.EvaluateAsync<int[]>("notes => [notes.selectionStart, notes.selectionEnd]");

    /// <summary>How often the focus has moved since the caret was put somewhere.</summary>
    public Task<int> FocusMovesAsync() => Page.EvaluateAsync<int>("window.focusMoves + (document.activeElement?.id === 'sheet-notes' ? 0 : 100)");

    public async Task GoOfflineAsync()
    {
        await Page.EvaluateAsync("() => { sessionStorage.setItem('offline', '1'); window.eventOnly.client.reconnect(); }");
        await WaitAsync("client.state !== 'connected'");
    }

    public async Task ComeBackAsync()
    {
        await Page.EvaluateAsync("() => { sessionStorage.removeItem('offline'); window.eventOnly.client.reconnect(); }");
        await WaitAsync("client.state === 'connected'");
    }

    public async Task WaitAsync(string condition) => await Page.WaitForFunctionAsync(
        $"() => {{ const client = window.eventOnly?.client; const notes = document.getElementById('sheet-notes'); return client && ({condition}); }}", null, new() { Timeout = 40_000 });

    /// <summary>Waits until nothing is under way and all show what the server has, which is given.</summary>
    public static async Task<string> AgreeAsync(params Writer[] writers)
    {
        await Task.WhenAll(writers.Select(writer => writer.WaitAsync("client.pending === 0")));
        var newest = (await Task.WhenAll(writers.Select(writer => writer.Page.EvaluateAsync<long>("window.eventOnly.client.seq")))).Max();
        await Task.WhenAll(writers.Select(writer => writer.WaitAsync($"client.seq >= {newest} && notes.value === client.store.get('card')?.data.notes")));
        var texts = await Task.WhenAll(writers.Select(writer => writer.ValueAsync()));
        var stored = await writers[0].Page.EvaluateAsync<string>("window.eventOnly.client.query({ kind: 'card' }).then(({ items }) => items[0].data.notes)");
        texts.Should().AllBe(stored);
        (await Task.WhenAll(writers.Select(writer => writer.Page.EvaluateAsync<string>("window.eventOnly.client.stateHash")))).Distinct().Should().ContainSingle();
        return stored;
    }
}
