using EventOnly.Client;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;

namespace EventOnly.Tests.Client;

/// <summary>The small pure parts under a text: its undo, its pace, others' carets, what is too much for one message.</summary>
public sealed class TextPartsTests
{
    [Test]
    public void What_is_typed_in_one_go_is_one_step_and_a_pause_begins_another()
    {
        var undo = new TextUndo();
        undo.Did(Delta.Replace(0, 0, "a"), TextBuffer.From("x"), StepRole.Change, 0);
        undo.Did(Delta.Replace(1, 0, "b"), TextBuffer.From("ax"), StepRole.Change, 1000);
        undo.Did(Delta.Replace(2, 0, "c"), TextBuffer.From("abx"), StepRole.Change, 2001);

        var last = undo.Next(StepRole.Undo)!;
        undo.Did(last, TextBuffer.From("abcx"), StepRole.Undo, 2001);

        last.Should().Be(Delta.Replace(2, 1, ""));
        undo.Next(StepRole.Undo).Should().Be(Delta.Replace(0, 2, ""));
        undo.Next(StepRole.Redo).Should().Be(Delta.Replace(2, 0, "c"));
    }

    [Test]
    public void Deleting_forward_and_backward_goes_on_at_its_place_and_nowhere_else()
    {
        var undo = new TextUndo();
        undo.Did(Delta.Replace(2, 1, ""), TextBuffer.From("abcde"), StepRole.Change, 0);
        undo.Did(Delta.Replace(1, 1, ""), TextBuffer.From("abde"), StepRole.Change, 0);
        undo.Did(Delta.Replace(1, 1, ""), TextBuffer.From("ade"), StepRole.Change, 0);
        undo.Did(Delta.Replace(0, 1, ""), TextBuffer.From("ae"), StepRole.Change, 5000);

        undo.Did(undo.Next(StepRole.Undo)!, TextBuffer.From("e"), StepRole.Undo, 5000);

        undo.Next(StepRole.Undo).Should().Be(Delta.Replace(1, 0, "bcd"));
    }

    [Test]
    public void Undo_goes_along_with_what_others_write_and_drops_what_they_took_away()
    {
        var undo = new TextUndo();
        undo.Did(Delta.Replace(0, 0, "ab"), TextBuffer.From("x"), StepRole.Change, 0);

        undo.Happened(Delta.Replace(0, 0, "oh "));
        var moved = undo.Next(StepRole.Undo);
        undo.Happened(Delta.Replace(3, 2, ""));

        moved.Should().Be(Delta.Replace(3, 2, ""));
        undo.CanUndo.Should().BeFalse();
    }

    [Test]
    public void A_hundred_steps_of_a_text_are_kept()
    {
        var undo = new TextUndo();
        for (var i = 0; i < 150; i++)
            undo.Did(Delta.Replace(0, 0, "a"), TextBuffer.Empty, StepRole.Change, i * 5000);

        var steps = 0;
        for (; undo.Next(StepRole.Undo) is { } step; steps++)
            undo.Did(step, TextBuffer.From(new string('a', 200)), StepRole.Undo, 0);

        steps.Should().Be(100);
    }

    [Test]
    public void A_text_rests_between_two_edits_and_others_do_not_wait_for_it()
    {
        var pacer = new TextPacer(TimeSpan.FromMilliseconds(40));
        Command.Edit one = new("a", "t", 0, Delta.Empty), other = new("b", "t", 0, Delta.Empty);
        pacer.Sent(one, TimeSpan.Zero);

        var due = new[] { pacer.IsDue(one, TimeSpan.FromMilliseconds(39)), pacer.IsDue(other, TimeSpan.FromMilliseconds(39)), pacer.IsDue(one, TimeSpan.FromMilliseconds(40)) };

        due.Should().Equal(false, true, true);
        pacer.TakeWait().Should().Be(TimeSpan.FromMilliseconds(1));
        pacer.TakeWait().Should().BeNull();
    }

    [Test]
    public void A_caret_that_is_about_an_edit_to_come_waits_for_it()
    {
        var carets = new PeerCarets();
        carets.Begin(10);
        carets.Heard("bob", new("c", "notes", new(2, 5), 10, 7), 0);
        var before = carets.Seen([], 9, 0);

        carets.Happened(Event(11, "bob", 7), Delta.Replace(0, 0, "hello"), isOwn: false, 0);
        var after = carets.Seen([], 9, 0);
        carets.Happened(Event(12, "eve", 1), Delta.Replace(0, 0, "--"), isOwn: false, 0);

        before.Should().BeEmpty();
        after["bob"].Should().Be(new TextCaret(2, 5));
        carets.Seen([Delta.Replace(0, 0, "+")], 12, 0)["bob"].Should().Be(new TextCaret(5, 8), "our own edit stands in front of it");
        carets.Seen([], 11, 30_000).Should().BeEmpty("who is silent for 30 s is not shown");
    }

    [Test]
    public void A_selection_does_not_swallow_its_neighbours_and_a_caret_stays_before_what_is_put_in()
    {
        new TextCaret(2, 4).After(Delta.Replace(2, 0, "x")).Should().Be(new TextCaret(3, 5));
        new TextCaret(4, 2).After(Delta.Replace(4, 0, "x")).Should().Be(new TextCaret(4, 2));
        new TextCaret(2).After(Delta.Replace(2, 0, "x")).Should().Be(new TextCaret(2));
        new TextCaret(1, 3).After(Delta.Replace(0, 4, "x")).Should().Be(new TextCaret(1));
    }

    [Test]
    public void What_is_too_much_for_a_message_goes_in_parts_that_do_the_same()
    {
        var pasted = string.Concat(Enumerable.Repeat("\U0001F600", 12_001));
        var delta = Delta.Replace(3, 2, "x" + pasted);

        var parts = Dividing.Divide(delta);

        parts.Should().HaveCountGreaterThan(1).And.OnlyContain(part => part.Inserted <= Dividing.InsertedMax);
        parts.Aggregate(Delta.Empty, (all, part) => all.Compose(part)).Should().Be(delta);
        parts.Aggregate(TextBuffer.From("abcdefg"), (text, part) => text.IsSplitBy(part) ? TextBuffer.Empty : text.Apply(part)).Length.Should().Be(24_008);
    }

    private static ProjectEvent Event(long seq, string session, long n) => new(seq, 0, session, session, n, false, []);
}
