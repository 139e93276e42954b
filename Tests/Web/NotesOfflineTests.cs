using EventOnly.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>Notes that are written while the line is gone, or while somebody else ends or begins them, in real browsers.</summary>
[Category("Browser")]
public sealed class NotesOfflineTests
{
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

    [Test]
    public async Task What_was_typed_offline_comes_between_what_others_typed_meanwhile()
    {
        await using var line = new FaultProxy(_server.Port);
        var (ann, bob) = await TwoAsync("offline", "start end", line.Port);
        await ann.PutCaretAsync(6);
        await bob.PutCaretAsync(0);

        line.Cut();
        await Expect(ann.State).ToContainTextAsync("offline");
        await ann.TypeAsync("typed offline ");
        await bob.TypeAsync("typed meanwhile ");
        await bob.WaitAsync("client.pending === 0");
        (await ann.ValueAsync()).Should().Be("start typed offline end");
        line.Heal();

        (await Writer.AgreeAsync(ann, bob)).Should().Be("typed meanwhile start typed offline end");
        (await ann.SelectionAsync()).Should().Equal(36, 36);
        await Expect(ann.State).ToHaveTextAsync("39 characters · saved");
        (await ann.Probe!.FindingsAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task What_was_typed_offline_survives_a_reload_and_comes_once()
    {
        var ann = await Writer.ComeAsync(_chromium, _server.Port, "Ann", "reload", switched: true);
        var bob = await Writer.ComeAsync(_chromium, _server.Port, "Bob", "reload");
        await ann.MakeCardAsync("start end");
        await ann.OpenNotesAsync();
        await bob.OpenNotesAsync();
        await ann.PutCaretAsync(6);
        await ann.GoOfflineAsync();
        await ann.TypeAsync("not lost ");
        await bob.PutCaretAsync(9);
        await bob.TypeAsync(" of all");

        await ann.Page.ReloadAsync();
        await ann.WaitAsync("client.pending === 1");
        await ann.ComeBackAsync();
        await Expect(ann.Notes).ToBeEditableAsync();

        (await Writer.AgreeAsync(ann, bob)).Should().Be("start not lost end of all");
    }

    [Test]
    public async Task What_was_typed_in_a_card_that_somebody_has_deleted_is_handed_back()
    {
        await using var line = new FaultProxy(_server.Port);
        var (ann, bob) = await TwoAsync("deleted", "start ", line.Port);
        await ann.PutCaretAsync(6);

        line.Cut();
        await ann.WaitAsync("client.state !== 'connected'");
        await ann.TypeAsync("and more");
        await bob.Page.EvaluateAsync("window.eventOnly.client.delete('card')");
        line.Heal();

        await Expect(ann.Page.GetByTestId("draft")).ToHaveValueAsync("start and more", new() { Timeout = 20_000 });
        await Expect(ann.Page.GetByTestId("sheet")).ToContainTextAsync("was deleted");
        await Expect(bob.Page.GetByTestId("draft")).ToHaveCountAsync(0);
    }

    [Test]
    public async Task What_was_typed_before_somebody_began_the_notes_anew_is_found_again_though_the_card_was_closed()
    {
        await using var line = new FaultProxy(_server.Port);
        var (ann, bob) = await TwoAsync("anew", "start ", line.Port);
        await ann.PutCaretAsync(6);

        line.Cut();
        await ann.WaitAsync("client.state !== 'connected'");
        await ann.TypeAsync("and more");
        await ann.PressAsync("Escape");
        await Expect(ann.Page.Locator("[data-id=card]").GetByTestId("card-title")).ToBeFocusedAsync();
        await bob.Page.EvaluateAsync("window.eventOnly.client.update('card', { notes: { $text: 'another' } })");
        line.Heal();
        await ann.Page.GetByRole(AriaRole.Button, new() { Name = "Show it" }).ClickAsync(new() { Timeout = 20_000 });

        await Expect(ann.Page.GetByTestId("draft")).ToHaveValueAsync("start and more");
        await Expect(ann.Notes).ToHaveValueAsync("another");
        (await Writer.AgreeAsync(ann, bob)).Should().Be("another");
    }

    [Test]
    public async Task Of_two_who_open_a_card_without_notes_at_once_one_begins_them_and_both_write()
    {
        await using var line = new FaultProxy(_server.Port);
        var ann = await Writer.ComeAsync(_chromium, line.Port, "Ann", "begun");
        var bob = await Writer.ComeAsync(_chromium, _server.Port, "Bob", "begun");
        await ann.MakeCardAsync(notes: null);
        await bob.WaitAsync("client.store.get('card')");

        line.Freeze();
        await ann.Page.Locator("[data-id=card]").GetByTestId("card-title").ClickAsync();
        await ann.WaitAsync("client.pending === 1");
        await bob.OpenNotesAsync();
        await bob.PutCaretAsync(0);
        await bob.TypeAsync("Bob was here. ");
        await bob.WaitAsync("client.pending === 0");
        (await ann.Notes.IsEditableAsync()).Should().BeFalse("what she wrote now might be for nothing");
        line.Heal();
        await Expect(ann.Notes).ToBeEditableAsync(new() { Timeout = 20_000 });
        await ann.PutCaretAsync(14);
        await ann.TypeAsync("So was Ann.");

        (await Writer.AgreeAsync(ann, bob)).Should().Be("Bob was here. So was Ann.");
        (await bob.Page.EvaluateAsync<int>("(async () => { let made = 0; for await (const { patch } of window.eventOnly.client.history({ from: 1 })) if (patch?.notes) made++; return made; })()")).Should().Be(1);
        await Expect(ann.Page.GetByTestId("draft")).ToHaveCountAsync(0);
    }

    private async Task<(Writer Ann, Writer Bob)> TwoAsync(string project, string notes, int lineOfAnn)
    {
        var ann = await Writer.ComeAsync(_chromium, lineOfAnn, "Ann", project);
        var bob = await Writer.ComeAsync(_chromium, _server.Port, "Bob", project);
        await ann.MakeCardAsync(notes);
        await ann.OpenNotesAsync();
        await bob.OpenNotesAsync();
        return (ann, bob);
    }
}
