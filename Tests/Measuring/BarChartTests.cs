using System.Globalization;
using System.Xml.Linq;
using EventOnly.Tests.Bench;

namespace EventOnly.Tests.Measuring;

[Parallelizable]
public sealed class BarChartTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static XDocument Draw(params Row[] rows) => XDocument.Parse(BarChart.Draw("A <title> & \"more\"", rows));

    private static IEnumerable<XElement> Bars(XDocument chart) => chart.Descendants(s_svg + "rect").Where(rect => rect.Attribute("class")!.Value.StartsWith("bar", StringComparison.Ordinal));

    private static double Length(XElement bar) => double.Parse(bar.Attribute("width")!.Value, CultureInfo.InvariantCulture);

    [Test]
    public void Text_stands_in_it_as_it_was_given()
    {
        var chart = Draw(new Row("<section> & \"co\"", "a < b", new Figure("x & y", 1, "µs")));

        chart.Descendants(s_svg + "text").Select(text => text.Value).Should().Equal("A <title> & \"more\"", "<section> & \"co\": x & y", "a < b", "1.00 µs");
        chart.Root!.Element(s_svg + "title")!.Value.Should().Be("A <title> & \"more\"");
    }

    [Test]
    public void Bars_are_as_long_as_their_figures_say_within_a_section()
    {
        var bars = Bars(Draw(new Row("s", "EventOnly", new Figure("f", 100)), new Row("s", "other", new Figure("f", 25)), new Row("t", "third", new Figure("f", 1)))).ToList();

        Length(bars[1]).Should().BeApproximately(Length(bars[0]) / 4, 0.1);
        Length(bars[2]).Should().Be(Length(bars[0]), "each section has its own measure");
    }

    [Test]
    public void Our_own_bars_are_marked() =>
        Bars(Draw(new Row("s", "EventOnly, update", new Figure("f", 2)), new Row("s", "SignalR", new Figure("f", 1))))
            .Select(bar => bar.Attribute("class")!.Value).Should().Equal("bar ours", "bar");

    [Test]
    public void A_row_without_a_figure_has_no_bar_and_nothing_has_no_length() =>
        Bars(Draw(new Row("s", "none", new Figure("f", null)), new Row("s", "zero", new Figure("f", 0)))).Should().ContainSingle().Which.Attribute("width")!.Value.Should().Be("1.0");

    [Test]
    public void Everything_is_inside_the_picture()
    {
        var chart = Draw([.. Enumerable.Range(0, 30).Select(i => new Row($"s{i / 7}", $"row {i}", new Figure("f", i)))]);

        var height = int.Parse(chart.Root!.Attribute("height")!.Value, CultureInfo.InvariantCulture);
        chart.Descendants(s_svg + "text").Select(text => int.Parse(text.Attribute("y")!.Value, CultureInfo.InvariantCulture)).Should().OnlyContain(y => y > 0 && y < height);
    }

    [Test]
    public void It_is_readable_in_the_dark() => Draw().Descendants(s_svg + "style").Single().Value.Should().Contain("prefers-color-scheme: dark");
}
