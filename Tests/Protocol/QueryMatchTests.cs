using System.Text.Json;
using EventOnly.Protocol.State;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

/// <summary>What a query means, by vectors that the JavaScript client reads too.</summary>
[Parallelizable]
public sealed class QueryMatchTests
{
    private static readonly JsonElement s_golden = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("Tests", "Golden", "query.json"))).RootElement;

    private static IEnumerable<TestCaseData> Cases => s_golden.GetProperty("cases").EnumerateArray()
        .Select(each => new TestCaseData(each).SetArgDisplayNames(each.GetProperty("query").ToString()));

    [TestCaseSource(nameof(Cases))]
    public void A_query_finds_what_the_vectors_say_in_their_order(JsonElement vector)
    {
        var entities = s_golden.GetProperty("entities").EnumerateArray().Select(each => new Entity(
            each.GetProperty("entity").GetString()!, each.GetProperty("kind").GetString()!, 1, Given.Fields(each.GetProperty("data").GetRawText())));
        var query = QueryOf(vector.GetProperty("query"));

        var found = entities.Where(entity => QueryMatch.Matches(entity, query)).Order(new QueryOrder(query.Sort, query.Descending)).Take(query.Limit ?? int.MaxValue);

        string.Join(' ', found.Select(entity => entity.Id)).Should().Be(vector.GetProperty("ids").GetString());
    }

    /// <summary>As the codec reads it.</summary>
    private static Query QueryOf(JsonElement query)
    {
        var frame = Given.Utf8($$"""{"type":"query","id":"q1","project":"p",{{query.GetRawText()[1..]}}""".Replace(",}", "}", StringComparison.Ordinal));
        new WireCodec(WireLimits.Default).TryDecode(frame, out ClientMessage? message, out var fault).Should().BeTrue(fault?.Message);
        return ((ClientMessage.Ask)message!).Query;
    }
}
