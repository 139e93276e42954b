using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable(ParallelScope.All)]
public sealed class SortedMapTests
{
    [Test]
    public void It_is_what_a_sorted_dictionary_is_whatever_is_set_and_removed([Range(1, 30)] int seed)
    {
        var chance = Given.Chance(seed);
        var (map, expected) = (SortedMap.Empty<int>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        var kept = new List<(SortedMap<int> Map, KeyValuePair<string, int>[] Expected)>();
        var ids = 1 << chance.Next(1, 13);
        for (var turn = 0; turn < 60; turn++)
        {
            var builder = map.ToBuilder();
            var growing = chance.Next(3) > 0;
            for (var change = chance.Next(200); change >= 0; change--)
            {
                var key = $"card-{chance.Next(ids)}";
                if (growing ? chance.Next(8) > 0 : chance.Next(8) == 0)
                {
                    builder.Set(key, turn).Should().Be(!expected.ContainsKey(key));
                    expected[key] = turn;
                }
                else
                {
                    builder.Remove(key).Should().Be(expected.Remove(key));
                }
                if (chance.Next(50) == 0)
                    Keep(builder.ToMap());
            }
            map = builder.ToMap();
            Keep(map);
        }

        foreach (var (version, content) in kept)
            Check(version, content);

        void Keep(SortedMap<int> version) => kept.Add((version, [.. expected]));
    }

    private static void Check(SortedMap<int> map, KeyValuePair<string, int>[] expected)
    {
        map.SequenceEqual(expected).Should().BeTrue("what was given away does not change, and stays in order");
        map.Count.Should().Be(expected.Length);
        foreach (var (key, value) in expected)
            map[key].Should().Be(value);
        map.ContainsKey("card").Should().BeFalse();
        map.TryGetValue("z", out _).Should().BeFalse();
    }

    [TestCase(true)]
    [TestCase(false)]
    public void What_is_removed_to_the_last_leaves_nothing_and_can_be_filled_again(bool forwards)
    {
        var keys = Enumerable.Range(0, 5_000).Select(i => $"{i:D5}").ToArray();
        var map = SortedMap.Of(keys.Select(key => KeyValuePair.Create(key, key)));

        var builder = map.ToBuilder();
        foreach (var key in forwards ? keys : keys.Reverse())
            builder.Remove(key).Should().BeTrue();

        builder.ToMap().Should().BeEmpty();
        builder.Set("again", "x");
        builder.ToMap().Keys.Should().Equal("again");
        map.Keys.Should().Equal(keys);
    }

    [Test]
    public void A_key_stands_in_it_once() =>
        FluentActions.Invoking(() => SortedMap.Of([KeyValuePair.Create("a", 1), KeyValuePair.Create("a", 2)])).Should().Throw<ArgumentException>();

    [Test]
    public void A_key_that_is_not_there_is_an_error() => SortedMap.Empty<int>().Invoking(map => map["a"]).Should().Throw<KeyNotFoundException>();

    [Test]
    public void Changing_one_entry_of_a_million_copies_a_few_nodes_and_no_more()
    {
        var map = SortedMap.Of(Enumerable.Range(0, 1_000_000).Select(i => KeyValuePair.Create($"{i:D7}", "old")));
        map.SetItem("0500000", "once, for the compiler");

        var before = GC.GetAllocatedBytesForCurrentThread();
        map.SetItem("0500000", "new");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_500);
    }
}
