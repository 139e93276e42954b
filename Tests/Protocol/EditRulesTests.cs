using EventOnly.Protocol.State;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class EditRulesTests
{
    private const string Pairs = "\U0001F600\U0001F601";

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return Case("of an entity that is not there", ErrorCode.NotFound, null, new Command.Edit("z", "notes", 5, Insert(0)));
        yield return Case("of a field that is not there", ErrorCode.Gone, null, Edit(5, Insert(0), "other"));
        yield return Case("of a field that is data", ErrorCode.Gone, null, Edit(5, Insert(0), "title"));
        yield return Case("on what has not happened", ErrorCode.Invalid, ErrorDetails.FutureBase, Edit(6, Insert(0)));
        yield return Case("on what was before the text", ErrorCode.Gone, null, Edit(0, Insert(0)));
        yield return Case("beyond the end", ErrorCode.Invalid, ErrorDetails.OutOfRange, Edit(5, Insert(8)));
        yield return Case("beyond what was the end, though there is more now", ErrorCode.Invalid, ErrorDetails.OutOfRange, Edit(1, Insert(5)));
        yield return Case("with a delete beyond the end", ErrorCode.Invalid, ErrorDetails.OutOfRange, Edit(5, Delta.Replace(6, 2, "")));
        yield return Case("between the halves of a pair", ErrorCode.Invalid, ErrorDetails.SplitsPair, Edit(5, Insert(4)));
        yield return Case("of half a pair", ErrorCode.Invalid, ErrorDetails.SplitsPair, Edit(5, Delta.Replace(3, 1, "x")));
        yield return Case("that ends in a pair", ErrorCode.Invalid, ErrorDetails.SplitsPair, Edit(5, Delta.Replace(0, 4, "")));
        yield return Case("between the halves of what was a pair before others wrote", ErrorCode.Invalid, ErrorDetails.SplitsPair, Edit(2, Insert(1)));
        yield return Case("to more than a text may have", ErrorCode.TooLarge, null, Edit(5, Delta.Replace(0, 0, new('x', 94))));
        yield return Case("in a batch", ErrorCode.Invalid, ErrorDetails.BadEvent, new Command.Batch([Given.Patch("a", "{}"), Edit(5, Insert(0))]));
        yield return Case("by an increment", ErrorCode.Invalid, ErrorDetails.BadEvent, Given.Increment("a", "notes", 1));
        yield return Case("by an object that is no marker", ErrorCode.Invalid, ErrorDetails.BadEvent, Given.Patch("a", """{"notes":{"$text":"x","born":1}}"""));
        yield return Case("by a marker that is no string", ErrorCode.Invalid, ErrorDetails.BadEvent, Given.Patch("a", """{"notes":{"$text":null}}"""));
        yield return Case("by a marker with something before it", ErrorCode.Invalid, ErrorDetails.BadEvent, Given.Create("b", """{"x":{"!":1,"$text":"x"}}"""));
        yield return Case("by a text that is too long", ErrorCode.TooLarge, null, Given.Create("b", $$$"""{"notes":{"$text":"{{{new string('x', 101)}}}"}}"""));

        static TestCaseData Case(string name, ErrorCode code, string? detail, Command command) => new TestCaseData(command, code, detail).SetArgDisplayNames(name);
        static Command.Edit Edit(long from, Delta delta, string field = "notes") => new("a", field, from, delta);
        static Delta Insert(int at) => Delta.Replace(at, 0, "x");
    }

    /// <summary>At seq 5: the pairs and what was put before and behind them, 7 units; at seq 1 there were 4.</summary>
    private static TextBench ABench()
    {
        var bench = new TextBench(Pairs, StateLimits.Default with { TextUnits = 100 });
        bench.Do(Given.Patch("a", """{"title":"x"}"""));
        bench.Insert(0, "a");
        bench.Insert(1, "b");
        bench.Insert(2, "c");
        return bench;
    }

    [TestCaseSource(nameof(Refused))]
    public void What_may_not_be_done_to_a_text_is_refused_and_changes_nothing(Command command, ErrorCode code, string? detail)
    {
        var bench = ABench();
        var before = bench.State.ToState();

        var refusal = bench.Do(command);

        (refusal?.Code, refusal?.Detail).Should().Be((code, detail));
        bench.State.ToState().Entities["a"].Should().BeSameAs(before.Entities["a"]);
        (bench.State.Hash, bench.State.DataBytes, bench.State.EntityCount).Should().Be((before.Hash, before.DataBytes, 1));
    }

    [Test]
    public void What_just_fits_is_done()
    {
        var bench = ABench();

        bench.Insert(4, "x", from: 1).Should().BeNull("there were four units");
        bench.Text.Should().Be($"abc{Pairs}x");
        bench.Edit(Delta.Replace(3, 2, "")).Should().BeNull("it takes a whole pair");
        bench.Insert(0, new('x', 94)).Should().BeNull("a hundred units are allowed");
        bench.Text.Length.Should().Be(100);
        bench.Edit(Delta.Replace(0, 1, "y")).Should().BeNull("it does not grow");
    }

    [Test]
    public void Where_a_limit_was_lowered_a_text_may_still_become_shorter()
    {
        var limits = StateLimits.Default with { TextUnits = 3 };
        var bench = new TextBench("", StateLimits.Default);
        bench.Insert(0, "12345");

        Decider.Decide(bench.State, new Command.Edit("a", "notes", 2, Delta.Replace(0, 1, "")), 3, limits, out _).Should().BeNull();
        Decider.Decide(bench.State, new Command.Edit("a", "notes", 2, Delta.Replace(0, 1, "xy")), 4, limits, out _)!.Code.Should().Be(ErrorCode.TooLarge);
    }

    [Test]
    public void Texts_count_for_what_a_project_may_hold_at_two_bytes_a_unit()
    {
        var bench = new TextBench("", StateLimits.Default with { ProjectBytes = 1000 });
        var room = (int)(1000 - bench.State.DataBytes) / 2;

        bench.Insert(0, new('x', room + 1))!.Code.Should().Be(ErrorCode.TooLarge);
        bench.Insert(0, new('x', room)).Should().BeNull();
        bench.State.DataBytes.Should().BeCloseTo(1000, 1);
    }

    [Test]
    public void Of_two_inserts_at_one_place_the_later_in_the_journal_goes_left()
    {
        var bench = new TextBench("|");

        bench.Insert(1, "first", from: 1);
        bench.Insert(1, "second", from: 1);

        bench.Text.Should().Be("|secondfirst");
        bench.Edited.Delta.Should().Be(Delta.Parse("""[{"retain":1},{"insert":"second"}]"""));
    }

    [Test]
    public void An_edit_goes_through_each_that_its_author_had_not_seen_and_not_through_all_of_them_at_once()
    {
        var bench = new TextBench("d");
        bench.Edit(Delta.Replace(0, 1, ""), from: 1);
        bench.Insert(0, "aa", from: 2);

        bench.Insert(1, "漢", from: 1);

        bench.Text.Should().Be("漢aa", "over both at once it would be aa漢, and the replicas go one by one");
    }

    [Test]
    public void What_came_to_nothing_is_an_event_all_the_same()
    {
        var bench = new TextBench("abc");
        bench.Edit(Delta.Replace(1, 1, ""), from: 1);

        bench.Edit(Delta.Replace(1, 1, ""), from: 1).Should().BeNull();

        (bench.Edited.Delta, bench.Edited.Length, bench.Seq).Should().Be((Delta.Empty, 2, 3L));
    }

    [Test]
    public void Edits_leave_the_version_alone_so_that_it_can_be_compared_while_others_write()
    {
        var bench = new TextBench("abc");
        bench.Insert(0, "x");

        bench.Edited.Version.Should().Be(1);
        bench.Do(Given.Patch("a", """{"title":"y"}""", ifVersion: 1)).Should().BeNull();
        bench.Insert(0, "y", from: 1).Should().BeNull("a patch beside it is none of the text's business");
        bench.Text.Should().Be("yxabc");
    }

    [TestCase("""{"notes":{"$text":"anew"}}""", true)]
    [TestCase("""{"notes":"plain"}""", false)]
    [TestCase("""{"notes":{"a":1}}""", false)]
    [TestCase("""{"notes":null}""", false)]
    public void What_is_patched_over_a_text_ends_it(string patch, bool isTextAgain)
    {
        var bench = new TextBench("abc");
        bench.Insert(0, "x");
        bench.Do(Given.Patch("a", patch));

        bench.Insert(0, "y", from: 2)!.Code.Should().Be(ErrorCode.Gone);
        (bench.Insert(0, "y", from: 3) is null).Should().Be(isTextAgain);
    }

    [Test]
    public void A_text_ends_with_its_entity()
    {
        var bench = new TextBench("abc");
        bench.Do(Given.Delete("a"));

        bench.Insert(0, "x", from: 1)!.Code.Should().Be(ErrorCode.NotFound);
        bench.Do(Given.Create("a", """{"notes":{"$text":"abc"}}"""));
        bench.Insert(0, "x", from: 1)!.Code.Should().Be(ErrorCode.Gone);
        bench.Insert(0, "x", from: 3).Should().BeNull();
    }

    [Test]
    public void Who_would_be_too_long_on_the_way_is_to_go_it_himself()
    {
        var bench = new TextBench(new string('.', 20_000));
        for (var i = 0; i < 4096; i++)
            bench.Insert(i, "x", from: 1);
        var long_ = Many(10_000);

        bench.Edit(Many(1001), from: bench.Seq - 1)!.Code.Should().Be(ErrorCode.Rebase, "it has too many parts to be transformed at all");
        bench.Edit(Many(100), from: 1)!.Code.Should().Be(ErrorCode.Rebase, "4,096 edits of two parts, and a hundred of its own each time, are too many steps");
        bench.Edit(long_, from: 1)!.Code.Should().Be(ErrorCode.Rebase);
        bench.Edit(Many(20), from: 1).Should().BeNull();
        bench.Edit(long_).Should().BeNull("there is nothing to be transformed over");

        static Delta Many(int parts) => Delta.Parse($"[{string.Join(',', Enumerable.Range(0, parts / 2).Select(_ => """{"retain":1},{"insert":"y"}"""))}{(parts % 2 == 1 ? ",{\"delete\":1}" : "")}]");
    }
}
