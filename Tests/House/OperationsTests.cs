using System.Text.RegularExpressions;
using EventOnly.Server.Diagnostics;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.House;

/// <summary>What docs/operations.md says of the instruments is what there is.</summary>
[Parallelizable]
public sealed partial class OperationsTests
{
    private static string Page => File.ReadAllText(Repository.PathOf("docs", "operations.md"));

    [Test]
    public void Every_instrument_has_a_row_and_every_row_an_instrument()
    {
        using var metrics = new ServerMetrics(TimeProvider.System);
        using var readings = new Readings(metrics);

        readings.Names.Should().HaveCountGreaterThan(20);
        Rows().Matches(Page).Select(row => row.Groups["name"].Value).Should().BeEquivalentTo(readings.Names);
    }

    [Test]
    public void Every_row_tells_its_unit()
    {
        using var metrics = new ServerMetrics(TimeProvider.System);
        var units = new Dictionary<string, string>(StringComparer.Ordinal);
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter))
                    units[instrument.Name] = instrument.Unit ?? "";
            },
        };
        listener.Start();

        Rows().Matches(Page).ToDictionary(row => row.Groups["name"].Value, row => row.Groups["unit"].Value, StringComparer.Ordinal).Should().Equal(units);
    }

    [Test]
    public void All_instruments_stand_in_one_place() =>
        Directory.EnumerateFiles(Repository.PathOf("Server"), "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "ServerMetrics.cs" && Making().IsMatch(File.ReadAllText(file))).Should().BeEmpty();

    [GeneratedRegex(@"^\| `(?<name>eventonly\.[a-z.]+)` \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex(@"\bnew Meter\(|\.Create(Observable)?(Counter|Gauge|Histogram|UpDownCounter)\b")]
    private static partial Regex Making();
}
