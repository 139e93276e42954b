using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class TextWindowTests
{
    [TestCase(3, 1, null)]
    [TestCase(4, 1, ErrorCode.Rebase)]
    [TestCase(4, 2, null)]
    [TestCase(70, 66, ErrorCode.Rebase)]
    [TestCase(70, 68, null)]
    public void An_edit_is_transformed_where_all_that_came_since_is_kept(int edits, long from, ErrorCode? code)
    {
        var bench = new TextBench("", StateLimits.Default with { TextWindowEdits = 3 });
        for (var i = 0; i < edits; i++)
            bench.Insert(0, "x");

        bench.Insert(0, "y", from)?.Code.Should().Be(code);
        bench.Text.Should().StartWith(code is null ? "y" : "x");
    }

    [TestCase(0, 1, ErrorCode.Rebase)]
    [TestCase(0, 2, null)]
    public void Where_nothing_is_kept_only_who_has_seen_all_may_write(int kept, long from, ErrorCode? code)
    {
        var bench = new TextBench("", StateLimits.Default with { TextWindowEdits = kept });
        bench.Insert(0, "x");
        bench.Do(Given.Patch("a", """{"title":"y"}"""));

        bench.Insert(0, "y", from)?.Code.Should().Be(code);
        bench.Events.Count.Should().Be(code is null ? 4 : 3);
    }

    [Test]
    public void Large_edits_are_kept_by_their_bytes()
    {
        var large = Delta.Replace(0, 0, new('x', 1000));
        var bench = new TextBench("", StateLimits.Default with { TextWindowBytes = 2 * TextWindow.BytesOf(large) });
        for (var i = 0; i < 3; i++)
            bench.Edit(large);

        bench.Shared.Window.Count.Should().Be(2);
        bench.Insert(0, "y", from: 1)!.Code.Should().Be(ErrorCode.Rebase);
        bench.Insert(0, "y", from: 2).Should().BeNull();
        bench.Edit(Delta.Replace(0, 0, new('x', 5000)));
        (bench.Shared.Window.Count, bench.Shared.Window.Bytes).Should().Be((0, 0), "what is larger than all that may be kept is not");
    }

    [Test]
    public void It_keeps_the_newest_edits_in_order_whatever_their_sizes([Range(1, 10)] int seed)
    {
        var (chance, bounds) = (Given.Chance(seed), new TextWindowBounds(100, 20_000));
        var (window, all) = (TextWindow.After(0), new List<TextEdit>());
        for (var seq = 1L; seq < 1000; seq += chance.Next(1, 4))
        {
            var edit = new TextEdit(seq, Delta.Replace(chance.Next(9), 0, new('x', chance.Next(10) == 0 ? chance.Next(1, 3000) : chance.Next(1, 5))));
            all.Add(edit);
            var before = (window, edits: Listed(window));
            window = window.Add(seq, edit.Delta, bounds);

            var kept = Kept(all, bounds);
            Listed(window).Should().Equal(kept);
            (window.Count, window.Bytes, window.Newest).Should().Be((kept.Count, kept.Sum(each => TextWindow.BytesOf(each.Delta)), seq));
            window.DroppedUpTo.Should().Be(kept.Count == all.Count ? 0 : all[all.Count - kept.Count - 1].Seq);
            var from = chance.NextInt64(seq + 2);
            window.IndexAfter(from).Should().Be(kept.Count(each => each.Seq <= from));
            Listed(before.window).Should().Equal(before.edits, "it never changes");
        }
    }

    [Test]
    public void Its_memory_is_what_it_says_it_is()
    {
        var limits = StateLimits.Default;
        var bounds = new TextWindowBounds(limits.TextWindowEdits, limits.TextWindowBytes);
        var chance = Given.Chance(1);
        foreach (var units in new[] { 1, 20, 3000, 100_000 })
        {
            var window = TextWindow.After(0);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var seq = 1; seq <= 10_000; seq++)
                window = window.Add(seq, Delta.Replace(seq, 0, new((char)('a' + chance.Next(26)), units)), bounds);
            var held = GC.GetTotalMemory(forceFullCollection: true) - before;
            GC.KeepAlive(window);
            held.Should().BeLessThan(limits.TextWindowBytes * 3 / 2, $"with edits of {units} units");
        }
    }

    [Test]
    public void What_was_restored_from_a_snapshot_has_nothing_of_the_past_before_it()
    {
        var bench = new TextBench("abc");
        bench.Insert(0, "x");
        bench.Do(Given.Patch("a", """{"title":"y"}"""));

        var restarted = bench.Restarted();

        restarted.Insert(0, "y", from: 2)!.Code.Should().Be(ErrorCode.Rebase, "the snapshot does not say that nothing was written after 2");
        restarted.Insert(0, "y", from: 3).Should().BeNull();
        restarted.Insert(0, "z", from: 3).Should().BeNull();
        restarted.Text.Should().Be("zyxabc");
        bench.Insert(0, "y", from: 1).Should().BeNull("who was not restarted still has it");
    }

    [Test]
    public void Where_all_texts_of_a_project_keep_too_much_together_those_in_use_give_way()
    {
        var each = TextWindow.BytesOf(Delta.Replace(0, 0, "x"));
        var bench = new TextBench("", StateLimits.Default with { TextWindowsBytes = 2 * each });
        for (var i = 0; i < 3; i++)
            bench.Insert(0, "x");
        bench.State.WindowBytes.Should().Be(3 * each, "it is looked at before an edit");

        bench.Insert(0, "x");

        bench.State.WindowBytes.Should().Be(0);
        bench.Insert(0, "y", from: 2)!.Code.Should().Be(ErrorCode.Rebase);
        bench.Insert(0, "y").Should().BeNull();
        bench.State.ToState().WindowBytes.Should().Be(each);
        bench.Do(Given.Delete("a"));
        bench.State.WindowBytes.Should().Be(0);
    }

    private static List<TextEdit> Kept(List<TextEdit> all, TextWindowBounds bounds)
    {
        var (kept, bytes) = (new List<TextEdit>(), 0);
        foreach (var edit in Enumerable.Reverse(all))
        {
            bytes += TextWindow.BytesOf(edit.Delta);
            if (kept.Count == bounds.Edits || bytes > bounds.Bytes)
                break;
            kept.Insert(0, edit);
        }
        return kept;
    }

    private static List<TextEdit> Listed(TextWindow window) => [.. Enumerable.Range(0, window.Count).Select(i => window[i])];
}
