using System.Text;
using System.Text.Json;
using EventOnly.Protocol.Text;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>The vectors of Tests/Golden/text.json, which the JavaScript tests read too: both languages agree on every change of a text.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TextVectorTests
{
    private static readonly JsonElement s_golden = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("Tests", "Golden", "text.json"))).RootElement;

    private static IEnumerable<TestCaseData> Cases(string group) =>
        s_golden.GetProperty(group).EnumerateArray().Select((vector, i) => new TestCaseData(vector).SetArgDisplayNames($"{group} {i}"));

    private static Delta DeltaOf(JsonElement vector, string name) => Delta.Parse(vector.GetProperty(name).GetRawText());

    private static string StringOf(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static TextBuffer TextOf(JsonElement vector) => TextBuffer.From(StringOf(vector, "text"));

    [Test]
    public void There_are_enough_of_them() => s_golden.EnumerateObject().Sum(group => group.Value.GetArrayLength()).Should().BeGreaterThan(480);

    [TestCaseSource(nameof(Cases), new object[] { "apply" })]
    public void A_delta_changes_a_text(JsonElement vector) => TextOf(vector).Apply(DeltaOf(vector, "op")).ToString().Should().Be(StringOf(vector, "after"));

    [TestCaseSource(nameof(Cases), new object[] { "compose" })]
    public void Two_deltas_become_one(JsonElement vector) => DeltaOf(vector, "a").Compose(DeltaOf(vector, "b")).Should().Be(DeltaOf(vector, "is"));

    [TestCaseSource(nameof(Cases), new object[] { "transform" })]
    public void A_delta_is_transformed_to_both_sides(JsonElement vector)
    {
        var (x, y) = (DeltaOf(vector, "x"), DeltaOf(vector, "y"));

        x.Transform(y, Side.Left).Should().Be(DeltaOf(vector, "left"));
        x.Transform(y, Side.Right).Should().Be(DeltaOf(vector, "right"));
    }

    [TestCaseSource(nameof(Cases), new object[] { "invert" })]
    public void A_delta_is_taken_back(JsonElement vector) => DeltaOf(vector, "op").Invert(TextOf(vector)).Should().Be(DeltaOf(vector, "is"));

    [TestCaseSource(nameof(Cases), new object[] { "position" })]
    public void A_place_moves(JsonElement vector)
    {
        var (delta, at) = (DeltaOf(vector, "op"), vector.GetProperty("at").GetInt32());

        delta.TransformPosition(at, -1).Should().Be(vector.GetProperty("before").GetInt32());
        delta.TransformPosition(at, 1).Should().Be(vector.GetProperty("after").GetInt32());
    }

    [TestCaseSource(nameof(Cases), new object[] { "between" })]
    public void The_change_between_two_texts_is_this(JsonElement vector) =>
        Delta.Between(StringOf(vector, "before"), StringOf(vector, "after")).Should().Be(DeltaOf(vector, "is"));

    [TestCaseSource(nameof(Cases), new object[] { "refusals" })]
    public void A_delta_is_refused_with_this_detail(JsonElement vector)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(vector.GetProperty("op").GetRawText()));
        reader.Read();
        string? detail = null;
        try
        {
            Delta.Read(ref reader, 10_000);
        }
        catch (BadFrameException fault)
        {
            detail = fault.Detail;
        }

        detail.Should().Be(vector.GetProperty("detail").GetString());
    }

    [TestCaseSource(nameof(Cases), new object[] { "splitsPair" })]
    public void A_delta_splits_a_pair_or_does_not(JsonElement vector) =>
        TextOf(vector).IsSplitBy(DeltaOf(vector, "op")).Should().Be(vector.GetProperty("is").GetBoolean());

    [TestCaseSource(nameof(Cases), new object[] { "textHash" })]
    public void A_text_hashes_alike(JsonElement vector)
    {
        var hash = vector.GetProperty("hash");

        TextHash.Of(StringOf(vector, "text")).Should().Be(new TextHash(hash[0].GetUInt32(), hash[1].GetUInt32()));
        TextOf(vector).Hash.Should().Be(TextHash.Of(StringOf(vector, "text")));
    }
}
