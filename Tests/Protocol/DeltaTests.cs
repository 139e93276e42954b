using EventOnly.Protocol.Text;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>What the algebra of texts promises, for random texts and changes; Tests/Golden/text.json has single cases. Its JavaScript side: delta.test.js.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeltaTests
{
    private const int Cases = 20_000;

    private static void ForAny(Action<Random, string, Delta, Delta> check)
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            var chance = Given.Chance(seed);
            var text = AnyText.Of(chance, 8);
            var (a, b) = (AnyText.Change(chance, text), AnyText.Change(chance, text));
            try
            {
                check(chance, text, a, b);
            }
            catch (Exception fault)
            {
                throw new AssertionException($"Seed {seed}: \"{text}\", {a}, {b}: {fault.Message}", fault);
            }
        }
    }

    private static string Changed(string text, Delta delta) => TextBuffer.From(text).Apply(delta).ToString();

    private static void Equal<T>(T is_, T expected) => Assert.That(is_, Is.EqualTo(expected)); // a fluent assertion costs more than all it would check here

    [Test]
    public void Both_ways_around_two_changes_end_alike_in_the_text_and_as_changes([Values] Side side) => ForAny((_, text, a, b) =>
    {
        var (aAfterB, bAfterA) = (a.Transform(b, side), b.Transform(a, side == Side.Left ? Side.Right : Side.Left));

        Equal(Changed(Changed(text, a), bAfterA), Changed(Changed(text, b), aAfterB));
        Equal(a.Compose(bAfterA), b.Compose(aAfterB));
    });

    [Test]
    public void A_composition_does_what_its_parts_do_and_is_the_same_however_it_is_put_together() => ForAny((chance, text, a, _) =>
    {
        var second = Changed(text, a);
        var b = AnyText.Change(chance, second);
        var third = Changed(second, b);
        var c = AnyText.Change(chance, third);

        Equal(Changed(text, a.Compose(b)), third);
        Equal(a.Compose(b).Compose(c), a.Compose(b.Compose(c)));
    });

    [Test]
    public void What_is_taken_back_is_as_if_it_had_not_been_and_taking_that_back_is_the_change_itself() => ForAny((_, text, a, _) =>
    {
        var (before, after) = (TextBuffer.From(text), TextBuffer.From(text).Apply(a));
        var back = a.Invert(before);

        Equal(after.Apply(back).ToString(), text);
        Equal(back.Invert(after), a);
    });

    [Test]
    public void Whatever_comes_out_is_in_normal_form_fits_its_text_and_splits_no_pair() => ForAny((_, text, a, b) =>
    {
        var (before, after) = (TextBuffer.From(text), TextBuffer.From(text).Apply(b));
        var back = b.Invert(before);

        Equal(after.Length, text.Length + b.Growth);
        Equal(b.Growth + back.Growth, 0);
        foreach (var (delta, given) in new[] { (a, before), (back, after), (b.Compose(back), before), (a.Transform(b, Side.Left), after), (a.Transform(b, Side.Right), after) })
        {
            Equal(AnyText.IsNormal(delta), true);
            Equal(delta.Need <= given.Length, true);
            Equal(given.IsSplitBy(delta), false);
            Equal(Delta.Parse(delta.ToString()), delta);
        }
    });

    [Test]
    public void A_place_moves_as_a_mark_moves_that_stands_there_and_places_keep_their_order() => ForAny((_, text, a, _) =>
    {
        foreach (var (assoc, side) in new[] { (-1, Side.Right), (1, Side.Left) })
        {
            var last = 0;
            for (var at = 0; at <= text.Length; at++)
            {
                var mark = Delta.Replace(at, 0, "\u0001");
                var place = a.TransformPosition(at, assoc);
                Equal(Changed(Changed(text, mark), a.Transform(mark, side)).IndexOf('\u0001', StringComparison.Ordinal), place);
                Equal(place >= last, true);
                last = place;
            }
        }
    });

    [Test]
    public void The_change_between_two_texts_leads_from_one_to_the_other_and_splits_no_pair() => ForAny((chance, text, a, _) =>
    {
        var other = chance.Next(2) == 0 ? AnyText.Of(chance, 8) : Changed(text, a);
        var delta = Delta.Between(text, other);

        Equal(Changed(text, delta), other);
        Equal(AnyText.IsNormal(delta) && delta.Count <= 3, true);
        Equal(TextBuffer.From(text).IsSplitBy(delta), false);
        Equal(Delta.Parse(delta.ToString()), delta);
    });

    [Test]
    public void Of_two_inserts_at_one_place_the_later_one_stands_left_so_that_a_typist_stays_in_one_piece()
    {
        var (hers, his) = (Delta.Replace(3, 0, "A"), Delta.Replace(3, 0, "B")); // hers came first

        Changed(Changed("xyz", hers), his.Transform(hers, Side.Left)).Should().Be("xyzBA");
        Changed(Changed("xyz", his), hers.Transform(his, Side.Right)).Should().Be("xyzBA");
    }

    [Test]
    public void Transforming_over_a_composition_is_not_transforming_over_its_parts()
    {
        var (x, a, b) = (Delta.Replace(1, 0, "漢"), Delta.Replace(0, 1, ""), Delta.Replace(0, 0, "aa"));

        Changed("aa", x.Transform(a, Side.Left).Transform(b, Side.Left)).Should().Be("漢aa");
        Changed("aa", x.Transform(a.Compose(b), Side.Left)).Should().Be("aa漢");
    }

    [Test]
    public void A_delta_is_normal_whatever_its_builder_is_told()
    {
        var builder = new DeltaBuilder().Retain(0).Retain(2).Retain(1).Delete(1).Insert("a").Delete(2).Insert("").Insert("xbx", 1, 1).Retain(5).Insert("c").Insert("d").Delete(0).Retain(7);

        builder.Build().ToString().Should().Be("""[{"retain":3},{"insert":"ab"},{"delete":3},{"retain":5},{"insert":"cd"}]""");
        builder.Build().Should().BeSameAs(Delta.Empty, "it starts anew");
    }

    [Test]
    public void A_change_of_many_pieces_costs_no_more_than_its_units()
    {
        var typed = string.Concat(Enumerable.Repeat("ab", 100_000));
        var builder = new DeltaBuilder();
        for (var i = 0; i < 100_000; i++)
            builder.Insert("a").Insert("b");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var delta = builder.Build();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan((2 * sizeof(char) * typed.Length) + 10_000);
        delta.Should().Be(Delta.Replace(0, 0, typed));
    }

    [Test]
    public void A_part_that_is_transformed_or_cut_shares_its_text()
    {
        var (insert, other) = (Delta.Replace(5, 0, new('x', 1_000_000)), Delta.Replace(0, 0, "y"));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var cut = insert.Transform(other, Side.Left).Compose(Delta.Replace(6, 7, ""));

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(10_000);
        cut.Inserted.Should().Be(1_000_000 - 7);
    }

    [Test]
    public void A_long_piece_and_a_short_one_become_one()
    {
        var (long_, short_) = (new string('x', 1_000), "y");

        new DeltaBuilder().Insert(long_).Insert(short_).Build().Should().Be(Delta.Replace(0, 0, long_ + short_));
        new DeltaBuilder().Insert(short_).Insert(long_).Insert(short_).Build().Should().Be(Delta.Replace(0, 0, short_ + long_ + short_));
    }
}
