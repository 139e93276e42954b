using System.Text.Json;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class FrameScanTests
{
    private static IEnumerable<int> Properties => Enum.GetValues<Property>().Select(property => (int)property);

    [TestCaseSource(nameof(Properties))]
    public void Every_property_has_a_place_of_its_own(int property)
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(((Property)property).ToString());

        var scan = Scan($$"""{"{{name}}":42}""");

        var found = new List<int>();
        foreach (var other in Properties)
        {
            if (scan.Has((Property)other))
                found.Add(other);
        }
        found.Should().Equal(property);
    }

    [Test]
    public void No_two_properties_have_the_same_name() =>
        Enum.GetNames<Property>().Select(JsonNamingPolicy.CamelCase.ConvertName).Should().OnlyHaveUniqueItems();

    [Test]
    public void A_name_may_be_written_with_escapes()
    {
        var scan = Scan("""{"\u0074ype":"ping"}""");

        scan.RequiredText(Property.Type).Should().Be("ping");
    }

    private static FrameScan Scan(string json) => FrameScan.Message(Given.Utf8(json), WireLimits.Default, new Utf8Buffer());
}
