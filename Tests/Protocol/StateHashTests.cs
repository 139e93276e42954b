using EventOnly.Protocol.State;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class StateHashTests
{
    [Test]
    public void An_entity_that_changed_hashes_like_one_made_so([Range(1, 100)] int seed)
    {
        var chance = Given.Chance(seed);
        var entity = new Entity("card-5", "card", 1, Given.Fields(AnyJson.Fields(chance, 3)));
        for (var version = 2; version < 20; version++)
        {
            var data = chance.Next(2) == 0 ? entity.Data.Merge(Given.Fields(AnyJson.Fields(chance, 3))) : Given.Fields(AnyJson.Fields(chance, 3));

            entity = entity.With(chance.Next(2) == 0 ? version : entity.Version, data);

            entity.Hash.Should().Be(new Entity(entity.Id, entity.Kind, entity.Version, data).Hash);
        }
    }

    [Test]
    public void The_hash_and_size_kept_along_are_those_of_the_state_as_it_is([Range(1, 30)] int seed)
    {
        var story = new AnyStory(Given.Chance(seed));
        for (var i = 0; i < 200; i++)
            story.Go();

        var fresh = ProjectState.FromSnapshot(story.State.Seq, story.State.Entities.Values.Select(old => new Entity(old.Id, old.Kind, old.Version, old.Data, old.Texts)));
        story.State.Hash.Should().Be(fresh.Hash);
        story.State.DataBytes.Should().Be(story.State.Entities.Values.Sum(entity => Given.Utf8(entity.Data.ToString()).Length + 2 * entity.Texts.Sum(text => (long)text.Value.Text.ToString().Length)));
    }

    [Test]
    public void A_text_is_hashed_by_the_name_of_its_field_and_by_what_it_says()
    {
        var texts = new[] { """{"notes":{"$text":"ab"}}""", """{"notes":{"$text":"ba"}}""", """{"notes":{"$text":""}}""", """{"other":{"$text":"ab"}}""", """{"notes":"ab"}""" };

        texts.Select(Made).Should().OnlyHaveUniqueItems().And.NotContain(Made("{}"));

        static StateHash Made(string data) => Fold.Apply((Entity?)null, new Change.Created("a", "card", 1, Given.Fields(data)))!.Hash;
    }

    [Test]
    public void The_order_of_entities_does_not_matter_and_everything_else_does()
    {
        var (a, b) = (Given.Entity("a", """{"x":1}"""), Given.Entity("b", """{"x":1}"""));

        Given.State(a, b).Hash.Should().Be(Given.State(b, a).Hash);
        new[]
        {
            Given.State(a).Hash, Given.State(b).Hash, Given.State(a, b).Hash, Given.State(Given.Entity("a", """{"x":2}""")).Hash,
            Given.State(Given.Entity("a", """{"y":1}""")).Hash, Given.State(Given.Entity("a", """{"x":1}""", kind: "list")).Hash,
            Given.State(Given.Entity("a", """{"x":1}""", version: 2)).Hash, ProjectState.Empty.Hash,
        }.Should().OnlyHaveUniqueItems();
    }

    [Test]
    public void The_empty_state_hashes_to_zeros() => ProjectState.Empty.Hash.ToString().Should().Be("0000000000000000");

    // Published vectors of MurmurHash3 x86 32-bit.
    [TestCase("", 0u, 0u)]
    [TestCase("", 1u, 0x514E28B7u)]
    [TestCase("", 0xffffffffu, 0x81F16F39u)]
    [TestCase("aaaa", 0x9747b28cu, 0x5A97808Au)]
    [TestCase("aaa", 0x9747b28cu, 0x283E0130u)]
    [TestCase("aa", 0x9747b28cu, 0x5D211726u)]
    [TestCase("a", 0x9747b28cu, 0x7FA09EA6u)]
    [TestCase("abc", 0u, 0xB3DD93FAu)]
    [TestCase("Hello, world!", 0x9747b28cu, 0x24884CBAu)]
    public void The_hash_function_is_the_published_one_in_both_lanes(string text, uint seed, uint hash)
    {
        new StateHash(seed, 5).Chain(Given.Utf8(text)).First.Should().Be(hash);
        new StateHash(5, seed).Chain(Given.Utf8(text)).Second.Should().Be(hash);
    }

    [TestCase("0b2917eb9abfcd9e", true)]
    [TestCase("0b2917eb9abfcd9", false)]
    [TestCase("0b2917eb9abfcdxx", false)]
    [TestCase(" b2917eb9abfcd9e", false)]
    [TestCase(null, false)]
    public void A_hash_is_read_as_it_is_written_or_not_at_all(string? text, bool good)
    {
        StateHash.TryParse(text, out var hash).Should().Be(good);
        if (good)
            hash.ToString().Should().Be(text);
    }
}
