using EventOnly.Tests.Support;

namespace EventOnly.Tests.Web;

/// <summary>Several who type in the notes of one card at once, in real browsers.</summary>
[Category("Browser")]
public sealed class NotesTypingTests
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

    private async Task<Writer[]> WritersAsync(string project, string notes, params string[] names)
    {
        var writers = await Task.WhenAll(names.Select(name => Writer.ComeAsync(_chromium, _server.Port, name, project)));
        await writers[0].MakeCardAsync(notes);
        await Task.WhenAll(writers.Select(writer => writer.OpenNotesAsync()));
        return writers;
    }

    [Test]
    public async Task Three_type_300_keys_each_and_nobodys_caret_focus_or_words_are_disturbed()
    {
        const string Before = "First line.\nA second line, which is long enough to wrap in the sheet, as long as that is not wider than a page.\nThe last line.";
        var writers = await WritersAsync("three", Before, "Ann", "Bob", "Cid");
        int[] places = [5, 40, Before.Length];
        Keystrokes[] plans = [new(1, 300, "abcdefgh ."), new(2, 300, "0123456789 "), new(3, 300, "QRSTUVWXYZ")];
        foreach (var (writer, place) in writers.Zip(places))
            await writer.PutCaretAsync(place);

        await Task.WhenAll(writers.Zip(plans, (writer, plan) => writer.PressAsync(plan.Keys)));

        var text = await Writer.AgreeAsync(writers);
        text.Should().Be(Before[..5] + plans[0].Typed + Before[5..40] + plans[1].Typed + Before[40..] + plans[2].Typed, "each typed in one place, and nobody else there");
        for (var i = 0; i < writers.Length; i++)
        {
            var caret = text.IndexOf(plans[i].Typed, StringComparison.Ordinal) + plans[i].Caret;
            (await writers[i].SelectionAsync()).Should().Equal(caret, caret);
            (await writers[i].FocusMovesAsync()).Should().Be(0);
            (await writers[i].Probe!.FindingsAsync()).Should().BeEmpty();
        }
    }

    [Test]
    public async Task Two_who_type_at_the_same_spot_at_the_same_time_give_two_runs()
    {
        const string OfAnn = "the quick brown fox jumps over the lazy dog and runs";
        const string OfBob = "PACK MY BOX WITH FIVE DOZEN LIQUOR JUGS AND SHIP IT.";
        var writers = await WritersAsync("spot", "()", "Ann", "Bob");
        foreach (var writer in writers)
            await writer.PutCaretAsync(1);

        await Task.WhenAll(writers[0].TypeAsync(OfAnn), writers[1].TypeAsync(OfBob));

        (await Writer.AgreeAsync(writers)).Should().BeOneOf($"({OfAnn}{OfBob})", $"({OfBob}{OfAnn})");
        (await TurnsAsync(writers[0])).Should().BeGreaterThan(3, "they did type at the same time");
    }

    /// <summary>How often the author changed from one edit to the next.</summary>
    private static Task<int> TurnsAsync(Writer writer) => writer.Page.EvaluateAsync<int>(
        """
        async () => {
          let [turns, last] = [0, ''];
          for await (const event of window.eventOnly.client.history({ from: 1 })) if (event.edit && event.session !== last) { turns++; last = event.session; }
          return turns;
        }
        """);

    [Test]
    public async Task A_word_that_is_being_composed_is_left_alone_while_another_types()
    {
        var writers = await WritersAsync("ime", "[]", "Ann", "Bob");
        var (ann, bob) = (writers[0], writers[1]);
        await ann.PutCaretAsync(1);
        await bob.PutCaretAsync(0);
        var keyboard = await ann.Page.Context.NewCDPSessionAsync(ann.Page);

        foreach (var composed in new[] { "に", "にほ", "にほん" })
        {
            await keyboard.SendAsync("Input.imeSetComposition", new() { ["text"] = composed, ["selectionStart"] = composed.Length, ["selectionEnd"] = composed.Length });
            await bob.TypeAsync("bob");
            await ann.WaitAsync($"client.store.get('card').data.notes.startsWith('{string.Concat(Enumerable.Repeat("bob", composed.Length))}')"); // it has arrived
            (await ann.ValueAsync()).Should().Be($"[{composed}]");
        }
        await keyboard.SendAsync("Input.insertText", new() { ["text"] = "日本" });

        (await Writer.AgreeAsync(writers)).Should().Be("bobbobbob[日本]");
        (await ann.SelectionAsync()).Should().Equal(12, 12);
    }

    [Test]
    public async Task Emoji_right_to_left_script_and_lines_of_other_systems_are_pasted_while_another_types()
    {
        const string Pasted = "👩‍👩‍👧 😀\r\nשלום עולם\r\n😁";
        const string Kept = "👩‍👩‍👧 😀\nשלום עולם\n😁";
        var writers = await WritersAsync("paste", "<>", "Ann", "Bob");
        var (ann, bob) = (writers[0], writers[1]);
        await ann.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await ann.PutCaretAsync(1);
        await bob.PutCaretAsync(2);
        await ann.Page.EvaluateAsync("text => navigator.clipboard.writeText(text)", Pasted);

        await Task.WhenAll(ann.PressAsync("Control+V", "x", "Control+V"), bob.TypeAsync("while Bob is typing"));
        (await Writer.AgreeAsync(writers)).Should().Be($"<{Kept}x{Kept}>while Bob is typing");

        await Task.WhenAll(ann.PressAsync("Backspace"), bob.PressAsync("Backspace")); // a whole character goes, though half of it is that of another one
        (await Writer.AgreeAsync(writers)).Should().Be($"<{Kept}x{Kept[..^2]}>while Bob is typin");
    }

    [Test]
    public async Task Undo_takes_back_what_one_wrote_and_leaves_the_work_of_others()
    {
        var writers = await WritersAsync("undo", "start end", "Ann", "Bob");
        var (ann, bob) = (writers[0], writers[1]);
        await ann.PutCaretAsync(6);
        await ann.TypeAsync("one two ");
        await Writer.AgreeAsync(writers);
        await bob.PutCaretAsync(10);
        await bob.TypeAsync("(Bob)");
        await Writer.AgreeAsync(writers);

        await ann.PressAsync("Control+z");
        (await Writer.AgreeAsync(writers)).Should().Be("start (Bob)end");
        await ann.PressAsync("Control+Shift+z");
        (await Writer.AgreeAsync(writers)).Should().Be("start one (Bob)two end");
        await bob.PressAsync("Control+z");

        (await Writer.AgreeAsync(writers)).Should().Be("start one two end");
        (await ann.FocusMovesAsync()).Should().Be(0);
    }
}
