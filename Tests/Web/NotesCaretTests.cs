using EventOnly.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EventOnly.Tests.Web;

/// <summary>Where the others are in the notes of a card, and that they are there.</summary>
[Category("Browser")]
public sealed class NotesCaretTests
{
    private const string Text =
        "A first line with some words, long enough to wrap at least once in this place.\n\ttabbed\tcolumns\nשלום עולם and mixed שלום\n"
        + "AVeryLongWordWithoutAnyBlankInItSoThatItMustBeBrokenSomewhereInTheMiddleOfIt 😀 emoji\n"
        + "שלום עולם ארוך מאוד שלא נכנס בשורה אחת ולכן הוא נשבר לשתי שורות לפחות כאן ועכשיו\n"
        + "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

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
    public async Task A_caret_of_another_is_within_2_px_of_where_the_browser_puts_its_own()
    {
        var ann = await Writer.ComeAsync(_chromium, _server.Port, "Ann", "place");
        var bob = await Writer.ComeAsync(_chromium, _server.Port, "Bob", "place");
        await ann.MakeCardAsync(Text);
        await ann.OpenNotesAsync();
        await bob.OpenNotesAsync();
        await ann.Notes.EvaluateAsync("notes => { notes.style.caretColor = '#f0f'; }");
        int[] places =
        [
            0, 20, 49, 50, 51, 78, 79, 80, 87, At("שלום", 0), At("שלום", 2), At("עולם", 4), At("mixed", 6), At("mixed", 8), At("AVery", -1),
            At("AVery", 60), At("😀", 0), At("😀", 2), At("ארוך", 3), At("נשבר", 0), At("נשבר", 2), At("seven", 3), Text.Length,
        ];

        var far = new List<string>();
        foreach (var place in places)
        {
            await ann.Notes.EvaluateAsync("(notes, at) => { notes.setSelectionRange(at, at); notes.blur(); notes.focus(); }", place); // a focus scrolls to the caret
            await bob.WaitAsync($"client.presence.others[0]?.data.caret?.head === {place}");
            var scroll = await ann.Notes.EvaluateAsync<double>("notes => notes.scrollTop");
            var own = await OwnCaretAsync(ann);
            var seen = await SeenCaretAsync(bob, scroll);
            if (Math.Abs(own[0] - seen[0]) > 2 || Math.Abs(own[1] - seen[1]) > 2)
                far.Add($"{place}: ({seen[0]}, {seen[1]}), not ({own[0]}, {own[1]})");
        }

        far.Should().BeEmpty();
        (await ann.Notes.EvaluateAsync<double>("notes => notes.scrollTop")).Should().BeGreaterThan(20, "some of them are where the text is scrolled");
        (await ann.Probe!.FindingsAsync()).Should().BeEmpty();
    }

    private static int At(string word, int offset) => Text.IndexOf(word, StringComparison.Ordinal) + offset;

    /// <summary>Middle and top of the caret that the browser itself draws, found by its colour; it blinks, so one picture may be without it.</summary>
    private static async Task<double[]> OwnCaretAsync(Writer writer)
    {
        var box = await writer.Notes.BoundingBoxAsync() ?? throw new InvalidOperationException("The notes are not shown.");
        for (var tries = 0; tries < 40; tries++)
        {
            var picture = await writer.Notes.ScreenshotAsync(new() { Caret = ScreenshotCaret.Initial });
            var place = await writer.Page.EvaluateAsync<double[]?>(
                """
                async png => {
                  const image = new Image();
                  image.src = 'data:image/png;base64,' + png;
                  await image.decode();
                  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
                  canvas.drawImage(image, 0, 0);
                  const { data } = canvas.getImageData(0, 0, image.width, image.height);
                  let [left, right, top] = [Infinity, -1, Infinity];
                  for (let i = 0; i < data.length; i += 4) {
                    if (data[i] < 200 || data[i + 1] > 80 || data[i + 2] < 200) continue;
                    const [x, y] = [i / 4 % image.width, Math.floor(i / 4 / image.width)];
                    [left, right, top] = [Math.min(left, x), Math.max(right, x), Math.min(top, y)];
                  }
                  return right < 0 ? null : [(left + right + 1) / 2, top];
                }
                """, Convert.ToBase64String(picture));
            if (place is not null)
                return [box.X + place[0], box.Y + place[1]];
        }
        throw new InvalidOperationException("No caret was seen.");
    }

    /// <summary>The same of the only caret that is drawn for somebody else, after the notes were scrolled so.</summary>
    private static Task<double[]> SeenCaretAsync(Writer writer, double scroll) => writer.Notes.EvaluateAsync<double[]>(
        """
        async (notes, scroll) => {
          notes.scrollTop = scroll;
          for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
          const { left, width, top } = document.querySelector('.eo-caret').getBoundingClientRect();
          return [left + width / 2, top];
        }
        """, scroll);

    [Test]
    public async Task Who_writes_is_named_at_their_caret_above_the_notes_and_on_the_card()
    {
        var ann = await Writer.ComeAsync(_chromium, _server.Port, "Ann", "named");
        var bob = await Writer.ComeAsync(_chromium, _server.Port, "Bob", "named");
        var cid = await Writer.ComeAsync(_chromium, _server.Port, "Cid", "named");
        await ann.MakeCardAsync("some words");
        await ann.OpenNotesAsync();
        await bob.OpenNotesAsync();

        await ann.PutCaretAsync(10);
        await ann.TypeAsync("!");
        await Expect(bob.Page.Locator(".eo-caret-name")).ToHaveTextAsync("Ann");
        await Expect(bob.Page.GetByTestId("notes-who")).ToHaveTextAsync("Ann is writing");
        await Expect(cid.Page.Locator("[data-id=card]").GetByTestId("writers")).ToContainTextAsync("Ann");

        await ann.PressAsync("Shift+Home");
        await Expect(bob.Page.Locator(".eo-selection")).ToHaveCountAsync(1);
        await ann.Page.GetByTestId("sheet-title").FocusAsync();
        await Expect(bob.Page.GetByTestId("notes-who")).ToHaveTextAsync("");
        await Expect(cid.Page.Locator("[data-id=card]").GetByTestId("writers")).ToBeHiddenAsync();
    }

    [Test]
    public async Task Who_is_offline_sees_no_carets()
    {
        await using var line = new FaultProxy(_server.Port);
        var ann = await Writer.ComeAsync(_chromium, _server.Port, "Ann", "unseen");
        var bob = await Writer.ComeAsync(_chromium, line.Port, "Bob", "unseen");
        await ann.MakeCardAsync("some words");
        await ann.OpenNotesAsync();
        await bob.OpenNotesAsync();
        await ann.PutCaretAsync(4);
        await Expect(bob.Page.Locator(".eo-caret")).ToHaveCountAsync(1);

        line.Cut();
        await Expect(bob.Page.Locator(".eo-caret")).ToHaveCountAsync(0);

        line.Heal();
        await Expect(bob.Page.Locator(".eo-caret")).ToHaveCountAsync(1, new() { Timeout = 20_000 });
    }
}
