using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class TextSessionTests : ClientBench
{
    [Test]
    public async Task What_is_written_is_seen_at_once_and_completes_with_its_event()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");

        var writing = text.InsertAsync(5, " world", Server.Deadline);
        var seen = text.Value;
        var sent = await HearEditAsync(line);
        await line.SayAsync(Said.Edited(2, sent.Edit.Delta, 11, Said.Me, sent.N));

        seen.Should().Be("hello world");
        sent.Edit.Should().Be(new Command.Edit("c", "notes", 1, Delta.Replace(5, 0, " world")));
        (await writing).Should().BeEquivalentTo(new { Seq = 2, Id = "c" });
        text.Value.Should().Be("hello world");
        text.PendingCount.Should().Be(0);
    }

    [Test]
    public async Task What_others_write_goes_around_what_we_do()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        using var changes = text.ChangesAsync();
        text.Caret = new(5);

        var writing = text.InsertAsync(5, "!", Server.Deadline);
        await line.SayAsync(Said.Edited(2, Delta.Replace(0, 1, "J"), 5));
        await client.WaitForSeqAsync(2, Server.Deadline);

        text.Value.Should().Be("Jello!");
        text.Caret.Should().Be(new TextCaret(6), "it stands behind what we wrote");
        (await TakeAsync(changes, 2)).Should().Equal(
            new TextChange(Delta.Replace(5, 0, "!"), ChangeOrigin.Local, null), new TextChange(Delta.Replace(0, 1, "J"), ChangeOrigin.Remote, Said.Other));
        writing.IsCompleted.Should().BeFalse();
    }

    [Test]
    public async Task What_is_typed_while_an_edit_is_under_way_goes_in_one_and_not_before_the_gap_is_over()
    {
        var (client, line) = await WritingAsync("", gapMs: 40);
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        var first = text.InsertAsync(0, "a", Server.Deadline);
        var sent = await HearEditAsync(line);
        var rest = Task.WhenAll(text.InsertAsync(1, "b", Server.Deadline), text.InsertAsync(2, "c", Server.Deadline));
        await line.SayAsync(Said.Edited(2, sent.Edit.Delta, 1, Said.Me, sent.N));
        await first;

        await Server.Time.WaitForTimerAsync(due => due <= TimeSpan.FromMilliseconds(41), Server.Deadline);
        var waiting = text.PendingCount;
        Server.Time.Advance(TimeSpan.FromMilliseconds(41));
        var next = await HearEditAsync(line);
        await line.SayAsync(Said.Edited(3, next.Edit.Delta, 3, Said.Me, next.N));

        waiting.Should().Be(1);
        next.Edit.Should().Be(new Command.Edit("c", "notes", 2, Delta.Replace(1, 0, "bc")));
        (await rest).Select(ack => ack.Seq).Should().Equal(3, 3);
    }

    [Test]
    public async Task Undo_takes_back_what_we_did_and_nothing_of_others()
    {
        var (client, line) = await WritingAsync("one two");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        Hold(text.DeleteAsync(0, 4));
        await HearEditAsync(line);
        await line.SayAsync(Said.Edited(2, Delta.Replace(7, 0, " three"), 13));
        await client.WaitForSeqAsync(2, Server.Deadline);

        Hold(text.UndoAsync());
        var undone = (text.Value, text.CanUndo, text.CanRedo);
        Hold(text.RedoAsync());

        undone.Should().Be(("one two three", false, true));
        text.Value.Should().Be("two three");
        (await text.RedoAsync()).Should().BeNull("there is nothing more");
    }

    [Test]
    public async Task Who_waits_no_more_before_it_was_sent_has_not_written_it()
    {
        var (client, line) = await WritingAsync("");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        Hold(text.InsertAsync(0, "sent"));
        await HearEditAsync(line);
        using var stop = new CancellationTokenSource();

        var waiting = text.InsertAsync(4, " not", stop.Token);
        var before = text.Value;
        await stop.CancelAsync();

        before.Should().Be("sent not");
        await waiting.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        text.Value.Should().Be("sent");
        text.PendingCount.Should().Be(1);
    }

    [Test]
    public async Task What_is_refused_leaves_the_text_and_is_handed_back()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        using var refused = text.RefusedAsync();
        using var everywhere = client.RefusedTextsAsync();
        var writing = text.InsertAsync(5, " world", Server.Deadline);
        var sent = await HearEditAsync(line);

        await line.SayAsync(Said.Reject(sent.N, ErrorCode.TooLarge));

        (await writing.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("too_large");
        var expected = new RefusedText("c", "notes", "too_large", Delta.Replace(5, 0, " world"), "hello world");
        (await TakeAsync(refused, 1)).Should().Equal(expected);
        (await TakeAsync(everywhere, 1)).Should().Equal(expected);
        text.Value.Should().Be("hello");
        text.CanUndo.Should().BeFalse();
    }

    [Test]
    public async Task Who_waits_no_more_for_a_long_text_has_written_only_what_of_it_was_sent()
    {
        var (client, line) = await WritingAsync("");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        Hold(text.InsertAsync(0, "sent"));
        var first = await HearEditAsync(line);
        using CancellationTokenSource stop = new(), stopLater = new();

        var unsent = text.InsertAsync(4, Long('a', 25_000), stop.Token);
        await stop.CancelAsync();
        var left = (text.Value, text.PendingCount);
        var partly = text.InsertAsync(4, Long('b', 25_000), stopLater.Token);
        await line.SayAsync(Said.Edited(2, first.Edit.Delta, 4, Said.Me, first.N));
        await HearEditAsync(line);
        await stopLater.CancelAsync();

        left.Should().Be(("sent", 1));
        await unsent.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        await partly.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        (text.Value, text.PendingCount).Should().Be(("sent" + Long('b', 10_000), 1));
    }

    [Test]
    public async Task A_long_text_of_which_a_piece_is_refused_has_failed_and_what_was_not_sent_is_handed_back_with_it()
    {
        var (client, line) = await WritingAsync("ab");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        using var refused = text.RefusedAsync();
        var writing = text.InsertAsync(1, Long('x', 35_000), Server.Deadline);
        var into = text.InsertAsync(35_001, "y", Server.Deadline);
        var behind = text.InsertAsync(35_003, Long('z', 10_000), Server.Deadline);
        var seen = text.Value;
        var first = await HearEditAsync(line);
        await line.SayAsync(Said.Edited(2, first.Edit.Delta, 10_002, Said.Me, first.N));
        var second = await HearEditAsync(line);

        await line.SayAsync(Said.Reject(second.N, ErrorCode.TooLarge));
        var next = await HearEditAsync(line);
        await line.SayAsync(Said.Edited(3, next.Edit.Delta, 20_002, Said.Me, next.N));

        (await writing.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("too_large");
        await into.Invoking(async task => await task).Should().ThrowAsync<RejectedException>("it had become one with the last piece");
        (await behind).Seq.Should().Be(3);
        (await TakeAsync(refused, 1)).Should().Equal(
            new RefusedText("c", "notes", "too_large", Delta.Replace(10_001, 0, Long('x', 25_000) + "y"), seen));
        text.Value.Should().Be("a" + Long('x', 10_000) + "b" + Long('z', 10_000));
    }

    [Test]
    public async Task An_edit_in_pieces_completes_when_none_of_them_is_left_though_the_last_has_come_to_nothing_before()
    {
        var (client, line) = await WritingAsync(Long('a', 1400));
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        var everyOther = Enumerable.Range(0, 700).Aggregate(Delta.Empty, (all, i) => all.Compose(Delta.Replace(i, 1, "")));
        var writing = text.EditAsync(everyOther, Server.Deadline);
        var sent = await HearEditAsync(line);

        await line.SayAsync(Said.Edited(2, Delta.Replace(500, 900, ""), 500));
        await client.WaitForSeqAsync(2, Server.Deadline);
        var left = text.PendingCount;
        await line.SayAsync(Said.Edited(3, sent.Edit.Delta, 500 + sent.Edit.Delta.Growth, Said.Me, sent.N));

        left.Should().Be(1);
        (await writing).Seq.Should().Be(3);
        text.PendingCount.Should().Be(0);
    }

    [Test]
    public async Task A_text_that_ends_tells_what_did_not_get_into_it()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        var text = client.OpenText("c", "notes");
        using var refused = text.RefusedAsync();
        using var changes = text.ChangesAsync();
        var writing = text.InsertAsync(5, "!", Server.Deadline);
        await HearEditAsync(line);

        await line.SayAsync(Said.Happened(2, new Change.Deleted("c")));

        (await writing.Invoking(async task => await task).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("gone");
        (await TakeAsync(refused, int.MaxValue)).Should().Equal(new RefusedText("c", "notes", "gone", Delta.Replace(5, 0, "!"), "hello!"));
        (await TakeAsync(changes, int.MaxValue)).Should().HaveCount(1, "and then it ends");
        (text.IsGone, text.Value).Should().Be((true, "hello!"));
        (await text.Invoking(it => it.InsertAsync(0, "x")).Should().ThrowAsync<RejectedException>()).Which.Code.Should().Be("gone");
        client.Invoking(it => it.OpenText("c", "notes")).Should().Throw<RejectedException>();
    }

    [Test]
    public async Task A_text_can_be_written_before_the_server_knows_of_it()
    {
        var (client, line) = await Server.ConnectedAsync();
        await using var _ = client;
        Hold(client.CreateAsync("card", Said.Json("""{"notes":{"$text":"a"}}"""), "c"));
        using var text = client.OpenText("c", "notes");
        Hold(text.InsertAsync(1, "b"));
        Hold(text.InsertAsync(2, "c"));
        var created = await line.HearAsync<ClientMessage.Submit>();

        await line.SayAsync(Said.Created(2, "c", """{"notes":{"$text":"a"}}""", Said.Me, created.N));
        var sent = await HearEditAsync(line);

        sent.Edit.Should().Be(new Command.Edit("c", "notes", 2, Delta.Replace(1, 0, "bc")));
        (text.Value, text.IsGone).Should().Be(("abc", false));
    }

    [Test]
    public async Task After_a_break_the_same_edit_is_sent_again_from_where_we_stand()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        Hold(text.InsertAsync(5, "!"));
        var sent = await HearEditAsync(line);

        line.Abort();
        await client.WaitForStateAsync(ConnectionState.Reconnecting, Server.Deadline);
        Hold(text.InsertAsync(6, "?"));
        var again = await ReconnectedAsync();
        var join = await again.GreetAsync();
        await again.SayAsync(Said.Joined(join.Id, 2, recovered: true, outcomes: new Outcome(1, Fate.Unknown)), Said.Edited(2, Delta.Replace(0, 0, "oh, "), 9));
        var resent = await HearEditAsync(again);

        sent.N.Should().Be(1);
        resent.N.Should().Be(1);
        resent.Edit.Should().Be(new Command.Edit("c", "notes", 2, Delta.Replace(9, 0, "!")));
        text.Value.Should().Be("oh, hello!?");
    }

    [Test]
    public async Task A_snapshot_takes_what_it_contains_and_keeps_what_it_does_not()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        Hold(text.InsertAsync(5, "!"));
        await HearEditAsync(line);
        Hold(text.InsertAsync(6, "?"));

        line.Abort();
        var again = await ReconnectedAsync();
        var join = await again.GreetAsync();
        await again.SayAsync(Said.Joined(join.Id, 9, outcomes: new Outcome(1, Fate.Done)), Said.Snapshot(9, Said.Sheet("c", "well, hello!")));
        await client.WaitForSeqAsync(9, Server.Deadline);

        text.Value.Should().Be("well, hello!?");
        text.CanUndo.Should().BeFalse();
    }

    [Test]
    public async Task Carets_are_told_by_presence_and_go_along_with_what_is_written()
    {
        var (client, line) = await WritingAsync("hello");
        await using var _ = client;
        using var text = client.OpenText("c", "notes");
        var theirs = Said.Json("""{"caret":{"entity":"c","field":"notes","anchor":1,"head":3,"seq":1,"n":0}}""");
        await line.SayAsync(new ServerMessage.Presence("p", [new(Said.Other, "bob", theirs)], [], []));
        await line.SayAsync(Said.Edited(2, Delta.Replace(0, 0, ">"), 6, "somebody"));
        await client.WaitForSeqAsync(2, Server.Deadline);

        var peers = text.PeerCarets;
        text.Caret = new(2, 4);
        var told = await line.HearAsync<ClientMessage.SetPresence>();

        peers.Should().HaveCount(2).And.Contain(Said.Other, new TextCaret(2, 4));
        peers["somebody"].Should().Be(new TextCaret(1), "who has edited is where the edit ends");
        told.Data.ToString().Should().Be("""{"caret":{"anchor":2,"entity":"c","field":"notes","head":4,"n":0,"seq":2}}""");
    }

    [Test]
    public async Task What_cannot_be_is_refused_at_once_and_leaves_the_text_as_it_is()
    {
        var (client, _) = await WritingAsync("a\U0001F600b");
        await using var disposed = client;
        using var text = client.OpenText("c", "notes");

        await text.Invoking(it => it.InsertAsync(5, "x")).Should().ThrowAsync<ArgumentOutOfRangeException>();
        await text.Invoking(it => it.DeleteAsync(3, 2)).Should().ThrowAsync<ArgumentOutOfRangeException>();
        (await text.Invoking(it => it.InsertAsync(2, "x")).Should().ThrowAsync<RejectedException>()).Which.Refusal.Detail.Should().Be("splits_pair");
        (await text.Invoking(it => it.InsertAsync(0, "\ud83d")).Should().ThrowAsync<RejectedException>()).Which.Refusal.Detail.Should().Be("bad_unicode");
        text.Invoking(it => it.Caret = new(9)).Should().Throw<ArgumentOutOfRangeException>();
        (text.Value, text.PendingCount).Should().Be(("a\U0001F600b", 0));
    }

    [Test]
    public void The_gap_between_edits_is_bounded()
    {
        var beyond = () => EventOnlyClient.Create(new("ws://server/ws"), Server.Options with { TextGap = TimeSpan.FromMilliseconds(1001) });
        var none = () => EventOnlyClient.Create(new("ws://server/ws"), Server.Options with { TextGap = TimeSpan.Zero });

        beyond.Should().Throw<ArgumentOutOfRangeException>();
        none.Should().NotThrow();
    }

    /// <param name="gapMs">None by default, so that there is no other timer than the test's.</param>
    private Task<(EventOnlyClient Client, FakeLine Line)> WritingAsync(string text, int gapMs = 0) =>
        Server.ConnectedAsync(Server.Options with { TextGap = TimeSpan.FromMilliseconds(gapMs) }, entities: Said.Sheet("c", text));

    private async Task<FakeLine> ReconnectedAsync()
    {
        TimeSpan pause = default;
        await Server.Time.WaitForTimerAsync(due => (pause = due) <= TimeSpan.FromMilliseconds(250), Server.Deadline);
        Server.Time.Advance(pause);
        return await Server.AcceptAsync();
    }

    private static async Task<(long N, Command.Edit Edit)> HearEditAsync(FakeLine line)
    {
        var sent = await line.HearAsync<ClientMessage.Submit>();
        return (sent.N, sent.Command.Should().BeOfType<Command.Edit>().Subject);
    }

    private async Task<List<T>> TakeAsync<T>(Subscription<T> stream, int count)
    {
        var taken = new List<T>();
        await foreach (var item in stream.WithCancellation(Server.Deadline))
        {
            taken.Add(item);
            if (taken.Count == count)
                break;
        }
        return taken;
    }

    private static string Long(char unit, int count) => new(unit, count);

    /// <summary>Its outcome is not what the test is about.</summary>
    private static void Hold(Task task) => _ = task.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default);
}
