using System.Globalization;
using EventOnly.Protocol.Wire;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Protocol;

[Parallelizable]
public sealed class TimeTests
{
    [Test]
    public void A_moment_is_read_as_it_is_written([Range(1, 5)] int seed)
    {
        var chance = Given.Chance(seed);
        for (var i = 0; i < 1000; i++)
        {
            var ms = chance.NextInt64(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
            var text = new Utf8Buffer().Moment(ms).Written[1..^1].ToArray();

            Time.TryParse(text, out var read).Should().BeTrue();

            read.Should().Be(ms);
            Given.Text(text).Should().Be(DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }
    }

    [TestCase("2024-02-29T23:59:59.999Z", true)]
    [TestCase("2026-02-29T00:00:00.000Z", false)]
    [TestCase("0000-01-01T00:00:00.000Z", false)]
    [TestCase("2026-00-01T00:00:00.000Z", false)]
    [TestCase("2026-13-01T00:00:00.000Z", false)]
    [TestCase("2026-01-00T00:00:00.000Z", false)]
    [TestCase("2026-01-01T24:00:00.000Z", false)]
    [TestCase("2026-01-01T00:60:00.000Z", false)]
    [TestCase("2026-01-01T00:00:60.000Z", false)]
    [TestCase("2026-01-01T00:00:00.00Z", false)]
    [TestCase("2026-01-01T00:00:00.0000Z", false)]
    [TestCase("2026-01-01t00:00:00.000z", false)]
    [TestCase("2026-01-01T00:00:00.000+", false)]
    [TestCase("2026-01-01T-1:00:00.000Z", false)]
    [TestCase("2026-01-01 00:00:00.000Z", false)]
    [TestCase("2O26-01-01T00:00:00.000Z", false)]
    [TestCase("", false)]
    public void What_is_no_moment_is_not_read_as_one(string text, bool good) => Time.TryParse(Given.Utf8(text), out _).Should().Be(good);
}
