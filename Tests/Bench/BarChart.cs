using System.Globalization;
using System.Xml.Linq;

namespace EventOnly.Tests.Bench;

/// <summary>The first figure of each row as a bar, a group for each section. Readable in light and in dark; the text is text.</summary>
internal static class BarChart
{
    private const int Width = 860;
    private const int NameWidth = 300;
    private const int BarWidth = 380;
    private const int RowHeight = 24;
    private const int HeadHeight = 40;

    private const string Style = """
        text { font: 13px system-ui, sans-serif; fill: #1f2328 }
        .title, .section { font-weight: 600 }
        .value, .note { fill: #59636e }
        .bar { fill: #8c959f }
        .ours { fill: #0969da }
        .ground { fill: #ffffff }
        @media (prefers-color-scheme: dark) {
          text { fill: #f0f6fc }
          .value, .note { fill: #9198a1 }
          .bar { fill: #656c76 }
          .ours { fill: #4493f8 }
          .ground { fill: #0d1117 }
        }
        """;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    public static string Draw(string title, IReadOnlyList<Row> rows)
    {
        var (parts, y) = (new List<XElement>(), HeadHeight);
        foreach (var section in rows.Where(row => row.Figures is [{ Value: not null }, ..]).GroupBy(row => row.Section))
        {
            y += RowHeight / 2;
            parts.Add(Text("section", 16, y, $"{section.Key}: {section.First().Figures[0].Name}"));
            var most = section.Max(row => row.Figures[0].Value!.Value);
            foreach (var row in section)
            {
                y += RowHeight;
                parts.AddRange(Bar(row, most, y));
            }
            y += RowHeight;
        }
        return new XElement(
            s_svg + "svg", new XAttribute("viewBox", $"0 0 {Width} {y}"), new XAttribute("width", Width), new XAttribute("height", y), new XAttribute("role", "img"),
            new XElement(s_svg + "title", title), new XElement(s_svg + "style", Style),
            new XElement(s_svg + "rect", new XAttribute("class", "ground"), new XAttribute("width", Width), new XAttribute("height", y)),
            Text("title", 16, RowHeight, title), parts).ToString();
    }

    private static IEnumerable<XElement> Bar(Row row, double most, int y)
    {
        var figure = row.Figures[0];
        var length = most > 0 ? Math.Max(1, figure.Value!.Value / most * BarWidth) : 1;
        yield return Text("name", 16, y, row.Name);
        yield return new(
            s_svg + "rect", new XAttribute("class", row.IsOurs ? "bar ours" : "bar"), new XAttribute("x", NameWidth), new XAttribute("y", y - 13),
            new XAttribute("width", length.ToString("F1", CultureInfo.InvariantCulture)), new XAttribute("height", 16), new XAttribute("rx", 2));
        yield return Text("value", NameWidth + (int)length + 8, y, Report.Show(figure));
    }

    private static XElement Text(string kind, int x, int y, string text) =>
        new(s_svg + "text", new XAttribute("class", kind), new XAttribute("x", x), new XAttribute("y", y), text);
}
