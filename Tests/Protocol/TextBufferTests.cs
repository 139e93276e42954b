using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class TextBufferTests
{
    [Test]
    public void It_is_what_a_string_is_whatever_is_put_in_and_taken_out_and_no_version_changes([Range(1, 10)] int seed)
    {
        var chance = Given.Chance(seed);
        var model = new StringBuilder(Letters(chance, chance.Next(20_000)));
        var text = TextBuffer.From(model.ToString());
        var kept = new List<(TextBuffer Text, string Expected)>();
        for (var turn = 0; turn < 10_000; turn++)
        {
            var (at, removed, inserted) = AnySplice(chance, model.Length);
            text = text.Apply(Delta.Replace(at, removed, inserted));
            model.Remove(at, removed).Insert(at, inserted);
            if (chance.Next(250) == 0)
                kept.Add((text, model.ToString()));
            if (chance.Next(3) == 0)
                _ = text.Hash; // some pieces have been asked, others have not
        }

        foreach (var (version, expected) in kept)
            Check(version, expected);
    }

    private static (int At, int Removed, string Inserted) AnySplice(Random chance, int length)
    {
        var at = chance.Next(length + 1);
        return chance.Next(12) switch
        {
            < 6 => (at, 0, Letters(chance, chance.Next(1, 4))),
            < 9 => (at, Math.Min(length - at, chance.Next(4)), ""),
            9 => (at, Math.Min(length - at, chance.Next(3_000)), Letters(chance, chance.Next(100))),
            10 => (at, Math.Min(length - at, chance.Next(40)), Letters(chance, chance.Next(3_000))),
            _ => (Math.Min(at, chance.Next(30)), 0, Letters(chance, 1)),
        };
    }

    private static void Check(TextBuffer text, string expected)
    {
        text.Length.Should().Be(expected.Length);
        string.Equals(text.ToString(), expected, StringComparison.Ordinal).Should().BeTrue("seeds make this text again");
        text.Hash.Should().Be(TextHash.Of(expected));
        for (var at = 0; at < expected.Length; at += 97)
            text[at].Should().Be(expected[at]);
        if (expected.Length > 10)
            text.Slice(3, expected.Length - 7).Should().Be(expected[3..^4]);
        var depth = text.Root.Height;
        depth.Should().BeLessThanOrEqualTo(4, "a text of {0} units needs no more levels", expected.Length);
    }

    [Test]
    public void A_change_of_many_parts_does_what_its_parts_do([Range(1, 40)] int seed)
    {
        var chance = Given.Chance(seed);
        var text = Letters(chance, chance.Next(30_000));
        var builder = new DeltaBuilder();
        for (var (at, step) = (0, chance.Next(2, 900)); at < text.Length; at += step)
            builder.Retain(Math.Min(step, text.Length - at) - 1).Delete(chance.Next(2)).Insert(Letters(chance, chance.Next(3)));
        var delta = builder.Build();

        if (delta.Need <= text.Length)
            Check(TextBuffer.From(text).Apply(delta), AnyText.Changed(text, delta));
    }

    [Test]
    public void A_keystroke_costs_a_piece_and_the_path_to_it_however_long_the_text_is()
    {
        var text = TextBuffer.From(new string('x', 3_000_000));
        var delta = Delta.Replace(1_234_567, 0, "y");
        _ = text.Apply(delta);
        var before = GC.GetAllocatedBytesForCurrentThread();

        _ = text.Apply(delta);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2_500);
    }

    [Test]
    public void A_text_that_is_typed_unit_by_unit_or_taken_away_so_stays_balanced()
    {
        var text = TextBuffer.Empty;
        for (var i = 0; i < 100_000; i++)
            text = text.Apply(Delta.Replace(i, 0, "x"));
        text.Root.Height.Should().BeLessThanOrEqualTo(4);
        Pieces(text.Root).Should().BeLessThan(100_000 * 2 / TextLeaf.UnitsMax * 2);

        for (var chance = Given.Chance(1); text.Length > 1_000;)
            text = text.Apply(Delta.Replace(chance.Next(text.Length), 1, ""));
        Pieces(text.Root).Should().BeLessThanOrEqualTo(1_000 / TextLeaf.UnitsMin + 4);
        text.Root.Height.Should().BeLessThanOrEqualTo(2);
        text.Apply(Delta.Replace(0, text.Length, "")).Length.Should().Be(0);
    }

    private static int Pieces(TextNode node)
    {
        if (node is not TextBranch branch)
            return 1;
        var pieces = 0;
        foreach (var child in branch.Children)
            pieces += Pieces(child);
        return pieces;
    }

    [Test]
    public void It_is_written_as_the_string_it_is_also_where_pieces_cut_a_pair([Range(0, 3)] int shift)
    {
        var text = new string('x', shift) + string.Concat(Enumerable.Repeat("\U0001F600\n\"", 2_000)) + "\U0001F601";
        var output = new Utf8Buffer();

        TextBuffer.From(text).WriteTo(output);

        JsonSerializer.Deserialize<string>(output.Written).Should().Be(text);
        Encoding.UTF8.GetString(output.Written).Should().Be(CanonicalValue.Of(text).ToString());
    }

    [Test]
    public void A_change_or_a_part_that_reaches_further_than_the_text_is_refused()
    {
        var text = TextBuffer.From("abc");

        FluentActions.Invoking(() => text.Apply(Delta.Replace(3, 1, ""))).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => text.Slice(2, 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => text.Slice(-1, 2)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => text[3]).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Test]
    public void The_hash_of_two_texts_one_after_the_other_follows_from_theirs() =>
        TextHash.Of("shared ").Append(TextHash.Of("text"), 4).Should().Be(TextHash.Of("shared text"));

    [Test]
    public void The_hash_is_not_blind_for_two_letters_that_are_swapped_in_the_order_of_Thue_and_Morse()
    {
        var (text, swapped) = ("a", "b");
        for (var i = 0; i < 13; i++)
            (text, swapped) = (text + swapped, swapped + text);

        var (one, other) = (TextHash.Of(text), TextHash.Of(swapped));

        one.First.Should().NotBe(other.First);
        one.Second.Should().NotBe(other.Second);
    }

    private static string Letters(Random chance, int length) =>
        string.Create(length, chance, static (units, random) =>
        {
            for (var i = 0; i < units.Length; i++)
                units[i] = (char)random.Next(' ', 'z');
        });
}
