using System.Text;
using System.Text.Json.Nodes;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>The vectors of Tests/Golden, which the JavaScript tests read too: both languages agree on every value, hash and state.</summary>
public sealed class GoldenVectorTests
{
    private static IEnumerable<TestCaseData> Canonical => Named("canonical.json");

    private static IEnumerable<TestCaseData> Folds => Named("fold.json");

    private static IEnumerable<TestCaseData> Chains => Cases(Read("hash.json")["chain"]!, chain => chain.ToJsonString());

    private static IEnumerable<TestCaseData> States => Cases(Read("hash.json")["states"]!, state => state["hash"]!.ToString());

    [TestCaseSource(nameof(Canonical))]
    public void A_value_has_one_canonical_text_or_is_refused(JsonNode vector)
    {
        var canonical = CanonicalJson.TryNormalize(Encoding.UTF8.GetBytes(vector["input"]!.GetValue<string>()));

        (canonical is null ? null : Encoding.UTF8.GetString(canonical)).Should().Be(vector["canonical"]?.GetValue<string>());
    }

    [TestCaseSource(nameof(Chains))]
    public void A_chain_of_parts_hashes_alike(JsonNode vector)
    {
        var hash = new StateHash(vector["seed"]!.GetValue<uint>(), 0);

        foreach (var part in vector["parts"]!.AsArray())
            hash = hash.Chain(part!.GetValue<string>());

        hash.First.Should().Be(vector["hash"]!.GetValue<uint>());
    }

    [TestCaseSource(nameof(States))]
    public void A_state_hashes_alike(JsonNode vector) =>
        StateOf(1, vector["entities"]!).Hash.ToString().Should().Be(vector["hash"]!.GetValue<string>());

    [TestCaseSource(nameof(Folds))]
    public void Events_fold_to_the_same_state(JsonNode vector)
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var state = ProjectState.Empty;

        foreach (var line in vector["events"]!.AsArray())
            state = Fold.Apply(state, codec.TryDecodeEvent(Encoding.UTF8.GetBytes(line!.ToJsonString()))!);

        var expected = StateOf(vector["seq"]!.GetValue<long>(), vector["entities"]!);
        state.Seq.Should().Be(expected.Seq);
        state.Entities.Values.Select(entity => entity.ToString()).Should().Equal(expected.Entities.Values.Select(entity => entity.ToString()));
        state.Hash.ToString().Should().Be(vector["hash"]!.GetValue<string>());
    }

    [Test]
    public void The_documentation_shows_right_hashes()
    {
        var codec = new WireCodec(WireLimits.Trusted);
        var entities = new List<Entity>();
        foreach (var frame in GoldenFrames.Server)
        {
            if (!codec.TryDecode(Encoding.UTF8.GetBytes(frame), out ServerMessage? message, out _) || message is not ServerMessage.Snapshot part)
                continue;
            entities = part.Part == 1 ? [.. part.Entities] : [.. entities, .. part.Entities];
            if (part.Hash is { } told)
                ProjectState.FromSnapshot(part.Seq, entities).Hash.Should().Be(told, frame);
        }
        entities.Should().NotBeEmpty();
    }

    private static ProjectState StateOf(long seq, JsonNode entities) => ProjectState.FromSnapshot(seq, entities.AsArray().Select(
        entity => new WireCodec(WireLimits.Trusted).TryDecodeEntity(Encoding.UTF8.GetBytes(entity!.ToJsonString()), seq)!));

    private static IEnumerable<TestCaseData> Named(string file) => Cases(Read(file), vector => vector["name"]!.GetValue<string>());

    private static IEnumerable<TestCaseData> Cases(JsonNode vectors, Func<JsonNode, string> name) =>
        vectors.AsArray().Select((vector, i) => new TestCaseData(vector).SetArgDisplayNames($"{i}: {name(vector!)}"));

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Repository.PathOf("Tests", "Golden", file)))!;
}
