using System.Text.Json.Nodes;
using EventOnly.Client;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Client;

public sealed class OrderKeyTests
{
    private static IEnumerable<TestCaseData> Keys => ClientVectors.Named("order.json");

    [TestCaseSource(nameof(Keys))]
    public void A_key_is_made_of_its_neighbours_and_of_chance(JsonNode vector)
    {
        var draws = new Queue<double>(vector["draws"]!.AsArray().Select(draw => draw!.GetValue<double>()));

        OrderKey.Between(vector["left"]?.GetValue<string>(), vector["right"]?.GetValue<string>(), draws.Dequeue).Should().Be(vector["key"]!.GetValue<string>());
    }

    [Test]
    public void A_key_lies_between_its_neighbours_wherever_they_are()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var keys = new List<string>();
            for (var i = 0; i < 500; i++)
            {
                var at = random.Next(keys.Count + 1);
                var key = OrderKey.Between(keys.ElementAtOrDefault(at - 1), keys.ElementAtOrDefault(at), random);
                keys.Insert(at, key);
            }
            keys.Should().BeInAscendingOrder(StringComparer.Ordinal, $"seed {seed}");
            keys.Should().OnlyHaveUniqueItems();
        }
    }
}
